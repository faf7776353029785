#include "sim/worker.h"

#include <string>
#include <utility>

#include "server/base/assert.h"
#include "sim/history/text.h"

namespace syncline::sim {
namespace {

constexpr Duration drain_look = milliseconds(20);
// Tells workers from the shards of nodes.
constexpr std::uint64_t worker_origin = std::uint64_t{1} << 32;

}  // namespace

// What one process knows.
class Worker::Life final : public ports::UpdateStoreSink,
                           public ports::SnapshotStoreSink,
                           public ports::WriteBufferSink,
                           public ports::DrainStoreSink,
                           private Driven {
 public:
  Life(const WorkerSurroundings& surroundings, const WorkerSetting& setting,
       const std::string& name)
      : random_(surroundings.seed, name, "core"),
        log_(surroundings.machine, surroundings.chronicle),
        backend_(make_backend(surroundings.services, surroundings.machine.party(),
                              worker_origin | surroundings.machine.party().number,
                              surroundings.machine,
                              RandomStream(surroundings.seed, name, "backend"),
                              {.updates = *this,
                               .snapshots = *this,
                               .buffer = *this,
                               .broker = nullptr,
                               .drains = this})),
        worker_(setting.config, {.clock = surroundings.machine.clock(),
                                 .random = random_,
                                 .buffer = *backend_->buffer(),
                                 .drains = *backend_->drains(),
                                 .updates = backend_->updates(),
                                 .snapshots = backend_->snapshots(),
                                 .metrics = metrics_,
                                 .log = log_}),
        loop_(surroundings.machine, *this, RandomStream(surroundings.seed, name, "turns"),
              setting.hand_over_max) {
    loop_.post([] {});  // The first turn, so that its deadline is known.
  }

  void drain() {
    loop_.post([this] { worker_.drain(); });
  }
  bool drained() const { return worker_.drained(); }
  const ProcessMetrics& metrics() const { return metrics_; }

  void on_append_done(RequestToken token, ports::AppendResult result) override {
    loop_.post([this, token, result] { worker_.on_append_done(token, result); });
  }
  void on_log_page(RequestToken token, Result<ports::LogPage> page) override {
    loop_.post([this, token, page = std::move(page)]() mutable {
      worker_.on_log_page(token, std::move(page));
    });
  }
  void on_log_heads(RequestToken token, Result<std::vector<Sequence>> heads) override {
    loop_.post([this, token, heads = std::move(heads)]() mutable {
      worker_.on_log_heads(token, std::move(heads));
    });
  }
  void on_snapshot_read(RequestToken token,
                        Result<std::optional<ports::Snapshot>> snapshot) override {
    loop_.post([this, token, snapshot = std::move(snapshot)]() mutable {
      worker_.on_snapshot_read(token, std::move(snapshot));
    });
  }
  void on_snapshot_written(RequestToken token, ports::SnapshotOutcome outcome) override {
    loop_.post([this, token, outcome] { worker_.on_snapshot_written(token, outcome); });
  }
  void on_buffer_append_done(RequestToken token, ports::BufferAppendResult result) override {
    loop_.post([this, token, result] { worker_.on_buffer_append_done(token, result); });
  }
  void on_buffer_page(RequestToken token, Result<ports::BufferPage> page) override {
    loop_.post([this, token, page = std::move(page)]() mutable {
      worker_.on_buffer_page(token, std::move(page));
    });
  }
  void on_buffer_heads(RequestToken token, Result<ports::BufferHeads> heads) override {
    loop_.post([this, token, heads = std::move(heads)]() mutable {
      worker_.on_buffer_heads(token, std::move(heads));
    });
  }
  void on_buffer_claimed(RequestToken token, Result<std::vector<DocumentName>> documents) override {
    loop_.post([this, token, documents = std::move(documents)]() mutable {
      worker_.on_buffer_claimed(token, std::move(documents));
    });
  }
  void on_buffer_trimmed(RequestToken token, Result<ports::BufferHead> head) override {
    loop_.post([this, token, head = std::move(head)]() mutable {
      worker_.on_buffer_trimmed(token, std::move(head));
    });
  }
  void on_drain_done(RequestToken token, ports::DrainResult result) override {
    loop_.post([this, token, result = std::move(result)]() mutable {
      worker_.on_drain_done(token, std::move(result));
    });
  }

 private:
  // Driven.
  Instant next_deadline() const override { return worker_.next_deadline(); }
  void on_deadline() override { worker_.on_deadline(); }
  void end_turn() override {}

  RandomStream random_;
  ProcessMetrics metrics_;
  ProcessLog log_;
  std::unique_ptr<Backend> backend_;
  core::Worker worker_;
  EventLoop loop_;
};

Worker::Worker(const WorkerSurroundings& surroundings, const WorkerSetting& setting)
    : surroundings_(surroundings), setting_(setting) {}

Worker::~Worker() = default;

void Worker::start() {
  SYNCLINE_ASSERT(!running());
  ++lives_;
  surroundings_.machine.start();
  surroundings_.chronicle.tell(history::ProcessStarted{.party = party()});
  life_ = std::make_unique<Life>(surroundings_, setting_,
                                 history::to_text(party()) + '#' + std::to_string(lives_));
}

void Worker::crash() {
  SYNCLINE_ASSERT(running());
  end(true);
}

void Worker::end(bool crashed) {
  surroundings_.chronicle.tell(history::ProcessEnded{.party = party(), .crashed = crashed});
  surroundings_.machine.die();
  life_.reset();
  ended_ = nullptr;
}

void Worker::drain(std::function<void()> ended) {
  SYNCLINE_ASSERT(running());
  if (ended_) return;
  ended_ = std::move(ended);
  life_->drain();
  surroundings_.machine.after(drain_look, [this] { watch_drain(); });
}

void Worker::watch_drain() {
  if (!life_->drained()) {
    return surroundings_.machine.after(drain_look, [this] { watch_drain(); });
  }
  const std::function<void()> ended = std::exchange(ended_, nullptr);
  end(false);
  ended();
}

const ProcessMetrics& Worker::metrics() const { return life_->metrics(); }

}  // namespace syncline::sim
