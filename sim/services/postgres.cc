#include "sim/services/postgres.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "faults/plan/probe.h"
#include "server/base/assert.h"
#include "sim/services/planted_service_bug.h"

namespace syncline::sim {
namespace {

namespace probe = faults::probe;
using faults::FaultKind;

// The server's own limits, below the clients': a client that gives up first cannot know.
constexpr Duration lock_timeout = seconds(3);
constexpr Duration pool_wait_max = seconds(2);

constexpr Duration late_commit_min = milliseconds(50);
constexpr Duration late_commit_max = seconds(2);

bool writes(const PostgresRequest& request) {
  return std::holds_alternative<AppendRows>(request) ||
         std::holds_alternative<DrainDocuments>(request) ||
         std::holds_alternative<WriteSnapshot>(request) ||
         std::holds_alternative<ForgetRows>(request);
}

// The rows that the transaction locks, ascending. A snapshot needs none: its fence is in the one
// statement that writes it. What is forgotten is nobody's who appends.
void collect_locks(const PostgresRequest& request, std::vector<std::uint32_t>& locks) {
  locks.clear();
  if (const auto* append = std::get_if<AppendRows>(&request)) {
    for (const AppendRow& row : append->rows) {
      locks.push_back(static_cast<std::uint32_t>(row.document.value));
    }
  } else if (const auto* drain = std::get_if<DrainDocuments>(&request)) {
    for (const DrainRows& rows : drain->documents) {
      locks.push_back(static_cast<std::uint32_t>(rows.document.value));
    }
  }
  std::sort(locks.begin(), locks.end());
  locks.erase(std::unique(locks.begin(), locks.end()), locks.end());
}

std::uint32_t bytes_of(const PostgresAnswer& answer) {
  std::size_t bytes = 32;
  if (const auto* page = std::get_if<ports::LogPage>(&answer)) {
    for (const ports::LogRecord& record : page->records) bytes += 24 + record.update.size();
  } else if (const auto* snapshot = std::get_if<std::optional<ports::Snapshot>>(&answer)) {
    if (snapshot->has_value()) bytes += (*snapshot)->state.size();
  } else if (const auto* sequences = std::get_if<std::vector<Sequence>>(&answer)) {
    bytes += 8 * sequences->size();
  }
  return static_cast<std::uint32_t>(bytes);
}

std::string_view text_of(const PostgresAnswer& answer) {
  struct Text {
    std::string_view operator()(PostgresError) const { return "error"; }
    std::string_view operator()(const std::vector<Sequence>&) const { return "sequences"; }
    std::string_view operator()(const ports::LogPage&) const { return "log page"; }
    std::string_view operator()(const std::optional<ports::Snapshot>&) const { return "snapshot"; }
    std::string_view operator()(ports::SnapshotOutcome) const { return "snapshot written"; }
    std::string_view operator()(const OldLogRows&) const { return "old logs"; }
    std::string_view operator()(ports::ForgetResult) const { return "forgotten"; }
  };
  return std::visit(Text{}, answer);
}

}  // namespace

Postgres::Postgres(Party self, std::uint64_t seed, Network& network, const Chronicle& chronicle,
                   ServiceReports& reports)
    : self_(self),
      network_(network),
      reports_(reports),
      disk_(self, seed, reports),
      random_(seed, "postgres", "faults"),
      tables_(chronicle) {}

void Postgres::start(Process& process) {
  SYNCLINE_ASSERT(!running());
  process_ = &process;
  network_.listen(self_, this);
}

void Postgres::date_entries() {
  tables_.date_entries([this] {
    if (running()) told_time_ = process_->wall_now();
    return told_time_;
  });
}

void Postgres::crash() {
  SYNCLINE_ASSERT(running());
  if (planted(ServiceBug::commit_not_synced)) lose_unsynced();
  process_ = nullptr;
  network_.listen(self_, nullptr);
  network_.drop_all_of(self_);
  for (Slot slot = 0; slot < transactions_.size(); ++slot) {
    Transaction& transaction = transactions_[slot];
    if (transaction.number == 0) continue;
    if (transaction.running && disk_.lands_despite_crash()) {
      commit(transaction);
    } else {
      roll_back(transaction.call);
    }
    transaction = {};
    free_slots_.push_back(slot);
  }
  rows_.clear();
  held_.clear();
  pool_wait_armed_ = false;
}

LinkEvents* Postgres::on_link_arrives(LinkId, Party) { return running() ? this : nullptr; }

void Postgres::receive(LinkId link, Party from, PostgresClient& client,
                       PostgresRequestPtr request) {
  SYNCLINE_ASSERT(running());
  ++requests_;
  Call call{.link = link, .from = from, .client = &client, .request = std::move(request)};
  if (!pool_exhausted_) return execute(std::move(call));
  held_.push_back({.call = std::move(call), .since = process_->now()});
  reports_.on_observed(self_, FaultKind::pool_exhausted);
  if (pool_wait_armed_) return;
  pool_wait_armed_ = true;
  process_->after(pool_wait_max, [this] { on_pool_wait_over(); });
}

void Postgres::on_pool_wait_over() {
  while (!held_.empty() && process_->now() - held_.front().since >= pool_wait_max) {
    answer(held_.front().call, PostgresError::no_connection_free);
    held_.pop_front();
  }
  pool_wait_armed_ = !held_.empty();
  if (!pool_wait_armed_) return;
  process_->after(held_.front().since + pool_wait_max - process_->now(),
                  [this] { on_pool_wait_over(); });
}

void Postgres::exhaust_pool(bool exhausted) {
  pool_exhausted_ = exhausted;
  if (exhausted) return;
  std::deque<Held> waiting;
  waiting.swap(held_);
  for (Held& held : waiting) execute(std::move(held.call));
}

void Postgres::execute(Call call) {
  if (writes(*call.request)) {
    begin(std::move(call));
  } else {
    read(std::move(call));
  }
}

void Postgres::read(Call call) {
  if (std::holds_alternative<ReadLog>(*call.request)) reports_.on_probe(probe::log_read);
  if (std::holds_alternative<ReadSnapshot>(*call.request)) reports_.on_probe(probe::snapshot_read);
  process_->after(disk_.read_time(),
                  [this, call = std::move(call)] { answer(call, read_now(call)); });
}

PostgresAnswer Postgres::read_now(const Call& call) const {
  if (const auto* log = std::get_if<ReadLog>(call.request.get())) {
    return tables_.read_log(log->document, call.from, log->after, log->bytes_max);
  }
  if (const auto* snapshot = std::get_if<ReadSnapshot>(call.request.get())) {
    return tables_.read_snapshot(snapshot->document, snapshot->before);
  }
  if (const auto* old = std::get_if<FindOldLogs>(call.request.get())) {
    return tables_.find_old_logs(*old);
  }
  std::vector<Sequence> heads;
  for (const DocumentNumber document : std::get<ReadHeads>(*call.request).documents) {
    heads.push_back(tables_.head(document));
  }
  return heads;
}

void Postgres::begin(Call call) {
  ++write_transactions_;
  report_begin(*call.request);
  if (serialization_.hits()) {
    reports_.on_observed(self_, FaultKind::serialization);
    roll_back(call);
    return answer(call, PostgresError::serialization_failure);
  }
  if (!disk_.takes_writes()) return answer(call, PostgresError::disk_full);
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<Slot>(transactions_.size()));
    transactions_.emplace_back();
  }
  const Slot slot = free_slots_.back();
  free_slots_.pop_back();
  Transaction& transaction = transactions_[slot];
  transaction.call = std::move(call);
  transaction.number = ++transactions_begun_;
  collect_locks(*transaction.call.request, transaction.locks);
  if (planted(ServiceBug::sequence_outside_lock)) read_numbers(transaction);
  proceed(slot);
}

void Postgres::report_begin(const PostgresRequest& request) {
  if (std::holds_alternative<AppendRows>(request)) reports_.on_probe(probe::append_arrives);
  if (std::holds_alternative<DrainDocuments>(request)) reports_.on_probe(probe::drain_starts);
  if (std::holds_alternative<WriteSnapshot>(request)) {
    reports_.on_probe(probe::snapshot_write_starts);
  }
}

void Postgres::proceed(Slot slot) {
  Transaction& transaction = transactions_[slot];
  while (transaction.locks_held < transaction.locks.size()) {
    const std::uint32_t document = transaction.locks[transaction.locks_held];
    if (document >= rows_.size()) rows_.resize(document + 1);
    RowLock& row = rows_[document];
    if (row.holder != nobody) return wait_for_lock(slot, row);
    row.holder = slot;
    ++transaction.locks_held;
  }
  sync(slot);
}

void Postgres::wait_for_lock(Slot slot, RowLock& row) {
  row.waiting.push_back(slot);
  process_->after(lock_timeout, [this, slot, number = transactions_[slot].number] {
    if (is(slot, number)) on_lock_timeout(slot);
  });
}

// It may have got the lock that it waited for then, and wait for another by now: the timeout is the
// statement's.
void Postgres::on_lock_timeout(Slot slot) {
  Transaction& transaction = transactions_[slot];
  if (transaction.running) return;
  RowLock& row = rows_[transaction.locks[transaction.locks_held]];
  std::erase(row.waiting, slot);
  finish(slot, PostgresError::statement_timeout);
}

void Postgres::sync(Slot slot) {
  Transaction& transaction = transactions_[slot];
  transaction.running = true;
  reports_.on_probe(probe::commit_starts);
  process_->after(disk_.sync_time(), [this, slot, number = transaction.number] {
    if (is(slot, number)) on_synced(slot);
  });
}

void Postgres::on_synced(Slot slot) {
  if (lost_answers_.hits()) return lose_answer(slot);
  finish(slot, commit(transactions_[slot]));
}

void Postgres::lose_answer(Slot slot) {
  Transaction& transaction = transactions_[slot];
  reports_.on_observed(self_, FaultKind::lost_answers);
  network_.abort(transaction.call.link, Side::accepter);
  switch (random_.below(3)) {
    case 0:
      roll_back(transaction.call);
      break;
    case 1:
      commit(transaction);
      break;
    default: {  // The server goes on, holding its locks, long after the client has given up.
      const Duration late = random_.between(late_commit_min, late_commit_max);
      process_->after(late, [this, slot, number = transaction.number] {
        if (!is(slot, number)) return;
        commit(transactions_[slot]);
        finish(slot, std::nullopt);
      });
      return;
    }
  }
  finish(slot, std::nullopt);
}

// Ends the transaction; the answer is nothing if its connection is gone.
void Postgres::finish(Slot slot, std::optional<PostgresAnswer> answer) {
  Transaction& transaction = transactions_[slot];
  if (answer) this->answer(transaction.call, std::move(*answer));
  transaction.call = {};
  transaction.number = 0;
  transaction.running = false;
  transaction.numbers.clear();
  release(slot);
}

// Hands each lock to whoever has waited for it longest.
void Postgres::release(Slot slot) {
  Transaction& transaction = transactions_[slot];
  for (std::size_t at = 0; at < transaction.locks_held; ++at) {
    RowLock& row = rows_[transaction.locks[at]];
    row.holder = nobody;
    if (row.waiting.empty()) continue;
    const Slot next = row.waiting.front();
    row.waiting.pop_front();
    row.holder = next;
    ++transactions_[next].locks_held;
    proceed(next);
  }
  transaction.locks_held = 0;
  free_slots_.push_back(slot);
}

void Postgres::answer(const Call& call, PostgresAnswer answer) {
  const std::uint32_t bytes = bytes_of(answer);
  const std::string_view text = text_of(answer);
  network_.send(call.link, Side::accepter, bytes, text,
                [client = call.client, link = call.link, answer = std::move(answer)]() mutable {
                  client->on_postgres_answer(link, std::move(answer));
                });
}

}  // namespace syncline::sim
