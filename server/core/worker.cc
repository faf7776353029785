#include "server/core/worker.h"

#include <algorithm>
#include <utility>

#include "server/base/assert.h"
#include "server/core/compactor.h"
#include "server/core/drainer.h"
#include "server/core/snapshot_maker.h"

namespace syncline::core {

class Worker::State final : public TokenSource {
 public:
  State(const WorkerConfig& config, const WorkerPorts& ports)
      : config_(config),
        ports_(ports),
        snapshots(config_, ports_, static_cast<TokenSource&>(*this)) {
    if (ports_.buffer != nullptr) {
      drainer.emplace(config_, ports_, static_cast<TokenSource&>(*this));
    }
    if (ports_.history != nullptr && config_.history_retention > Duration::zero()) {
      compactor.emplace(config_, ports_, static_cast<TokenSource&>(*this));
    }
  }

  RequestToken next_token() override { return RequestToken{++last_token_}; }

  bool asked_for_history(RequestToken token) const { return compactor && compactor->asked(token); }

 private:
  const WorkerConfig config_;
  const WorkerPorts ports_;
  std::uint64_t last_token_ = 0;

 public:
  std::optional<Drainer> drainer;  // If there is a buffer.
  SnapshotMaker snapshots;
  std::optional<Compactor> compactor;  // If history ends.
};

Worker::Worker(const WorkerConfig& config, const WorkerPorts& ports)
    : state_(std::make_unique<State>(config, ports)) {}

Worker::~Worker() = default;

void Worker::on_buffer_claimed(RequestToken, Result<std::vector<DocumentName>> documents) {
  state_->drainer->on_claimed(std::move(documents));
}

void Worker::on_buffer_page(RequestToken token, Result<ports::BufferPage> page) {
  state_->drainer->on_page(token, std::move(page));
}

void Worker::on_buffer_trimmed(RequestToken token, Result<ports::BufferHead> head) {
  state_->drainer->on_trimmed(token, head);
}

void Worker::on_drain_done(RequestToken, ports::DrainResult result) {
  for (const Drainer::Drained& drained : state_->drainer->on_drain_done(result)) {
    state_->snapshots.note_activity(drained.document, drained.head, drained.updates);
  }
}

void Worker::on_log_page(RequestToken token, Result<ports::LogPage> page) {
  if (state_->asked_for_history(token)) return state_->compactor->on_log_page(std::move(page));
  state_->snapshots.on_log_page(token, std::move(page));
}

void Worker::on_snapshot_read(RequestToken token, Result<std::optional<ports::Snapshot>> snapshot) {
  if (state_->asked_for_history(token)) {
    return state_->compactor->on_snapshot_read(std::move(snapshot));
  }
  state_->snapshots.on_snapshot_read(token, std::move(snapshot));
}

void Worker::on_snapshot_written(RequestToken token, ports::SnapshotOutcome outcome) {
  if (state_->asked_for_history(token)) return state_->compactor->on_snapshot_written(outcome);
  state_->snapshots.on_snapshot_written(token, outcome);
}

void Worker::on_old_logs(RequestToken token, Result<ports::OldLogPage> page) {
  SYNCLINE_ASSERT(state_->asked_for_history(token), token);
  state_->compactor->on_old_logs(std::move(page));
}

void Worker::on_forgotten(RequestToken token, ports::ForgetResult result) {
  SYNCLINE_ASSERT(state_->asked_for_history(token), token);
  state_->compactor->on_forgotten(result);
}

void Worker::on_buffer_append_done(RequestToken token, ports::BufferAppendResult) {
  SYNCLINE_ASSERT(false, token);
}

void Worker::on_buffer_heads(RequestToken token, Result<ports::BufferHeads>) {
  SYNCLINE_ASSERT(false, token);
}

void Worker::on_append_done(RequestToken token, ports::AppendResult) {
  SYNCLINE_ASSERT(false, token);
}

void Worker::on_log_heads(RequestToken token, Result<std::vector<Sequence>>) {
  SYNCLINE_ASSERT(false, token);
}

Instant Worker::next_deadline() const {
  Instant next = state_->snapshots.next_deadline();
  if (state_->drainer) next = std::min(next, state_->drainer->next_deadline());
  if (state_->compactor) next = std::min(next, state_->compactor->next_deadline());
  return next;
}

void Worker::on_deadline() {
  if (state_->drainer) state_->drainer->on_deadline();
  state_->snapshots.on_deadline();
  if (state_->compactor) state_->compactor->on_deadline();
}

void Worker::drain() {
  if (state_->drainer) state_->drainer->stop();
  state_->snapshots.stop();
  if (state_->compactor) state_->compactor->stop();
}

bool Worker::drained() const {
  return (!state_->drainer || state_->drainer->idle()) && state_->snapshots.idle() &&
         (!state_->compactor || state_->compactor->idle());
}

}  // namespace syncline::core
