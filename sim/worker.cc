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

Worker::Worker(const WorkerSurroundings& surroundings, const WorkerSetting& setting)
    : surroundings_(surroundings), setting_(setting) {}

Worker::~Worker() = default;

void Worker::start() {
  SYNCLINE_ASSERT(!running());
  ++lives_;
  surroundings_.machine.start();
  surroundings_.chronicle.tell(history::ProcessStarted{.party = party()});
  life_ = std::make_unique<WorkerActor>(surroundings_, setting_,
                                        history::to_text(party()) + '#' + std::to_string(lives_),
                                        worker_origin | party().number);
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
