#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "server/core/worker.h"
#include "server/ports/clock.h"
#include "server/ports/executor.h"

namespace syncline::app {

// A worker's thread: runs what is posted to it, and the worker's deadlines.
class WorkerLoop final : public ports::Executor {
 public:
  // `clock` must outlive the loop.
  explicit WorkerLoop(ports::Clock& clock);
  // REQUIRES: stop() was called, if start() was.
  ~WorkerLoop() override;

  WorkerLoop(const WorkerLoop&) = delete;
  WorkerLoop& operator=(const WorkerLoop&) = delete;

  // Starts the thread. `worker` must live until stop() returns.
  void start(core::Worker& worker);
  // Ends the thread. What is posted afterwards never runs. Idempotent.
  void stop();

  // From any thread.

  // Worker::drain() on the worker's thread.
  void drain();
  // True once the worker has been asked to drain and awaits no answer.
  bool drained() const { return drained_.load(); }
  void post(Task task) override;

 private:
  void run();
  // What was posted, once there is something, or nothing if the worker's deadline has come.
  std::vector<Task> next_tasks();

  ports::Clock& clock_;
  core::Worker* worker_ = nullptr;  // Constant after start().
  std::thread thread_;
  bool draining_ = false;  // The worker's thread only.
  std::atomic<bool> drained_ = false;

  std::mutex mutex_;
  std::condition_variable posted_;
  std::vector<Task> tasks_;  // With mutex_.
  bool stopping_ = false;    // With mutex_.
};

}  // namespace syncline::app
