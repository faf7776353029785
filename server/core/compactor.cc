#include "server/core/compactor.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "server/base/assert.h"
#include "server/base/planted_bug.h"
#include "server/core/checksum.h"

namespace syncline::core {
namespace {

// From the end of one sweep to the next: a part of the retention, within these.
constexpr Duration sweep_interval_min = seconds(1);
constexpr Duration sweep_interval_max = std::chrono::minutes(10);

Duration sweep_interval_for(Duration retention) {
  return std::clamp<Duration>(retention / 10, sweep_interval_min, sweep_interval_max);
}

crdt::DocOptions options_for(const WorkerConfig& config) {
  return {.client_id = 0,
          .gc = !config.keep_deleted_content,
          .tidies_formats = false,
          .pending_bytes_max = std::numeric_limits<std::size_t>::max()};
}

ports::SnapshotId id_of(const ports::Snapshot& snapshot) {
  return {.sequence = snapshot.sequence, .checksum = snapshot.checksum};
}

}  // namespace

Compactor::Compactor(const WorkerConfig& config, const WorkerPorts& ports, TokenSource& tokens)
    : config_(config),
      ports_(ports),
      tokens_(tokens),
      sweep_interval_(sweep_interval_for(config.history_retention)),
      sweep_gauge_(ports.metrics, ports::Gauge::history_sweep_seconds) {
  SYNCLINE_ASSERT(config.history_retention > Duration::zero() && ports.history != nullptr);
  // Jittered, so that workers that start together do not look at the same at once.
  const auto jitter = ports.random.below(static_cast<std::uint64_t>(sweep_interval_.count()));
  sweep_began_at_ = round_at_ = ports.clock.now() + Duration(static_cast<Duration::rep>(jitter));
}

RequestToken Compactor::next_token() {
  SYNCLINE_ASSERT(!awaited_);
  awaited_ = tokens_.next_token();
  return *awaited_;
}

bool Compactor::take_answer() {
  awaited_.reset();
  if (stopping_) job_.reset();
  return !stopping_;
}

void Compactor::on_deadline() {
  if (stopping_ || awaited_ || ports_.clock.now() < round_at_) return;
  if (found_.empty()) return find();
  ports::OldLog log = std::move(found_.front());
  found_.pop_front();
  begin(std::move(log));
}

void Compactor::find() {
  if (!after_) sweep_began_at_ = ports_.clock.now();
  ports_.history->find_old_logs(
      next_token(), after_, config_.history_documents,
      {.retention = config_.history_retention, .updates_min = config_.snapshot_updates_min});
}

void Compactor::on_old_logs(Result<ports::OldLogPage> page) {
  if (!take_answer()) return;
  if (!page.ok()) return fail();
  for (ports::OldLog& log : page->logs) found_.push_back(std::move(log));
  sweep_ends_ = !page->last.has_value();
  after_ = std::move(page->last);
  end_job(ports_.clock.now() + (found_.empty() ? config_.history_pause : Duration::zero()));
}

void Compactor::begin(ports::OldLog log) {
  job_ = std::make_unique<Job>(Job{.log = std::move(log)});
  read_snapshots();
}

// Both that are needed, from the newest on.
void Compactor::read_snapshots() {
  job_->newer.reset();
  job_->older.reset();
  job_->newer_doc.reset();
  job_->older_doc.reset();
  ports_.snapshots.read_snapshot(next_token(), job_->log.document,
                                 Sequence{std::numeric_limits<std::uint64_t>::max()});
}

void Compactor::on_snapshot_read(Result<std::optional<ports::Snapshot>> snapshot) {
  if (!take_answer()) return;
  if (job_->loader == nullptr) return take_snapshot(std::move(snapshot));
  job_->loader->on_snapshot_read(std::move(snapshot));
  after_load_step();
}

void Compactor::take_snapshot(Result<std::optional<ports::Snapshot>> snapshot) {
  if (!snapshot.ok()) return fail();
  if (!snapshot->has_value()) return choose();
  const ports::Snapshot& found = **snapshot;
  job_->newest = std::max(job_->newest, found.sequence);
  const bool unseen = planted(PlantedBug::compacts_unverified);
  crdt::Doc doc(options_for(config_));
  const bool intact =
      unseen || (checksum(found.state.view()) == found.checksum &&
                 doc.apply_update(found.state.view(), crdt::UpdateLimits::none()).ok());
  if (intact) return take_intact(found, std::move(doc));
  ports_.metrics.add(ports::Counter::snapshot_fallbacks);
  ports_.snapshots.read_snapshot(next_token(), job_->log.document, found.sequence);
}

void Compactor::take_intact(const ports::Snapshot& snapshot, crdt::Doc doc) {
  if (!job_->newer) {
    job_->newer = id_of(snapshot);
    job_->newer_doc.emplace(std::move(doc));
    ports_.snapshots.read_snapshot(next_token(), job_->log.document, snapshot.sequence);
    return;
  }
  if (!planted(PlantedBug::compacts_unverified)) {
    const auto held =
        job_->newer_doc->apply_update(snapshot.state.view(), crdt::UpdateLimits::none());
    if (!held.ok() || held->changed) {
      return distrust("the snapshot at " + std::to_string(job_->newer->sequence.value) +
                      " lacks something of the one at " + std::to_string(snapshot.sequence.value));
    }
  }
  job_->older = id_of(snapshot);
  job_->older_doc.emplace(std::move(doc));
  if (planted(PlantedBug::compacts_beyond_older_snapshot)) {
    job_->older_doc.emplace(std::move(*job_->newer_doc));
  }
  job_->newer_doc.reset();
  choose();
}

// Forgets what the snapshots allow, or makes others first that allow more.
void Compactor::choose() {
  const ports::OldLog& log = job_->log;
  const Sequence wanted = std::min(log.due, Sequence{log.head.value - 1});
  const bool enough = job_->older && job_->older->sequence >= wanted;
  if (!enough && std::exchange(job_->may_write, false) && plan_snapshots()) {
    return make_next_snapshot();
  }
  if (!job_->older || job_->older->sequence < log.first) return end_job(ports_.clock.now());
  job_->looked_at = Sequence{log.first.value - 1};
  read_entries();
}

// False if there is no place for others.
bool Compactor::plan_snapshots() {
  const std::uint64_t head = job_->log.head.value;
  for (const std::uint64_t at : {head - 1, head}) {
    if (at > job_->newest.value) job_->to_write.push_back(Sequence{at});
  }
  return !job_->to_write.empty();
}

void Compactor::make_next_snapshot() {
  if (job_->to_write.empty()) return read_snapshots();
  job_->loader = std::make_unique<DocumentLoader>(
      ports_.updates, ports_.snapshots, static_cast<TokenSource&>(*this), job_->log.document,
      options_for(config_), config_.log_page_bytes);
  job_->loader->stop_at(job_->to_write.front());
  job_->loader->start();
}

void Compactor::after_load_step() {
  DocumentLoader& loader = *job_->loader;
  switch (loader.status()) {
    case DocumentLoader::Status::loading:
      return;
    case DocumentLoader::Status::failed:
      return fail();
    case DocumentLoader::Status::unreadable:
      return distrust(loader.problem());
    case DocumentLoader::Status::done:
      break;
  }
  const Sequence at = loader.sequence();
  const crdt::Doc doc = loader.take_document();
  job_->loader.reset();
  if (at != job_->to_write.front()) {  // Somebody else has written a newer one meanwhile.
    job_->to_write.clear();
    return read_snapshots();
  }
  ports_.snapshots.write_snapshot(next_token(), job_->log.document, snapshot_of(doc, at));
}

void Compactor::on_snapshot_written(ports::SnapshotOutcome outcome) {
  if (!take_answer()) return;
  if (outcome == ports::SnapshotOutcome::failed) {
    ports_.metrics.add(ports::Counter::snapshot_failures);
    return fail();
  }
  if (outcome == ports::SnapshotOutcome::written) {
    ports_.metrics.add(ports::Counter::snapshots_written);
  }
  job_->to_write.pop_front();
  make_next_snapshot();
}

void Compactor::read_entries() {
  ports_.updates.read_log(next_token(), job_->log.document, job_->looked_at,
                          config_.log_page_bytes);
}

void Compactor::on_log_page(Result<ports::LogPage> page) {
  if (!take_answer()) return;
  if (job_->loader != nullptr) {
    job_->loader->on_log_page(std::move(page));
    return after_load_step();
  }
  if (!page.ok()) return fail();
  const Sequence before = job_->looked_at;
  const Sequence through = look_at(page->records);
  if (job_ == nullptr) return;
  if (through <= before) return end_job(ports_.clock.now());
  job_->looked_at = through;
  ports_.history->forget(next_token(), job_->log.document,
                         {.older = *job_->older,
                          .newer = *job_->newer,
                          .through = through,
                          .retention = config_.history_retention});
}

// Returns the last of a batch that the older snapshot holds. Somebody else may have forgotten the
// first ones meanwhile.
Sequence Compactor::look_at(const std::vector<ports::LogRecord>& records) {
  const Sequence last = planted(PlantedBug::compacts_beyond_older_snapshot) ? job_->newer->sequence
                                                                            : job_->older->sequence;
  Sequence through = job_->looked_at;
  job_->batch = 0;
  for (const ports::LogRecord& record : records) {
    if (record.sequence > last || job_->batch == config_.history_batch_updates) break;
    const auto applied = apply_record(*job_->older_doc, record.checksum, record.update);
    const bool held =
        planted(PlantedBug::compacts_unverified) || (applied.ok() && !applied->changed);
    if (!held) {
      distrust(applied.ok()
                   ? "the snapshot at " + std::to_string(job_->older->sequence.value) +
                         " lacks something of log record " + std::to_string(record.sequence.value)
                   : "log record " + std::to_string(record.sequence.value) + ": " +
                         applied.error().message());
      break;
    }
    through = record.sequence;
    ++job_->batch;
  }
  return through;
}

void Compactor::on_forgotten(ports::ForgetResult result) {
  if (!take_answer()) return;
  switch (result.outcome) {
    case ports::ForgetOutcome::failed:
      return fail();
    case ports::ForgetOutcome::stale:
      return end_job(ports_.clock.now());
    case ports::ForgetOutcome::done:
      break;
  }
  ports_.metrics.add(ports::Counter::history_updates_forgotten, result.updates);
  ports_.metrics.add(ports::Counter::history_bytes_forgotten, result.bytes);
  // What follows an entry that is not old stays.
  if (result.updates < job_->batch) return end_job(ports_.clock.now());
  read_entries();
}

// Nothing of a document goes about which there is any doubt.
void Compactor::distrust(std::string_view problem) {
  ports_.metrics.add(ports::Counter::history_failures);
  ports_.log.write(ports::LogLevel::error, "the history of a document is kept, whatever its age",
                   {{"document", job_->log.document.text()}, {"problem", problem}});
  end_job(ports_.clock.now());
}

// The store could not do it now. The document comes again in the next sweep.
void Compactor::fail() {
  ports_.metrics.add(ports::Counter::history_failures);
  end_job(ports_.clock.now() + config_.retry_delay_max);
}

void Compactor::end_job(Instant go_on_at) {
  job_.reset();
  round_at_ = go_on_at;
  const Duration swept = ports_.clock.now() - sweep_began_at_;
  sweep_gauge_.set(static_cast<std::size_t>(std::chrono::duration_cast<seconds>(swept).count()));
  if (!found_.empty() || !sweep_ends_) return;
  sweep_ends_ = false;
  ports_.metrics.add(ports::Counter::history_sweeps);
  // Jittered, as in the beginning.
  const Duration half = sweep_interval_ / 2;
  const auto jitter = ports_.random.below(static_cast<std::uint64_t>(half.count()) + 1);
  round_at_ = ports_.clock.now() + half + Duration(static_cast<Duration::rep>(jitter));
}

}  // namespace syncline::core
