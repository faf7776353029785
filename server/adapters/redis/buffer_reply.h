#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "server/adapters/redis/reply.h"
#include "server/base/result.h"
#include "server/ports/write_buffer.h"

// What the scripts answer (script.h). `malformed`: something else runs under our keys.

namespace syncline::adapters::redis {

Result<ports::BufferPosition> position_of(ReplyView reply);
Result<ports::BufferPage> page_of(ReplyView reply);
Result<std::vector<ports::BufferHead>> heads_of(ReplyView reply);
// Times, of peek.
Result<std::vector<std::uint64_t>> times_of(ReplyView reply);

struct ClaimedDocument {
  std::uint64_t dirty_since;
  DocumentName name;
};
// What has no legal name is left out.
std::vector<ClaimedDocument> claimed_of(ReplyView reply);

}  // namespace syncline::adapters::redis
