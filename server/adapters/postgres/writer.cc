#include "server/adapters/postgres/writer.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <string>
#include <utility>

#include "server/adapters/postgres/write_statements.h"
#include "server/base/limits.h"

namespace syncline::adapters::postgres {
namespace {

// Fewer in one transaction would make the database slower, not faster.
constexpr std::size_t batch_bytes_min = 64 * limits::kibibyte;

double to_seconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::duration<double>>(duration).count();
}

store::Answer not_committed(RequestToken token, const Failure& failure) {
  return store::AppendAnswer{token, {.outcome = failure.outcome, .error = failure.error.code}};
}

}  // namespace

Writer::Writer(const Surroundings& surroundings, std::unique_ptr<Connection> connection)
    : surroundings_(surroundings),
      connection_(std::move(connection)),
      batch_updates_max_(surroundings.options.batch_updates_max),
      batch_bytes_max_(surroundings.options.batch_bytes_max),
      backoff_(surroundings.options.reconnect_delay_min, surroundings.options.reconnect_delay_max) {
  note_connected(true);
  thread_ = std::thread([this] { run(); });
}

Writer::~Writer() { stop(); }

// False if it has stopped.
template <class Request>
bool Writer::enqueue(std::deque<Request>& queue, Request& request) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return false;
  queue.push_back(std::move(request));
  arrived_.notify_one();
  return true;
}

void Writer::append(store::AppendRequest request) {
  surroundings_.metrics.add(ports::Gauge::commit_queue_updates, 1);
  if (enqueue(appends_, request)) return;
  surroundings_.metrics.add(ports::Gauge::commit_queue_updates, -1);
  request.requester->deliver({not_committed(request.token, not_connected())});
}

void Writer::write_snapshot(store::SnapshotRequest request) {
  if (enqueue(snapshots_, request)) return;
  request.requester->deliver(
      {store::SnapshotWriteAnswer{request.token, ports::SnapshotOutcome::failed}});
}

void Writer::drain(DrainRequest request) {
  if (enqueue(drains_, request)) return;
  request.requester->deliver(request.token, {.outcome = ports::Outcome::refused});
}

void Writer::forget(store::ForgetRequest request) {
  if (enqueue(forgets_, request)) return;
  request.requester->deliver({store::not_forgotten(request)});
}

void Writer::stop() { end_thread(false); }
void Writer::stop_at_once() { end_thread(true); }

void Writer::end_thread(bool at_once) {
  Batch refused;
  std::deque<store::SnapshotRequest> snapshots;
  std::deque<DrainRequest> drains;
  std::deque<store::ForgetRequest> forgets;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (at_once) {
      std::ranges::move(appends_, std::back_inserter(refused.appends));
      appends_.clear();
      snapshots.swap(snapshots_);
      drains.swap(drains_);
      forgets.swap(forgets_);
    }
    arrived_.notify_one();
  }
  surroundings_.metrics.add(ports::Gauge::commit_queue_updates,
                            -static_cast<std::int64_t>(refused.appends.size()));
  refuse(refused, not_connected());
  for (auto& snapshot : snapshots) {
    refuse({.appends = {}, .snapshot = std::move(snapshot), .drain = {}, .forget = {}},
           not_connected());
  }
  for (auto& drain : drains) {
    refuse({.appends = {}, .snapshot = {}, .drain = std::move(drain), .forget = {}},
           not_connected());
  }
  for (const auto& forget : forgets) forget.requester->deliver({store::not_forgotten(forget)});
  const std::lock_guard lock(stop_mutex_);
  if (thread_.joinable()) thread_.join();
}

void Writer::run() {
  while (!ended()) {
    Batch batch = take_batch();
    batch.empty() ? look() : commit(std::move(batch));
    connect_if_due();
  }
  if (connection_) note_connected(false);
  if (!works_) surroundings_.health.note(true);  // It is not a part of the process any more.
}

bool Writer::nothing_asked() const {
  return appends_.empty() && snapshots_.empty() && drains_.empty() && forgets_.empty();
}

bool Writer::ended() {
  const std::lock_guard lock(mutex_);
  return stopping_ && nothing_asked();
}

Writer::Batch Writer::take_batch() {
  std::unique_lock lock(mutex_);
  const auto woken = [this] { return stopping_ || !nothing_asked(); };
  if (connection_) {
    arrived_.wait_for(lock, surroundings_.options.idle_check_interval, woken);
  } else {
    const Duration left = connect_at_ - surroundings_.clock.now();
    arrived_.wait_for(lock, std::max<Duration>(left, Duration(1)), woken);
  }
  Batch batch;
  take_appends(batch);
  if (!snapshots_.empty()) {
    batch.snapshot = std::move(snapshots_.front());
    snapshots_.pop_front();
  }
  if (!drains_.empty()) {
    batch.drain = std::move(drains_.front());
    drains_.pop_front();
  }
  if (!forgets_.empty()) {
    batch.forget = std::move(forgets_.front());
    forgets_.pop_front();
  }
  return batch;
}

void Writer::take_appends(Batch& batch) {
  std::size_t bytes = 0;
  while (!appends_.empty() && batch.appends.size() < batch_updates_max_) {
    bytes += appends_.front().update.size();
    if (bytes > batch_bytes_max_ && !batch.appends.empty()) return;
    batch.appends.push_back(std::move(appends_.front()));
    appends_.pop_front();
  }
}

void Writer::connect_if_due() {
  if (connection_ || surroundings_.clock.now() < connect_at_) return;
  auto connection = Connection::open(surroundings_.options, surroundings_.watchdog);
  std::optional<Failure> failure;
  if (connection.ok()) failure = (*connection)->attempt(prepare_writes);
  if (!connection.ok() || failure) {
    connect_at_ = surroundings_.clock.now() + backoff_.next(jitter_());
    return;
  }
  connection_ = std::move(connection).value();
  note_connected(true);
  note_works(true);
}

void Writer::look() {
  if (!connection_ || ended()) return;
  const auto failure = connection_->attempt([](pqxx::connection& connection) {
    pqxx::nontransaction transaction(connection);
    transaction.exec("SELECT 1");
  });
  failure ? note_failure(*failure) : note_works(true);
}

void Writer::note_connected(bool connected) {
  surroundings_.metrics.add(ports::Gauge::postgres_connections, connected ? 1 : -1);
  if (connected) surroundings_.metrics.add(ports::Counter::postgres_connects);
}

// Says once that it fails, and once that it works again, however much it concerns.
void Writer::note_failure(const Failure& failure) {
  surroundings_.metrics.add(ports::Counter::postgres_failures);
  if (failure.about_content()) return;  // Of that, whoever knows what it was.
  if (failure.lost) {
    connection_.reset();
    note_connected(false);
    connect_at_ = surroundings_.clock.now() + backoff_.next(jitter_());
  }
  if (!works_) return;
  surroundings_.log.write(ports::LogLevel::error,
                          "PostgreSQL cannot be written to; edits are not acknowledged",
                          {{"error", failure.error.message()}});
  note_works(false);
}

void Writer::note_works(bool works) {
  if (std::exchange(works_, works) == works) return;
  surroundings_.health.note(works);
  if (!works) return;
  surroundings_.log.write(ports::LogLevel::info, "PostgreSQL can be written to again", {});
}

Failure Writer::not_connected() {
  return {
      .outcome = ports::Outcome::refused, .error = Error{ErrorCode::unavailable}, .lost = false};
}

void Writer::commit(Batch batch) {
  if (batch.empty()) return;
  const auto updates = static_cast<std::int64_t>(batch.appends.size());
  if (!connection_) {
    refuse(batch, not_connected());
  } else {
    if (!batch.appends.empty()) commit_appends(std::move(batch.appends));
    if (batch.snapshot) commit_snapshot(*batch.snapshot);
    if (batch.drain) commit_drain(std::move(*batch.drain));
    if (batch.forget) commit_forget(*batch.forget);
  }
  if (updates > 0) surroundings_.metrics.add(ports::Gauge::commit_queue_updates, -updates);
}

std::optional<Failure> Writer::attempt(const std::function<void(pqxx::connection&)>& work,
                                       std::size_t bytes) {
  if (!connection_) return not_connected();
  surroundings_.metrics.add(ports::Counter::postgres_transactions);
  const Instant begun = surroundings_.clock.now();
  auto failure = connection_->attempt(work, bytes);
  if (failure) {
    note_failure(*failure);
    return failure;
  }
  // Only now: a server that takes connections and no writes must not be asked without end.
  backoff_.reset();
  surroundings_.metrics.observe(ports::Histogram::commit_seconds,
                                to_seconds(surroundings_.clock.now() - begun));
  note_works(true);
  return std::nullopt;
}

void Writer::commit_appends(std::vector<store::AppendRequest> requests) {
  refuse_too_large(requests);
  if (!requests.empty()) commit_part(requests);
}

void Writer::commit_part(std::span<const store::AppendRequest> requests) {
  std::size_t bytes = 0;
  for (const store::AppendRequest& request : requests) bytes += request.update.size();
  std::vector<Sequence> sequences;
  const auto failure = attempt(
      [&](pqxx::connection& connection) { sequences = postgres::append(connection, requests); },
      bytes);
  fit_batches(failure);
  if (failure && failure->about_content()) {
    if (requests.size() == 1) {
      note_refused_update(requests.front(), *failure);
    } else {
      const std::size_t half = requests.size() / 2;
      commit_part(requests.first(half));
      return commit_part(requests.subspan(half));
    }
  }
  if (failure) return refuse(requests, *failure);
  surroundings_.metrics.observe(ports::Histogram::commit_batch_updates,
                                static_cast<double>(requests.size()));
  SYNCLINE_ASSERT(sequences.size() == requests.size(), sequences.size(), requests.size());
  store::Answers answers;
  for (std::size_t at = 0; at < requests.size(); ++at) {
    answers.add(requests[at].requester, store::AppendAnswer{requests[at].token,
                                                            {.outcome = ports::Outcome::committed,
                                                             .sequence = sequences[at]}});
  }
  answers.deliver();
}

// After a transaction that did not come to its end in time, the next one carries less: the same
// again would take as long again. A while later, perhaps more.
void Writer::fit_batches(const std::optional<Failure>& failure) {
  const PostgresOptions& options = surroundings_.options;
  if (!failure) {
    batch_updates_max_ =
        std::min(options.batch_updates_max, batch_updates_max_ + batch_updates_max_ / 8 + 1);
    batch_bytes_max_ = std::min(options.batch_bytes_max, batch_bytes_max_ + batch_bytes_max_ / 8);
  } else if (failure->outcome == ports::Outcome::unknown) {
    batch_updates_max_ = std::max<std::size_t>(1, batch_updates_max_ / 2);
    batch_bytes_max_ =
        std::max(std::min(batch_bytes_min, options.batch_bytes_max), batch_bytes_max_ / 2);
  }
}

// It will be tried again and again: once is enough to say so.
void Writer::note_refused_update(const store::AppendRequest& request, const Failure& failure) {
  const std::string& document = request.document.text();
  if (std::exchange(refused_last_, document) == document) return;
  surroundings_.log.write(ports::LogLevel::error, "PostgreSQL refuses an update of a document",
                          {{"document", document}, {"error", failure.error.message()}});
}

void Writer::refuse_too_large(std::vector<store::AppendRequest>& requests) {
  const std::size_t bytes_max = surroundings_.options.value_bytes_max;
  std::erase_if(requests, [&](const store::AppendRequest& request) {
    if (request.update.size() <= bytes_max) return false;
    surroundings_.log.write(ports::LogLevel::error, "an update is too large to be stored",
                            {{"document", request.document.text()}});
    request.requester->deliver({store::AppendAnswer{
        request.token, {.outcome = ports::Outcome::refused, .error = ErrorCode::too_large}}});
    return true;
  });
}

void Writer::commit_snapshot(const store::SnapshotRequest& request) {
  bool written = false;
  std::optional<Failure> failure;
  if (request.snapshot.state.size() > surroundings_.options.value_bytes_max) {
    failure = Failure{
        .outcome = ports::Outcome::refused, .error = Error{ErrorCode::too_large}, .lost = false};
  } else {
    failure = attempt(
        [&](pqxx::connection& connection) {
          written = postgres::write_snapshot(connection, request);
        },
        request.snapshot.state.size());
  }
  if (failure) {
    surroundings_.log.write(
        ports::LogLevel::warning, "a snapshot cannot be stored",
        {{"document", request.document.text()}, {"error", failure->error.message()}});
  }
  const auto outcome = failure   ? ports::SnapshotOutcome::failed
                       : written ? ports::SnapshotOutcome::written
                                 : ports::SnapshotOutcome::stale;
  request.requester->deliver({store::SnapshotWriteAnswer{request.token, outcome}});
}

void Writer::commit_drain(DrainRequest request) {
  ports::DrainResult result{.outcome = ports::Outcome::committed};
  std::size_t bytes = 0;
  for (const ports::DrainBatch& batch : request.batches) {
    for (const ports::BufferRecord& record : batch.records) bytes += record.update.size();
  }
  const auto failure = attempt(
      [&](pqxx::connection& connection) {
        result.heads =
            postgres::drain(connection, request.batches, [this] { connection_->note_answer(); });
      },
      bytes);
  if (failure) result = {.outcome = failure->outcome, .heads = {}, .error = failure->error.code};
  request.requester->deliver(request.token, std::move(result));
}

void Writer::commit_forget(const store::ForgetRequest& request) {
  ports::ForgetResult result{.outcome = ports::ForgetOutcome::failed};
  const auto failure = attempt(
      [&](pqxx::connection& connection) { result = postgres::forget(connection, request); }, 0);
  if (failure) {
    surroundings_.log.write(
        ports::LogLevel::warning, "old history cannot be removed",
        {{"document", request.document.text()}, {"error", failure->error.message()}});
  }
  request.requester->deliver({store::ForgetAnswer{request.token, result}});
}

void Writer::refuse(std::span<const store::AppendRequest> appends, const Failure& failure) {
  store::Answers answers;
  for (const store::AppendRequest& request : appends) {
    answers.add(request.requester, not_committed(request.token, failure));
  }
  answers.deliver();
}

void Writer::refuse(const Batch& batch, const Failure& failure) {
  refuse(batch.appends, failure);
  store::Answers answers;
  if (batch.snapshot) {
    answers.add(batch.snapshot->requester,
                store::SnapshotWriteAnswer{batch.snapshot->token, ports::SnapshotOutcome::failed});
  }
  answers.deliver();
  if (batch.drain) {
    batch.drain->requester->deliver(
        batch.drain->token, {.outcome = failure.outcome, .heads = {}, .error = failure.error.code});
  }
  if (batch.forget) batch.forget->requester->deliver({store::not_forgotten(*batch.forget)});
}

}  // namespace syncline::adapters::postgres
