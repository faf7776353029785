#pragma once

#include <vector>

#include "server/base/ids.h"
#include "server/ports/drain_store.h"

namespace syncline::adapters::postgres {

// Who asks for drains. It must live until every one of its requests has been answered.
class DrainRequester {
 public:
  // Called on a thread of the database.
  virtual void deliver(RequestToken token, ports::DrainResult result) = 0;

 protected:
  ~DrainRequester() = default;
};

struct DrainRequest {
  DrainRequester* requester;
  RequestToken token;
  std::vector<ports::DrainBatch> batches;
};

}  // namespace syncline::adapters::postgres
