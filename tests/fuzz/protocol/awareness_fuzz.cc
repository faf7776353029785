// Any bytes as an awareness update: refused, or entries that survive being written again.

#include <cstddef>
#include <cstdint>
#include <span>

#include "server/base/assert.h"
#include "server/protocol/awareness.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace syncline;
  using namespace syncline::protocol;
  const AwarenessLimits limits{.entries_max = 64, .state_bytes_max = 256};
  const auto entries = decode_awareness(std::as_bytes(std::span(data, size)), limits);
  if (!entries.ok()) return 0;
  SYNCLINE_ASSERT(entries->size() <= limits.entries_max, entries->size());
  for (const AwarenessEntry& entry : *entries) {
    SYNCLINE_ASSERT(!entry.state.empty());
    SYNCLINE_ASSERT(entry.state.size() <= limits.state_bytes_max, entry.state.size());
    SYNCLINE_ASSERT(entry.clock <= awareness_clock_max, entry.clock);
  }
  const auto again = decode_awareness(encode_awareness(*entries), limits);
  SYNCLINE_ASSERT(again.ok());
  SYNCLINE_ASSERT(*again == *entries);
  return 0;
}
