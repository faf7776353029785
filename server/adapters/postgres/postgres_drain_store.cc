#include "server/adapters/postgres/postgres_drain_store.h"

#include <utility>

#include "server/base/assert.h"

namespace syncline::adapters {

void PostgresDrainStore::drain(RequestToken token, std::vector<ports::DrainBatch> batches) {
  SYNCLINE_ASSERT(!batches.empty());
  database_.drain({this, token, std::move(batches)});
}

void PostgresDrainStore::deliver(RequestToken token, ports::DrainResult result) {
  SYNCLINE_ASSERT(sink_ != nullptr);
  executor_.post(
      [this, token, result = std::move(result)] { sink_->on_drain_done(token, result); });
}

}  // namespace syncline::adapters
