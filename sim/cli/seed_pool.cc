#include "sim/cli/seed_pool.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/base/assert.h"

namespace syncline::sim {
namespace {

constexpr int tick_ms = 100;

void write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // The reader is gone; it will be noticed.
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

// What a child does: a number in, a summary out, until there are no more numbers.
[[noreturn]] void serve(int orders, int results, const SeedPool::Task& task) {
  std::uint64_t index = 0;
  while (read(orders, &index, sizeof index) == static_cast<ssize_t>(sizeof index)) {
    write_all(results, print_summary(task(index)) + '\n');
  }
  std::fflush(nullptr);
  std::_Exit(0);
}

std::string how_it_died(int status) {
  if (WIFSIGNALED(status)) {
    return std::string("the process died: ") + strsignal(WTERMSIG(status));
  }
  return "the process ended with code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

Duration real_now() {
  return duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch());
}

void SeedPool::start(Child& child, const Task& task) {
  int orders[2];
  int results[2];
  SYNCLINE_ASSERT(pipe(orders) == 0 && pipe(results) == 0, errno);
  std::fflush(nullptr);
  const pid_t pid = fork();
  SYNCLINE_ASSERT(pid >= 0, errno);
  if (pid == 0) {
    // The other children's pipes must not be held open here.
    for (const Child& other : children_) {
      if (other.orders >= 0) close(other.orders);
      if (other.results >= 0) close(other.results);
    }
    close(orders[1]);
    close(results[0]);
    serve(orders[0], results[1], task);
  }
  close(orders[0]);
  close(results[1]);
  child = {.pid = pid, .results = results[0], .orders = orders[1], .received = {}};
}

void SeedPool::stop(Child& child) {
  if (child.orders >= 0) close(std::exchange(child.orders, -1));
  if (child.results >= 0) close(std::exchange(child.results, -1));
  if (child.pid > 0) waitpid(std::exchange(child.pid, 0), nullptr, 0);
}

void SeedPool::give(Child& child, std::size_t index) {
  child.index = index;
  child.busy = true;
  child.since = real_now();
  const std::uint64_t number = index;
  write_all(child.orders, {reinterpret_cast<const char*>(&number), sizeof number});
}

void SeedPool::receive(Child& child, Watcher& watcher) {
  char buffer[65536];
  const ssize_t count = read(child.results, buffer, sizeof buffer);
  if (count < 0 && errno == EINTR) return;
  if (count <= 0) return bury(child, watcher);
  child.received.append(buffer, static_cast<std::size_t>(count));
  const std::size_t end = child.received.find('\n');
  if (end == std::string::npos) return;
  const auto summary = parse_summary(std::string_view(child.received).substr(0, end));
  SYNCLINE_ASSERT(summary.has_value(), child.received);
  child.received.erase(0, end + 1);
  finish(child, *summary, watcher);
}

void SeedPool::finish(Child& child, const RunSummary& summary, Watcher& watcher) {
  child.busy = false;
  if (!watcher.on_done(child.index, summary)) stopping_ = true;
}

void SeedPool::bury(Child& child, Watcher& watcher) {
  int status = 0;
  waitpid(std::exchange(child.pid, 0), &status, 0);
  stop(child);
  if (!child.busy) return;
  RunSummary summary;
  summary.ending = Ending::crash;
  summary.checker = "crash";
  summary.what = how_it_died(status);
  summary.real_time = real_now() - child.since;
  finish(child, summary, watcher);
}

void SeedPool::check_time(Child& child, Watcher& watcher) {
  if (!child.busy || real_now() - child.since <= limits_.time_per_run) return;
  kill(child.pid, SIGKILL);
  stop(child);
  RunSummary summary;
  summary.ending = Ending::timeout;
  summary.checker = "timeout";
  summary.what = "the run took more than " +
                 std::to_string(duration_cast<seconds>(limits_.time_per_run).count()) + " s";
  summary.real_time = limits_.time_per_run;
  finish(child, summary, watcher);
}

void SeedPool::run(std::size_t count, const Task& task, Watcher& watcher) {
  signal(SIGPIPE, SIG_IGN);
  children_.assign(std::min(limits_.jobs, count), {});
  stopping_ = false;
  std::size_t next = 0;
  while (true) {
    std::vector<pollfd> files;
    std::vector<Child*> waiting;
    for (Child& child : children_) {
      if (!child.busy && next < count && !stopping_) {
        if (child.pid == 0) start(child, task);
        give(child, next++);
      }
      if (!child.busy) continue;
      files.push_back({.fd = child.results, .events = POLLIN, .revents = 0});
      waiting.push_back(&child);
    }
    if (files.empty()) break;
    poll(files.data(), files.size(), tick_ms);
    for (std::size_t at = 0; at < files.size(); ++at) {
      if (files[at].revents != 0) {
        receive(*waiting[at], watcher);
      } else {
        check_time(*waiting[at], watcher);
      }
    }
    watcher.on_tick();
  }
  for (Child& child : children_) stop(child);
}

}  // namespace syncline::sim
