#include "sim/fakes/postgres_history_store.h"

#include <memory>
#include <utility>

#include "sim/fakes/old_logs.h"

namespace syncline::sim {

void PostgresHistoryStore::find_old_logs(RequestToken token,
                                         const std::optional<DocumentName>& after,
                                         std::size_t count_max, ports::HistoryAge age) {
  FindOldLogs request{.documents = catalogue_page(numbers_, after, count_max), .age = age};
  const bool more = request.documents.size() == count_max;
  pages_.emplace(token, more ? std::optional(request.documents.back()) : std::nullopt);
  pool_.run(std::make_shared<const PostgresRequest>(std::move(request)), *this, token.value);
}

void PostgresHistoryStore::forget(RequestToken token, const DocumentName& document,
                                  const ports::Forgetting& forgetting) {
  pool_.run(std::make_shared<const PostgresRequest>(
                ForgetRows{.document = numbers_.number_of(document), .forgetting = forgetting}),
            *this, token.value);
}

void PostgresHistoryStore::on_postgres_reply(std::uint64_t ticket, PostgresReply reply) {
  const RequestToken token{ticket};
  const bool committed = reply.outcome == ports::Outcome::committed;
  if (const auto page = pages_.extract(token); !page.empty()) {
    if (!committed) return sink_->on_old_logs(token, reply.error);
    return sink_->on_old_logs(
        token, old_log_page(numbers_, std::get<OldLogRows>(reply.answer), page.mapped()));
  }
  sink_->on_forgotten(token, committed
                                 ? std::get<ports::ForgetResult>(reply.answer)
                                 : ports::ForgetResult{.outcome = ports::ForgetOutcome::failed});
}

}  // namespace syncline::sim
