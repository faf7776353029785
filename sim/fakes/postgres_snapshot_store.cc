#include "sim/fakes/postgres_snapshot_store.h"

#include <memory>
#include <optional>
#include <utility>

namespace syncline::sim {
namespace {

// A ticket is the request's token, and whether it writes.
constexpr std::uint64_t write_ticket(RequestToken token) { return token.value << 1 | 1; }
constexpr std::uint64_t read_ticket(RequestToken token) { return token.value << 1; }

}  // namespace

void PostgresSnapshotStore::read_snapshot(RequestToken token, const DocumentName& document,
                                          Sequence before) {
  pool_.run(std::make_shared<const PostgresRequest>(
                ReadSnapshot{.document = numbers_.number_of(document), .before = before}),
            *this, read_ticket(token));
}

void PostgresSnapshotStore::write_snapshot(RequestToken token, const DocumentName& document,
                                           ports::Snapshot snapshot) {
  pool_.run(std::make_shared<const PostgresRequest>(WriteSnapshot{
                .document = numbers_.number_of(document), .snapshot = std::move(snapshot)}),
            *this, write_ticket(token));
}

void PostgresSnapshotStore::on_postgres_reply(std::uint64_t ticket, PostgresReply reply) {
  const RequestToken token{ticket >> 1};
  const bool committed = reply.outcome == ports::Outcome::committed;
  if (ticket == write_ticket(token)) {
    // An unknown outcome counts as failed: whether it is there or not, nobody relies on it.
    sink_->on_snapshot_written(token, committed ? std::get<ports::SnapshotOutcome>(reply.answer)
                                                : ports::SnapshotOutcome::failed);
  } else if (committed) {
    sink_->on_snapshot_read(token,
                            std::get<std::optional<ports::Snapshot>>(std::move(reply.answer)));
  } else {
    sink_->on_snapshot_read(token, reply.error);
  }
}

}  // namespace syncline::sim
