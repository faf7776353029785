#include "server/core/snapshot_maker.h"

#include <algorithm>
#include <iterator>

#include "server/base/assert.h"

namespace syncline::core {
namespace {

crdt::DocOptions options_for(const WorkerConfig& config) {
  return {.client_id = 0, .gc = !config.keep_deleted_content, .tidies_formats = false};
}

}  // namespace

SnapshotMaker::Job::Job(SnapshotMaker& owner, DocumentName name)
    : maker(owner),
      document(std::move(name)),
      loader(owner.ports_.updates, owner.ports_.snapshots, static_cast<TokenSource&>(*this),
             document, options_for(owner.config_), owner.config_.log_page_bytes) {}

RequestToken SnapshotMaker::Job::next_token() {
  const RequestToken token = maker.tokens_.next_token();
  maker.requests_.emplace(token, this);
  return token;
}

void SnapshotMaker::note_activity(const DocumentName& document, Sequence head,
                                  std::size_t updates) {
  const std::uint64_t before = head.value - std::min<std::uint64_t>(head.value, updates);
  const auto [at, is_new] = active_.try_emplace(document, Activity{.snapshot = Sequence{before}});
  if (is_new) by_due_.emplace(Instant::never(), document);
  Activity& activity = at->second;
  activity.head = std::max(activity.head, head);
  if (activity.due == Instant::never() && !jobs_.contains(document)) {
    set_due(document, activity, ports_.clock.now() + config_.snapshot_interval);
  }
  if (active_.size() > config_.active_documents_max) {
    active_.erase(by_due_.rbegin()->second);
    by_due_.erase(std::prev(by_due_.end()));
  }
}

void SnapshotMaker::set_due(const DocumentName& document, Activity& activity, Instant due) {
  by_due_.erase({activity.due, document});
  activity.due = due;
  by_due_.emplace(due, document);
}

Instant SnapshotMaker::next_deadline() const {
  const bool may_begin = !stopping_ && jobs_.size() < config_.snapshots_max && !by_due_.empty();
  return may_begin ? by_due_.begin()->first : Instant::never();
}

void SnapshotMaker::on_deadline() {
  const Instant now = ports_.clock.now();
  while (next_deadline() <= now) {
    const DocumentName document = by_due_.begin()->second;
    Activity& activity = active_.at(document);
    set_due(document, activity, Instant::never());
    const std::uint64_t updates =
        activity.head.value - std::min(activity.head.value, activity.snapshot.value);
    if (updates >= config_.snapshot_updates_min) begin(document);
  }
}

void SnapshotMaker::begin(const DocumentName& document) {
  Job& job = *jobs_.emplace(document, std::make_unique<Job>(*this, document)).first->second;
  job.loader.start();
}

SnapshotMaker::Job& SnapshotMaker::answered(RequestToken token) {
  const auto request = requests_.extract(token);
  SYNCLINE_ASSERT(!request.empty(), token);
  return *request.mapped();
}

void SnapshotMaker::on_log_page(RequestToken token, Result<ports::LogPage> page) {
  Job& job = answered(token);
  job.loader.on_log_page(std::move(page));
  after_load_step(job);
}

void SnapshotMaker::on_snapshot_read(RequestToken token,
                                     Result<std::optional<ports::Snapshot>> snapshot) {
  Job& job = answered(token);
  job.loader.on_snapshot_read(std::move(snapshot));
  after_load_step(job);
}

void SnapshotMaker::after_load_step(Job& job) {
  const Instant later = ports_.clock.now() + config_.snapshot_interval;
  switch (job.loader.status()) {
    case DocumentLoader::Status::loading:
      return;
    case DocumentLoader::Status::failed:
      ports_.metrics.add(ports::Counter::snapshot_failures);
      return end(job, {}, later);
    case DocumentLoader::Status::unreadable:
      ports_.metrics.add(ports::Counter::snapshot_failures);
      ports_.log.write(ports::LogLevel::error,
                       "no snapshot is made of a document because its log is unreadable",
                       {{"document", job.document.text()}, {"problem", job.loader.problem()}});
      return end(job, {}, Instant::never());
    case DocumentLoader::Status::done:
      break;
  }
  if (const int damaged = job.loader.damaged_snapshots(); damaged > 0) {
    ports_.metrics.add(ports::Counter::snapshot_fallbacks, static_cast<std::uint64_t>(damaged));
  }
  const Sequence newest = job.loader.snapshot_sequence();
  const std::uint64_t updates = job.loader.sequence().value - newest.value;
  if (updates < config_.snapshot_updates_min) return end(job, newest, Instant::never());
  write(job);
}

void SnapshotMaker::write(Job& job) {
  job.written = job.loader.sequence();
  const crdt::Doc doc = job.loader.take_document();
  ports_.snapshots.write_snapshot(job.next_token(), job.document, snapshot_of(doc, job.written));
}

void SnapshotMaker::on_snapshot_written(RequestToken token, ports::SnapshotOutcome outcome) {
  Job& job = answered(token);
  switch (outcome) {
    case ports::SnapshotOutcome::written:
      ports_.metrics.add(ports::Counter::snapshots_written);
      return end(job, job.written, Instant::never());
    case ports::SnapshotOutcome::stale:
      return end(job, job.written, Instant::never());
    case ports::SnapshotOutcome::failed:
      ports_.metrics.add(ports::Counter::snapshot_failures);
      return end(job, {}, ports_.clock.now() + config_.snapshot_interval);
  }
}

void SnapshotMaker::end(const Job& job, Sequence snapshot, Instant due) {
  const DocumentName document = job.document;
  jobs_.erase(document);
  const auto at = active_.find(document);
  if (at == active_.end()) return;
  at->second.snapshot = std::max(at->second.snapshot, snapshot);
  // What was drained meanwhile counts towards the next one.
  const bool grown = at->second.head > at->second.snapshot && snapshot.value > 0;
  if (grown) due = ports_.clock.now() + config_.snapshot_interval;
  set_due(document, at->second, due);
}

}  // namespace syncline::core
