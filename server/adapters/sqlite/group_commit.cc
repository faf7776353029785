#include "server/adapters/sqlite/group_commit.h"

#include <chrono>
#include <iterator>
#include <string>
#include <utility>

#include "server/base/instant.h"

namespace syncline::adapters::sqlite {
namespace {

// The write-ahead log is copied into the database when nobody waits and it has this many pages...
constexpr int checkpoint_pages_idle = 1000;
// ...and in any case when it has these (64 MiB), so that it stays bounded under constant load.
constexpr int checkpoint_pages_max = 16'384;

double to_seconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::duration<double>>(duration).count();
}

// True if the error is about what was to be written, and not about the place where.
bool blames_request(ErrorCode code) {
  return code == ErrorCode::too_large || code == ErrorCode::checksum_mismatch;
}

ports::AppendResult not_committed(ports::Outcome outcome, ErrorCode error) {
  return {.outcome = outcome, .error = error};
}

}  // namespace

GroupCommit::GroupCommit(std::unique_ptr<WriteConnection> connection, Options options,
                         ports::Clock& clock, ports::Metrics& metrics, ports::Log& log)
    : connection_(std::move(connection)),
      options_(options),
      clock_(clock),
      metrics_(metrics),
      log_(log),
      thread_([this] { run(); }) {}

GroupCommit::~GroupCommit() { stop(); }

void GroupCommit::append(store::AppendRequest request) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) {
      metrics_.add(ports::Gauge::commit_queue_updates, 1);
      appends_.push_back(std::move(request));
      arrived_.notify_one();
      return;
    }
  }
  request.requester->deliver({store::AppendAnswer{
      request.token, not_committed(ports::Outcome::refused, ErrorCode::unavailable)}});
}

void GroupCommit::write_snapshot(store::SnapshotRequest request) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) {
      snapshots_.push_back(std::move(request));
      arrived_.notify_one();
      return;
    }
  }
  request.requester->deliver(
      {store::SnapshotWriteAnswer{request.token, ports::SnapshotOutcome::failed}});
}

void GroupCommit::forget(store::ForgetRequest request) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) {
      forgets_.push_back(std::move(request));
      arrived_.notify_one();
      return;
    }
  }
  request.requester->deliver({store::not_forgotten(request)});
}

void GroupCommit::limit_pages(std::uint32_t pages) { page_limit_ = pages; }

void GroupCommit::stop() { end_thread(false); }
void GroupCommit::stop_at_once() { end_thread(true); }

void GroupCommit::end_thread(bool at_once) {
  Batch refused;
  std::deque<store::ForgetRequest> forgets;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    at_once_ = at_once_ || at_once;
    if (at_once) {
      refused.appends.assign(std::make_move_iterator(appends_.begin()),
                             std::make_move_iterator(appends_.end()));
      refused.snapshots.assign(std::make_move_iterator(snapshots_.begin()),
                               std::make_move_iterator(snapshots_.end()));
      appends_.clear();
      snapshots_.clear();
      forgets.swap(forgets_);
    }
    arrived_.notify_one();
  }
  metrics_.add(ports::Gauge::commit_queue_updates,
               -static_cast<std::int64_t>(refused.appends.size()));
  answer_failed(refused, Failure{ports::Outcome::refused, Error{ErrorCode::unavailable}, 0});
  for (const auto& forget : forgets) forget.requester->deliver({store::not_forgotten(forget)});
  const std::lock_guard lock(stop_mutex_);
  if (thread_.joinable()) thread_.join();
}

void GroupCommit::run() {
  for (Work work = take_work(); !work.empty(); work = take_work()) {
    apply_page_limit();
    if (!work.batch.empty()) commit(std::move(work.batch));
    if (work.forget) commit_forget(*work.forget);
    checkpoint_if_due();
  }
  if (must_hurry()) return connection_->leave_log();
  auto tidied = connection_->tidy();
  if (!tidied.ok()) {
    log_.write(ports::LogLevel::warning, "the last checkpoint of the database failed",
               {{"error", tidied.error().message()}});
  }
}

bool GroupCommit::must_hurry() {
  const std::lock_guard lock(mutex_);
  return at_once_;
}

GroupCommit::Work GroupCommit::take_work() {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, [this] {
    return stopping_ || !appends_.empty() || !snapshots_.empty() || !forgets_.empty();
  });
  Work work;
  take_appends(work.batch);
  if (!snapshots_.empty()) {
    work.batch.snapshots.push_back(std::move(snapshots_.front()));
    snapshots_.pop_front();
  }
  if (!forgets_.empty()) {
    work.forget = std::move(forgets_.front());
    forgets_.pop_front();
  }
  return work;
}

void GroupCommit::take_appends(Batch& batch) {
  std::size_t bytes = 0;
  while (!appends_.empty() && batch.appends.size() < options_.batch_updates_max) {
    bytes += appends_.front().update.size();
    if (bytes > options_.batch_bytes_max && !batch.appends.empty()) return;
    batch.appends.push_back(std::move(appends_.front()));
    appends_.pop_front();
  }
}

void GroupCommit::commit(Batch batch) {
  const auto updates = static_cast<std::int64_t>(batch.appends.size());
  while (!batch.empty()) {
    store::Answers answers;
    Failure failure{ports::Outcome::refused, Error{ErrorCode::io_error}, 0};
    const Instant begun = clock_.now();
    if (try_commit(batch, answers, failure).ok()) {
      metrics_.observe(ports::Histogram::commit_seconds, to_seconds(clock_.now() - begun));
      if (!batch.appends.empty()) {
        metrics_.observe(ports::Histogram::commit_batch_updates,
                         static_cast<double>(batch.appends.size()));
      }
      note_health(nullptr);
      answers.deliver();
      break;
    }
    if (drop_culprit(batch, failure)) continue;
    note_health(&failure.error);
    answer_failed(batch, failure);
    break;
  }
  if (updates > 0) metrics_.add(ports::Gauge::commit_queue_updates, -updates);
}

void GroupCommit::commit_forget(const store::ForgetRequest& request) {
  const auto forgotten = try_forget(request);
  if (!forgotten.ok()) {
    connection_->rollback();
    log_.write(ports::LogLevel::warning, "old history cannot be removed",
               {{"document", request.document.text()}, {"error", forgotten.error().message()}});
  }
  request.requester->deliver({forgotten.ok() ? store::ForgetAnswer{request.token, *forgotten}
                                             : store::not_forgotten(request)});
}

Result<ports::ForgetResult> GroupCommit::try_forget(const store::ForgetRequest& request) {
  SYNCLINE_TRY(connection_->begin());
  SYNCLINE_ASSIGN(const ports::ForgetResult result,
                  connection_->forget(request.document, request.forgetting));
  if (result.outcome == ports::ForgetOutcome::stale) {
    connection_->rollback();
    return result;
  }
  SYNCLINE_TRY(connection_->commit());
  return result;
}

Result<void> GroupCommit::try_commit(const Batch& batch, store::Answers& answers,
                                     Failure& failure) {
  auto written = write_all(batch, answers, failure);
  if (!written.ok()) {
    connection_->rollback();
    failure.error = written.error();
    return written;
  }
  auto committed = connection_->commit();
  if (!committed.ok()) {
    failure = Failure{ports::Outcome::unknown, committed.error(),
                      batch.appends.size() + batch.snapshots.size()};
  }
  return committed;
}

Result<void> GroupCommit::write_all(const Batch& batch, store::Answers& answers, Failure& failure) {
  const WallTime now = clock_.wall_now();
  failure.culprit = batch.appends.size() + batch.snapshots.size();
  SYNCLINE_TRY(connection_->begin());
  failure.culprit = 0;
  for (const store::AppendRequest& request : batch.appends) {
    SYNCLINE_ASSIGN(
        const Sequence sequence,
        connection_->append(request.document, request.update.view(), request.checksum, now));
    answers.add(request.requester,
                store::AppendAnswer{request.token,
                                    {.outcome = ports::Outcome::committed, .sequence = sequence}});
    ++failure.culprit;
  }
  for (const store::SnapshotRequest& request : batch.snapshots) {
    SYNCLINE_ASSIGN(const ports::SnapshotOutcome outcome,
                    connection_->write_snapshot(request.document, request.snapshot));
    answers.add(request.requester, store::SnapshotWriteAnswer{request.token, outcome});
    ++failure.culprit;
  }
  return connection_->finish(now);
}

bool GroupCommit::drop_culprit(Batch& batch, const Failure& failure) {
  if (failure.outcome == ports::Outcome::unknown) return false;
  if (failure.culprit < batch.appends.size()) {
    if (!blames_request(failure.error.code)) return false;
    drop_appends(batch, failure);
    return true;
  }
  if (failure.culprit < batch.appends.size() + batch.snapshots.size()) {
    // Whatever the reason: a snapshot needs much space, and the updates may still fit.
    const store::SnapshotRequest& request = batch.snapshots.front();
    log_.write(ports::LogLevel::warning, "a snapshot cannot be stored",
               {{"document", request.document.text()}, {"error", failure.error.message()}});
    request.requester->deliver(
        {store::SnapshotWriteAnswer{request.token, ports::SnapshotOutcome::failed}});
    batch.snapshots.erase(batch.snapshots.begin());
    return true;
  }
  return false;
}

// Only the one that is too large, but all of a document that is damaged: the next would fail, too.
void GroupCommit::drop_appends(Batch& batch, const Failure& failure) {
  const store::AppendRequest* const culprit = &batch.appends[failure.culprit];
  const DocumentName document = culprit->document;
  const bool alone = failure.error.code == ErrorCode::too_large;
  log_.write(ports::LogLevel::error,
             alone ? "an update cannot be stored" : "the updates of a document cannot be stored",
             {{"document", document.text()}, {"error", failure.error.message()}});
  store::Answers answers;
  std::vector<store::AppendRequest> others;
  others.reserve(batch.appends.size());
  for (store::AppendRequest& request : batch.appends) {
    if (alone ? &request == culprit : request.document == document) {
      answers.add(request.requester,
                  store::AppendAnswer{request.token,
                                      not_committed(ports::Outcome::refused, failure.error.code)});
    } else {
      others.push_back(std::move(request));
    }
  }
  batch.appends = std::move(others);
  answers.deliver();
}

void GroupCommit::answer_failed(const Batch& batch, const Failure& failure) {
  store::Answers answers;
  for (const store::AppendRequest& request : batch.appends) {
    answers.add(
        request.requester,
        store::AppendAnswer{request.token, not_committed(failure.outcome, failure.error.code)});
  }
  for (const store::SnapshotRequest& request : batch.snapshots) {
    answers.add(request.requester,
                store::SnapshotWriteAnswer{request.token, ports::SnapshotOutcome::failed});
  }
  answers.deliver();
}

// Says once that the storage fails, and once that it works again, however many batches it concerns.
void GroupCommit::note_health(const Error* error) {
  const bool healthy = error == nullptr;
  if (healthy == healthy_) return;
  healthy_ = healthy;
  metrics_.add(ports::Gauge::degraded_store, healthy ? -1 : 1);
  if (healthy) {
    log_.write(ports::LogLevel::info, "the database commits again", {});
  } else {
    log_.write(ports::LogLevel::error, "the database cannot commit; edits are not acknowledged",
               {{"error", error->message()}});
  }
}

void GroupCommit::apply_page_limit() {
  const std::uint32_t pages = page_limit_.exchange(0);
  if (pages == 0) return;
  auto limited = connection_->limit_pages(pages);
  if (!limited.ok()) {
    log_.write(ports::LogLevel::warning, "the page limit could not be set",
               {{"error", limited.error().message()}});
  }
}

void GroupCommit::checkpoint_if_due() {
  const int pages = connection_->log_pages();
  if (pages < pages_at_checkpoint_) pages_at_checkpoint_ = 0;  // The log began anew.
  // Counted from the last checkpoint, which may have had to leave what a reader still needed.
  if (pages - pages_at_checkpoint_ < checkpoint_pages_idle) return;
  if (pages < checkpoint_pages_max) {
    const std::lock_guard lock(mutex_);
    if (!appends_.empty() || !snapshots_.empty()) return;
  }
  if (must_hurry()) return;
  pages_at_checkpoint_ = pages;
  auto done = connection_->checkpoint_passive();
  // Nothing is lost by it: the log stays, and grows.
  if (!done.ok()) {
    log_.write(ports::LogLevel::warning, "a checkpoint of the database failed",
               {{"error", done.error().message()}});
  }
}

}  // namespace syncline::adapters::sqlite
