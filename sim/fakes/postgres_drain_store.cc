#include "sim/fakes/postgres_drain_store.h"

#include <memory>
#include <utility>

#include "server/base/assert.h"

namespace syncline::sim {

void PostgresDrainStore::drain(RequestToken token, std::vector<ports::DrainBatch> batches) {
  SYNCLINE_ASSERT(!batches.empty());
  DrainDocuments request;
  request.documents.reserve(batches.size());
  for (ports::DrainBatch& batch : batches) {
    request.documents.push_back(
        {.document = numbers_.number_of(batch.document), .records = std::move(batch.records)});
  }
  pool_.run(std::make_shared<const PostgresRequest>(std::move(request)), *this, token.value);
}

void PostgresDrainStore::on_postgres_reply(std::uint64_t ticket, PostgresReply reply) {
  ports::DrainResult result{.outcome = reply.outcome, .heads = {}, .error = reply.error};
  if (reply.outcome == ports::Outcome::committed) {
    result.heads = std::get<std::vector<Sequence>>(std::move(reply.answer));
  }
  sink_->on_drain_done(RequestToken{ticket}, std::move(result));
}

}  // namespace syncline::sim
