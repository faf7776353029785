#pragma once

#include <cstdint>

#include "server/base/bytes.h"

namespace syncline::core {

// XXH3-64 of stored bytes. Guards log records and snapshots against damage, not against forgery.
// The algorithm is fixed for ever: what it protects lies in databases.
std::uint64_t checksum(BytesView bytes);

}  // namespace syncline::core
