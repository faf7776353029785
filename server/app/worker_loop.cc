#include "server/app/worker_loop.h"

#include <chrono>
#include <utility>

#include "server/base/assert.h"

namespace syncline::app {

WorkerLoop::WorkerLoop(ports::Clock& clock) : clock_(clock) {}

WorkerLoop::~WorkerLoop() { SYNCLINE_ASSERT(!thread_.joinable()); }

void WorkerLoop::start(core::Worker& worker) {
  worker_ = &worker;
  thread_ = std::thread([this] { run(); });
}

void WorkerLoop::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  posted_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void WorkerLoop::drain() {
  post([this] {
    draining_ = true;
    worker_->drain();
  });
}

void WorkerLoop::post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  posted_.notify_one();
}

void WorkerLoop::run() {
  while (true) {
    for (const Task& task : next_tasks()) task();
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
    }
    if (worker_->next_deadline() <= clock_.now()) worker_->on_deadline();
    drained_.store(draining_ && worker_->drained());
  }
}

std::vector<WorkerLoop::Task> WorkerLoop::next_tasks() {
  const Instant deadline = worker_->next_deadline();
  std::unique_lock lock(mutex_);
  const auto woken = [this] { return stopping_ || !tasks_.empty(); };
  if (deadline == Instant::never()) {
    posted_.wait(lock, woken);
  } else if (const Duration left = deadline - clock_.now(); left > Duration::zero()) {
    posted_.wait_for(lock, left, woken);
  }
  return std::exchange(tasks_, {});
}

}  // namespace syncline::app
