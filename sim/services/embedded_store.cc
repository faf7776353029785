#include "sim/services/embedded_store.h"

#include <utility>

#include "faults/plan/probe.h"
#include "server/base/assert.h"

namespace syncline::sim {

namespace probe = faults::probe;
using faults::FaultKind;

EmbeddedStore::EmbeddedStore(history::Party self, std::uint64_t seed, const Chronicle& chronicle,
                             ServiceReports& reports)
    : reports_(reports), self_(self), disk_(self, seed, reports), tables_(chronicle), node_(self) {}

void EmbeddedStore::start(Process& process, history::Party node) {
  SYNCLINE_ASSERT(process_ == nullptr);
  process_ = &process;
  node_ = node;
}

void EmbeddedStore::date_entries() {
  tables_.date_entries([this] {
    if (process_ != nullptr) told_time_ = process_->wall_now();
    return told_time_;
  });
}

void EmbeddedStore::crash() {
  SYNCLINE_ASSERT(process_ != nullptr);
  process_ = nullptr;
  if (!running_.empty() && disk_.lands_despite_crash()) {
    for (const Asked& asked : running_) commit(asked.write);
  }
  running_.clear();
  waiting_.clear();
}

void EmbeddedStore::write(EmbeddedWrite write, EmbeddedClient& client, std::uint64_t ticket) {
  if (std::holds_alternative<AppendRow>(write)) reports_.on_probe(probe::append_arrives);
  if (std::holds_alternative<WriteSnapshot>(write)) {
    reports_.on_probe(probe::snapshot_write_starts);
  }
  waiting_.push_back({.write = std::move(write), .client = &client, .ticket = ticket});
  if (running_.empty()) begin();
}

void EmbeddedStore::begin() {
  ++write_transactions_;
  running_.swap(waiting_);
  reports_.on_probe(probe::commit_starts);
  process_->after(disk_.sync_time(), [this] { on_synced(); });
}

void EmbeddedStore::on_synced() {
  const bool takes_writes = disk_.takes_writes();
  std::vector<Asked> done;
  done.swap(running_);
  std::vector<EmbeddedAnswer> answers;
  answers.reserve(done.size());
  for (const Asked& asked : done) {
    answers.push_back(takes_writes ? commit(asked.write) : refusal(asked.write));
  }
  if (takes_writes) reports_.on_probe(probe::commit_done);
  if (!waiting_.empty()) begin();
  for (std::size_t at = 0; at < done.size(); ++at) {
    done[at].client->on_embedded_answer(done[at].ticket, std::move(answers[at]));
  }
}

EmbeddedAnswer EmbeddedStore::commit(const EmbeddedWrite& write) {
  if (const auto* row = std::get_if<AppendRow>(&write)) {
    const Sequence sequence = tables_.append(row->document, row->checksum, row->update);
    return ports::AppendResult{.outcome = ports::Outcome::committed, .sequence = sequence};
  }
  if (const auto* forget = std::get_if<ForgetRows>(&write)) {
    return tables_.forget(forget->document, forget->forgetting);
  }
  const auto& snapshot = std::get<WriteSnapshot>(write);
  const bool torn = tear_every_ > 0 && ++snapshots_ % tear_every_ == 0;
  if (torn) reports_.on_observed(self_, FaultKind::torn_snapshot);
  return tables_.write_snapshot(snapshot.document, node_, snapshot.snapshot, torn);
}

EmbeddedAnswer EmbeddedStore::refusal(const EmbeddedWrite& write) {
  if (std::holds_alternative<WriteSnapshot>(write)) return ports::SnapshotOutcome::failed;
  if (std::holds_alternative<ForgetRows>(write)) {
    return ports::ForgetResult{.outcome = ports::ForgetOutcome::failed};
  }
  return ports::AppendResult{
      .outcome = ports::Outcome::refused, .sequence = {}, .error = ErrorCode::storage_full};
}

void EmbeddedStore::read(EmbeddedRead read, EmbeddedClient& client, std::uint64_t ticket) {
  if (std::holds_alternative<ReadLog>(read)) reports_.on_probe(probe::log_read);
  if (std::holds_alternative<ReadSnapshot>(read)) reports_.on_probe(probe::snapshot_read);
  process_->after(disk_.read_time(), [this, read = std::move(read), client = &client, ticket] {
    client->on_embedded_answer(ticket, read_now(read));
  });
}

EmbeddedAnswer EmbeddedStore::read_now(const EmbeddedRead& read) const {
  if (const auto* log = std::get_if<ReadLog>(&read)) {
    return tables_.read_log(log->document, node_, log->after, log->bytes_max);
  }
  if (const auto* snapshot = std::get_if<ReadSnapshot>(&read)) {
    return tables_.read_snapshot(snapshot->document, snapshot->before);
  }
  if (const auto* old = std::get_if<FindOldLogs>(&read)) return tables_.find_old_logs(*old);
  std::vector<Sequence> heads;
  for (const DocumentNumber document : std::get<ReadHeads>(read).documents) {
    heads.push_back(tables_.head(document));
  }
  return heads;
}

}  // namespace syncline::sim
