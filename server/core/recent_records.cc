#include "server/core/recent_records.h"

#include "server/base/assert.h"

namespace syncline::core {

bool RecentRecords::note(Sequence sequence, std::uint64_t checksum) {
  SYNCLINE_ASSERT(sequence.value > 0);
  records_.resize(kept);
  Record& record = records_[sequence.value % kept];
  if (record.sequence == sequence.value) return record.checksum == checksum;
  if (record.sequence < sequence.value) record = {sequence.value, checksum};
  return true;
}

}  // namespace syncline::core
