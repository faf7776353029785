#include "sim/fakes/postgres_update_store.h"

#include <memory>
#include <utility>

#include "server/base/assert.h"

namespace syncline::sim {
namespace {

// A read's ticket is its token and what is read; no token makes this one.
constexpr std::uint64_t append_ticket = UINT64_MAX;
constexpr std::uint64_t log_ticket(RequestToken token) { return token.value << 1; }
constexpr std::uint64_t heads_ticket(RequestToken token) { return token.value << 1 | 1; }

}  // namespace

void PostgresUpdateStore::append(RequestToken token, const DocumentName& document,
                                 SharedBytes update, std::uint64_t checksum) {
  SYNCLINE_ASSERT(!update.empty());
  waiting_tokens_.push_back(token);
  waiting_.rows.push_back({.document = numbers_.number_of(document),
                           .checksum = checksum,
                           .update = std::move(update)});
  if (running_tokens_.empty()) commit_waiting();
}

void PostgresUpdateStore::commit_waiting() {
  running_tokens_.swap(waiting_tokens_);
  auto request = std::make_shared<const PostgresRequest>(std::exchange(waiting_, {}));
  pool_.run(std::move(request), *this, append_ticket);
}

void PostgresUpdateStore::read_log(RequestToken token, const DocumentName& document, Sequence after,
                                   std::size_t bytes_max) {
  pool_.run(std::make_shared<const PostgresRequest>(ReadLog{
                .document = numbers_.number_of(document), .after = after, .bytes_max = bytes_max}),
            *this, log_ticket(token));
}

void PostgresUpdateStore::read_heads(RequestToken token, std::vector<DocumentName> documents) {
  ReadHeads request;
  request.documents.reserve(documents.size());
  for (const DocumentName& document : documents) {
    request.documents.push_back(numbers_.number_of(document));
  }
  pool_.run(std::make_shared<const PostgresRequest>(std::move(request)), *this,
            heads_ticket(token));
}

void PostgresUpdateStore::on_postgres_reply(std::uint64_t ticket, PostgresReply reply) {
  if (ticket == append_ticket) return on_committed(reply);
  const RequestToken token{ticket >> 1};
  if (ticket == heads_ticket(token)) return on_heads(token, reply);
  if (reply.outcome == ports::Outcome::committed) {
    sink_->on_log_page(token, std::get<ports::LogPage>(std::move(reply.answer)));
  } else {
    sink_->on_log_page(token, reply.error);
  }
}

void PostgresUpdateStore::on_heads(RequestToken token, PostgresReply& reply) {
  if (reply.outcome == ports::Outcome::committed) {
    sink_->on_log_heads(token, std::get<std::vector<Sequence>>(std::move(reply.answer)));
  } else {
    sink_->on_log_heads(token, reply.error);
  }
}

void PostgresUpdateStore::on_committed(PostgresReply& reply) {
  std::vector<RequestToken> tokens;
  tokens.swap(running_tokens_);
  if (!waiting_tokens_.empty()) commit_waiting();
  const auto* const sequences = std::get_if<std::vector<Sequence>>(&reply.answer);
  for (std::size_t at = 0; at < tokens.size(); ++at) {
    ports::AppendResult result{.outcome = reply.outcome, .sequence = {}, .error = reply.error};
    if (reply.outcome == ports::Outcome::committed) result.sequence = (*sequences)[at];
    sink_->on_append_done(tokens[at], result);
  }
}

}  // namespace syncline::sim
