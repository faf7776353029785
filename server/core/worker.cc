#include "server/core/worker.h"

#include <algorithm>
#include <utility>

#include "server/base/assert.h"
#include "server/core/drainer.h"
#include "server/core/snapshot_maker.h"

namespace syncline::core {

class Worker::State final : public TokenSource {
 public:
  State(const WorkerConfig& config, const WorkerPorts& ports)
      : config_(config),
        ports_(ports),
        drainer(config_, ports_, static_cast<TokenSource&>(*this)),
        snapshots(config_, ports_, static_cast<TokenSource&>(*this)) {}

  RequestToken next_token() override { return RequestToken{++last_token_}; }

 private:
  const WorkerConfig config_;
  const WorkerPorts ports_;
  std::uint64_t last_token_ = 0;

 public:
  Drainer drainer;
  SnapshotMaker snapshots;
};

Worker::Worker(const WorkerConfig& config, const WorkerPorts& ports)
    : state_(std::make_unique<State>(config, ports)) {}

Worker::~Worker() = default;

void Worker::on_buffer_claimed(RequestToken, Result<std::vector<DocumentName>> documents) {
  state_->drainer.on_claimed(std::move(documents));
}

void Worker::on_buffer_page(RequestToken token, Result<ports::BufferPage> page) {
  state_->drainer.on_page(token, std::move(page));
}

void Worker::on_buffer_trimmed(RequestToken token, Result<ports::BufferHead> head) {
  state_->drainer.on_trimmed(token, head);
}

void Worker::on_drain_done(RequestToken, ports::DrainResult result) {
  for (const Drainer::Drained& drained : state_->drainer.on_drain_done(result)) {
    state_->snapshots.note_activity(drained.document, drained.head, drained.updates);
  }
}

void Worker::on_log_page(RequestToken token, Result<ports::LogPage> page) {
  state_->snapshots.on_log_page(token, std::move(page));
}

void Worker::on_snapshot_read(RequestToken token, Result<std::optional<ports::Snapshot>> snapshot) {
  state_->snapshots.on_snapshot_read(token, std::move(snapshot));
}

void Worker::on_snapshot_written(RequestToken token, ports::SnapshotOutcome outcome) {
  state_->snapshots.on_snapshot_written(token, outcome);
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
  return std::min(state_->drainer.next_deadline(), state_->snapshots.next_deadline());
}

void Worker::on_deadline() {
  state_->drainer.on_deadline();
  state_->snapshots.on_deadline();
}

void Worker::drain() {
  state_->drainer.stop();
  state_->snapshots.stop();
}

bool Worker::drained() const { return state_->drainer.idle() && state_->snapshots.idle(); }

}  // namespace syncline::core
