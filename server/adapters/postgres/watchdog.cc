#include "server/adapters/postgres/watchdog.h"

#include <algorithm>

#include <sys/socket.h>

namespace syncline::adapters::postgres {

Watchdog::Watchdog(ports::Clock& clock) : clock_(clock), thread_([this] { run(); }) {}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

Watchdog::Watch::Watch(Watchdog& watchdog, int socket, Duration limit)
    : watchdog_(watchdog), limit_(limit) {
  const Instant deadline = watchdog.clock_.now() + limit;
  const std::lock_guard lock(watchdog.mutex_);
  id_ = ++watchdog.last_id_;
  watchdog.watched_.emplace(id_, Watched{.socket = socket, .deadline = deadline});
  if (watchdog.cut_) ::shutdown(socket, SHUT_RDWR);
  if (watchdog.idle_) watchdog.changed_.notify_one();
}

Watchdog::Watch::~Watch() {
  const std::lock_guard lock(watchdog_.mutex_);
  watchdog_.watched_.erase(id_);
}

void Watchdog::Watch::renew() {
  const Instant deadline = watchdog_.clock_.now() + limit_;
  const std::lock_guard lock(watchdog_.mutex_);
  watchdog_.watched_.at(id_).deadline = deadline;
}

void Watchdog::cut_all() {
  const std::lock_guard lock(mutex_);
  cut_ = true;
  for (const auto& [id, watched] : watched_) ::shutdown(watched.socket, SHUT_RDWR);
}

void Watchdog::run() {
  // Between two looks while something is watched now and then. What a watch costs is on the path
  // of every commit, so none wakes this thread but the first after a while without any.
  constexpr Duration look_again = milliseconds(250);
  std::unique_lock lock(mutex_);
  while (!ending_) {
    if (watched_.empty()) {
      idle_ = true;
      changed_.wait(lock);
      idle_ = false;
      continue;
    }
    const Instant now = clock_.now();
    for (const auto& [id, watched] : watched_) {
      if (watched.deadline <= now) ::shutdown(watched.socket, SHUT_RDWR);
    }
    changed_.wait_for(lock, look_again, [this] { return ending_; });
  }
}

}  // namespace syncline::adapters::postgres
