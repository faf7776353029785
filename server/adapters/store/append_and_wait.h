#pragma once

#include <cstdint>

#include "server/adapters/store/store_threads.h"
#include "server/base/result.h"

namespace syncline::adapters::store {

// Appends and waits until the update is durable, for commands. The error's detail says whether it
// may have been written all the same. REQUIRES: !update.empty().
Result<Sequence> append_and_wait(StoreThreads& threads, const DocumentName& document,
                                 SharedBytes update, std::uint64_t checksum);

}  // namespace syncline::adapters::store
