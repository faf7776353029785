#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "server/base/instant.h"
#include "sim/cli/run_summary.h"

namespace syncline::sim {

// Runs many runs, several at a time, each in a process that was forked for it or for some of them:
// a run that dies, or never ends, then costs only itself.
class SeedPool {
 public:
  // Does run number `index`, in a process of its own.
  using Task = std::function<RunSummary(std::size_t index)>;

  struct Limits {
    std::size_t jobs = 1;
    Duration time_per_run = seconds(60);  // Real.
  };

  // Who is told of results as they come, in the calling process.
  class Watcher {
   public:
    // False: no more runs are begun.
    virtual bool on_done(std::size_t index, const RunSummary& summary) = 0;
    // Now and then.
    virtual void on_tick() = 0;

   protected:
    ~Watcher() = default;
  };

  explicit SeedPool(const Limits& limits) : limits_(limits) {}

  // Runs 0, 1, ..., count - 1, each once.
  void run(std::size_t count, const Task& task, Watcher& watcher);

 private:
  struct Child {
    pid_t pid = 0;  // 0: it has ended.
    int results = -1;
    int orders = -1;
    std::string received;  // Of a line that is not complete.
    std::size_t index = 0;
    Duration since{0};
    bool busy = false;
  };

  void start(Child& child, const Task& task);
  void stop(Child& child);
  void give(Child& child, std::size_t index);
  void receive(Child& child, Watcher& watcher);
  void finish(Child& child, const RunSummary& summary, Watcher& watcher);
  void bury(Child& child, Watcher& watcher);
  void check_time(Child& child, Watcher& watcher);

  const Limits limits_;
  std::vector<Child> children_;
  bool stopping_ = false;
};

// Real time since some moment in the past.
Duration real_now();

}  // namespace syncline::sim
