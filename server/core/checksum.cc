#include "server/core/checksum.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace syncline::core {

std::uint64_t checksum(BytesView bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace syncline::core
