#include "sim/worker_actor.h"

#include <utility>

namespace syncline::sim {

WorkerActor::WorkerActor(const WorkerSurroundings& surroundings, const WorkerSetting& setting,
                         const std::string& name, std::uint64_t origin)
    : random_(surroundings.seed, name, "core"),
      log_(surroundings.machine, surroundings.chronicle),
      backend_(make_backend(surroundings.services, surroundings.machine.party(), origin,
                            surroundings.machine, RandomStream(surroundings.seed, name, "backend"),
                            {.updates = *this,
                             .snapshots = *this,
                             .buffer = *this,
                             .broker = nullptr,
                             .drains = this,
                             .history = this})),
      worker_(setting.config, {.clock = surroundings.machine.clock(),
                               .random = random_,
                               .buffer = backend_->buffer(),
                               .drains = backend_->drains(),
                               .history = &backend_->history(),
                               .updates = backend_->updates(),
                               .snapshots = backend_->snapshots(),
                               .metrics = metrics_,
                               .log = log_}),
      loop_(surroundings.machine, *this, RandomStream(surroundings.seed, name, "turns"),
            setting.hand_over_max) {
  loop_.post([] {});  // The first turn, so that its deadline is known.
}

void WorkerActor::drain() {
  loop_.post([this] { worker_.drain(); });
}

void WorkerActor::on_append_done(RequestToken token, ports::AppendResult result) {
  loop_.post([this, token, result] { worker_.on_append_done(token, result); });
}

void WorkerActor::on_log_page(RequestToken token, Result<ports::LogPage> page) {
  loop_.post([this, token, page = std::move(page)]() mutable {
    worker_.on_log_page(token, std::move(page));
  });
}

void WorkerActor::on_log_heads(RequestToken token, Result<std::vector<Sequence>> heads) {
  loop_.post([this, token, heads = std::move(heads)]() mutable {
    worker_.on_log_heads(token, std::move(heads));
  });
}

void WorkerActor::on_snapshot_read(RequestToken token,
                                   Result<std::optional<ports::Snapshot>> snapshot) {
  loop_.post([this, token, snapshot = std::move(snapshot)]() mutable {
    worker_.on_snapshot_read(token, std::move(snapshot));
  });
}

void WorkerActor::on_snapshot_written(RequestToken token, ports::SnapshotOutcome outcome) {
  loop_.post([this, token, outcome] { worker_.on_snapshot_written(token, outcome); });
}

void WorkerActor::on_buffer_append_done(RequestToken token, ports::BufferAppendResult result) {
  loop_.post([this, token, result] { worker_.on_buffer_append_done(token, result); });
}

void WorkerActor::on_buffer_page(RequestToken token, Result<ports::BufferPage> page) {
  loop_.post([this, token, page = std::move(page)]() mutable {
    worker_.on_buffer_page(token, std::move(page));
  });
}

void WorkerActor::on_buffer_heads(RequestToken token, Result<ports::BufferHeads> heads) {
  loop_.post([this, token, heads = std::move(heads)]() mutable {
    worker_.on_buffer_heads(token, std::move(heads));
  });
}

void WorkerActor::on_buffer_claimed(RequestToken token,
                                    Result<std::vector<DocumentName>> documents) {
  loop_.post([this, token, documents = std::move(documents)]() mutable {
    worker_.on_buffer_claimed(token, std::move(documents));
  });
}

void WorkerActor::on_buffer_trimmed(RequestToken token, Result<ports::BufferHead> head) {
  loop_.post([this, token, head = std::move(head)]() mutable {
    worker_.on_buffer_trimmed(token, std::move(head));
  });
}

void WorkerActor::on_drain_done(RequestToken token, ports::DrainResult result) {
  loop_.post([this, token, result = std::move(result)]() mutable {
    worker_.on_drain_done(token, std::move(result));
  });
}

void WorkerActor::on_old_logs(RequestToken token, Result<ports::OldLogPage> page) {
  loop_.post([this, token, page = std::move(page)]() mutable {
    worker_.on_old_logs(token, std::move(page));
  });
}

void WorkerActor::on_forgotten(RequestToken token, ports::ForgetResult result) {
  loop_.post([this, token, result] { worker_.on_forgotten(token, result); });
}

}  // namespace syncline::sim
