// What the simulated PostgreSQL does at a transaction's commit, and at its rollback; and what it
// does there with a planted bug.

#include <algorithm>
#include <utility>

#include "faults/plan/probe.h"
#include "sim/services/planted_service_bug.h"
#include "sim/services/postgres.h"

namespace syncline::sim {
namespace {

// commit_not_synced: three times wal_writer_delay, as its manual says.
constexpr Duration unsynced_max = milliseconds(600);

}  // namespace

namespace probe = faults::probe;
using faults::FaultKind;

PostgresAnswer Postgres::commit(Transaction& transaction) {
  const PostgresRequest& request = *transaction.call.request;
  if (planted(ServiceBug::commit_not_synced)) note_unsynced(transaction.locks);
  PostgresAnswer answer;
  if (const auto* appends = std::get_if<AppendRows>(&request)) {
    answer = append(transaction, *appends);
  } else if (const auto* drains = std::get_if<DrainDocuments>(&request)) {
    answer = drain(*drains);
  } else if (const auto* forget = std::get_if<ForgetRows>(&request)) {
    answer = tables_.forget(forget->document, forget->forgetting);
  } else {
    const auto& write = std::get<WriteSnapshot>(request);
    const bool torn = torn_snapshots_.hits();
    if (torn) reports_.on_observed(self_, FaultKind::torn_snapshot);
    answer = tables_.write_snapshot(write.document, transaction.call.from, write.snapshot, torn);
  }
  report_commit(request);
  return answer;
}

std::vector<Sequence> Postgres::append(const Transaction& transaction, const AppendRows& request) {
  if (!transaction.numbers.empty()) {
    for (std::size_t at = 0; at < request.rows.size(); ++at) {
      const AppendRow& row = request.rows[at];
      tables_.overwrite(row.document, transaction.numbers[at], row.checksum, row.update);
    }
    return transaction.numbers;
  }
  std::vector<Sequence> sequences;
  sequences.reserve(request.rows.size());
  for (const AppendRow& row : request.rows) {
    sequences.push_back(tables_.append(row.document, row.checksum, row.update));
  }
  return sequences;
}

std::vector<Sequence> Postgres::drain(const DrainDocuments& request) {
  std::vector<Sequence> heads;
  heads.reserve(request.documents.size());
  for (const DrainRows& rows : request.documents) {
    heads.push_back(tables_.drain(rows.document, rows.records));
  }
  return heads;
}

// Nothing of it is left.
void Postgres::roll_back(const Call& call) {
  if (!planted(ServiceBug::drain_survives_rollback)) return;
  const auto* const drain = std::get_if<DrainDocuments>(call.request.get());
  if (drain == nullptr) return;
  for (const DrainRows& rows : drain->documents) tables_.skip(rows.document, rows.records);
}

void Postgres::read_numbers(Transaction& transaction) const {
  const auto* const appends = std::get_if<AppendRows>(transaction.call.request.get());
  if (appends == nullptr) return;
  std::vector<Sequence> heads;
  for (const std::uint32_t document : transaction.locks) {
    heads.push_back(tables_.head(DocumentNumber{document}));
  }
  for (const AppendRow& row : appends->rows) {
    const auto at = std::lower_bound(transaction.locks.begin(), transaction.locks.end(),
                                     static_cast<std::uint32_t>(row.document.value));
    Sequence& head = heads[static_cast<std::size_t>(at - transaction.locks.begin())];
    transaction.numbers.push_back(Sequence{++head.value});
  }
}

void Postgres::note_unsynced(const std::vector<std::uint32_t>& documents) {
  if (!running()) return;
  const Instant now = process_->now();
  while (!unsynced_.empty() && now - unsynced_.front().since > unsynced_max) unsynced_.pop_front();
  for (const std::uint32_t number : documents) {
    const DocumentNumber document{number};
    unsynced_.push_back({.since = now, .document = document, .head = tables_.head(document)});
  }
}

void Postgres::lose_unsynced() {
  for (; !unsynced_.empty(); unsynced_.pop_back()) {
    const Unsynced& last = unsynced_.back();
    if (process_->now() - last.since <= unsynced_max) tables_.truncate(last.document, last.head);
  }
}

void Postgres::report_commit(const PostgresRequest& request) {
  reports_.on_probe(probe::commit_done);
  if (std::holds_alternative<DrainDocuments>(request)) reports_.on_probe(probe::drain_commit);
}

}  // namespace syncline::sim
