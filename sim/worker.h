#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "server/core/worker.h"
#include "sim/backend.h"
#include "sim/event_loop.h"
#include "sim/machine.h"
#include "sim/process_log.h"
#include "sim/process_metrics.h"

namespace syncline::sim {

// What a worker needs of the run; all must outlive it.
struct WorkerSurroundings {
  Machine& machine;
  const Chronicle& chronicle;
  const Services& services;
  std::uint64_t seed;
};

struct WorkerSetting {
  core::WorkerConfig config;
  Duration hand_over_max = microseconds(200);
};

// A worker: core::Worker on a machine. Lives for the whole run; its process comes and goes.
class Worker final {
 public:
  Worker(const WorkerSurroundings& surroundings, const WorkerSetting& setting);
  ~Worker();

  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // REQUIRES: !running().
  void start();
  // SIGKILL. REQUIRES: running().
  void crash();
  // SIGTERM: finishes its transaction and ends; `ended` is then called, unless it crashes first.
  void drain(std::function<void()> ended);
  bool running() const { return life_ != nullptr; }

  Machine& machine() { return surroundings_.machine; }
  Party party() const { return surroundings_.machine.party(); }
  // REQUIRES: running().
  const ProcessMetrics& metrics() const;

 private:
  class Life;

  void watch_drain();
  void end(bool crashed);

  // Constant after construction.
  const WorkerSurroundings surroundings_;
  const WorkerSetting setting_;

  std::uint64_t lives_ = 0;
  std::function<void()> ended_;  // While draining.
  std::unique_ptr<Life> life_;
};

}  // namespace syncline::sim
