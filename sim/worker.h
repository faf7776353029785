#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "sim/worker_actor.h"

namespace syncline::sim {

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
  void watch_drain();
  void end(bool crashed);

  // Constant after construction.
  const WorkerSurroundings surroundings_;
  const WorkerSetting setting_;

  std::uint64_t lives_ = 0;
  std::function<void()> ended_;  // While draining.
  std::unique_ptr<WorkerActor> life_;
};

}  // namespace syncline::sim
