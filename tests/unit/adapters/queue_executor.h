#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <utility>

#include "server/ports/executor.h"

namespace syncline::adapters {

// A shard's thread is the test's: tasks wait until the test runs them.
class QueueExecutor final : public ports::Executor {
 public:
  void post(Task task) override {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    ++posted_;
    arrived_.notify_one();
  }

  // Runs tasks, waiting for more, until `done`; false if it is not done in time.
  bool run_until(const std::function<bool()>& done,
                 std::chrono::seconds limit = std::chrono::seconds(60)) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!done()) {
      std::unique_lock lock(mutex_);
      if (!arrived_.wait_until(lock, deadline, [this] { return !tasks_.empty(); })) return false;
      const Task task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
    }
    return true;
  }

  // Runs what is there.
  void run_ready() {
    run_until([this] {
      const std::lock_guard lock(mutex_);
      return tasks_.empty();
    });
  }

  std::size_t posted() {
    const std::lock_guard lock(mutex_);
    return posted_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Task> tasks_;
  std::size_t posted_ = 0;
};

}  // namespace syncline::adapters
