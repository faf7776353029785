#include "loadgen/run/run.h"

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

#include <sys/resource.h>

#include "loadgen/run/lane.h"

namespace syncline::loadgen {
namespace {

constexpr Duration look_interval = milliseconds(100);
constexpr Duration progress_interval = seconds(1);
constexpr Duration lead_time = milliseconds(20);  // Until all lanes know when to begin.
constexpr std::size_t troubles_kept_max = 5;

// Beyond these a generator measures itself.
constexpr Duration lateness_max = milliseconds(5);  // 99 of 100 keystrokes.
constexpr double busiest_thread_max = 0.8;

double process_cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

std::uint64_t memory_bytes_max() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

double in_seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

// The threads of one run, and whoever waits for them.
class Run final : private LaneOwner {
 public:
  Run(const RunOptions& options, const RunWatch& watch) : options_(options), watch_(watch) {
    LaneOwner& owner = *this;
    for (std::size_t i = 0; i < options_.threads; ++i) {
      lanes_.push_back(std::make_unique<Lane>(options_, i, owner));
    }
  }
  ~Run() {
    for (const auto& lane : lanes_) lane->stop();
  }

  Result<RunResult> operator()() {
    const Instant began = EventLoop::now();
    for (const auto& lane : lanes_) lane->start();
    wait("joining", began + options_.join_timeout,
         [this] { return joined_ == lanes_.size() || watch_.interrupted || trouble_count_ > 0; });
    if (!all_joined()) return not_joined();
    type();
    const auto forever = Instant::never();  // Lanes have deadlines of their own.
    wait("settling", forever, [this] { return done_ == lanes_.size(); });
    return collect();
  }

 private:
  bool all_joined() {
    const std::lock_guard lock(mutex_);
    return joined_ == lanes_.size();
  }

  void type() {
    begin_ = EventLoop::now() + lead_time;
    cpu_at_begin_ = process_cpu_seconds();
    for (const auto& lane : lanes_) lane->begin_typing(begin_);
    const Instant end = begin_ + options_.warm_up + options_.duration;
    wait("typing", end, [this] { return watch_.interrupted || trouble_count_ > 0; });
    typing_time_ = EventLoop::now() - begin_;
    cpu_seconds_ = process_cpu_seconds() - cpu_at_begin_;
    const bool early = EventLoop::now() < end;
    if (early) interrupted_ = watch_.interrupted;
    // Those whose time is up have ended by themselves, with the keystrokes that were still due.
    if (early) {
      for (const auto& lane : lanes_) lane->end_typing();
    }
  }

  // Until `done`, which is asked under the lock, or the deadline.
  template <class Done>
  void wait(std::string_view phase, Instant deadline, const Done& done) {
    std::unique_lock lock(mutex_);
    while (!done()) {
      const Instant now = EventLoop::now();
      if (now >= deadline) return;
      const Duration left = deadline == Instant::never() ? look_interval : deadline - now;
      changed_.wait_for(lock, std::min(look_interval, left));
      if (watch_.on_progress && EventLoop::now() - shown_at_ >= progress_interval) {
        shown_at_ = EventLoop::now();
        lock.unlock();
        show(phase);
        lock.lock();
      }
    }
  }

  void show(std::string_view phase) {
    RunProgress progress{.phase = phase,
                         .elapsed = begin_ == Instant() ? Duration(0) : EventLoop::now() - begin_,
                         .clients = 0,
                         .edits = 0,
                         .acknowledged = 0,
                         .deliveries = 0,
                         .deliveries_due = 0};
    for (const auto& lane : lanes_) {
      progress.clients += lane->progress().synced;
      progress.edits += lane->progress().edits;
      progress.acknowledged += lane->progress().acknowledged;
      progress.deliveries += lane->progress().deliveries;
      progress.deliveries_due += lane->progress().deliveries_due;
    }
    watch_.on_progress(progress);
  }

  Error not_joined() {
    std::string why;
    std::uint64_t joined = 0;
    for (const auto& lane : lanes_) {
      lane->stop();
      if (why.empty()) why = lane->why_not_joined();
      for (const auto& document : lane->documents()) {
        for (const auto& client : document->participants()) joined += client->synced();
      }
    }
    if (watch_.interrupted) return {ErrorCode::unavailable, "interrupted before anybody typed"};
    if (!troubles_.empty()) return {ErrorCode::unavailable, troubles_.front()};
    return {ErrorCode::unavailable,
            std::to_string(joined) + " of " + std::to_string(options_.clients) +
                " clients could join within --join-timeout; another's last attempt: " + why};
  }

  RunResult collect() {
    RunResult result;
    for (const auto& lane : lanes_) {
      lane->stop();
      result.tally.add(lane->tally());
      result.verdict.add(lane->verdict());
      if (lane->typing_time() > Duration(0)) {
        result.busiest_thread =
            std::max(result.busiest_thread,
                     in_seconds(lane->typing_cpu()) / in_seconds(lane->typing_time()));
      }
      if (watch_.collects_acknowledged) collect_acknowledged(*lane, result.acknowledged);
    }
    result.typing_time = typing_time_;
    result.measured_time = std::max(Duration(0), typing_time_ - options_.warm_up);
    result.interrupted = interrupted_;
    result.troubles = troubles_;
    result.trouble_count = trouble_count_;
    result.cpu_seconds = cpu_seconds_;
    result.memory_bytes_max = memory_bytes_max();
    return result;
  }

  static void collect_acknowledged(const Lane& lane, std::vector<AcknowledgedEdit>& out) {
    for (const auto& document : lane.documents()) {
      for (const auto& writer : document->participants()) {
        for (std::size_t i = 0; i < writer->acknowledged(); ++i) {
          const Edit& edit = writer->typist().edits()[i];
          out.push_back(
              {writer->client(), edit.clock, edit.length, edit.deletes, document->name()});
        }
      }
    }
  }

  void on_lane_joined() override {
    note([this] { ++joined_; });
  }
  void on_lane_done() override {
    note([this] { ++done_; });
  }
  void on_lane_trouble(const std::string& what) override {
    note([this, &what] {
      ++trouble_count_;
      if (troubles_.size() < troubles_kept_max) troubles_.push_back(what);
    });
  }
  template <class Change>
  void note(const Change& change) {
    {
      const std::lock_guard lock(mutex_);
      change();
    }
    changed_.notify_one();
  }

  const RunOptions& options_;
  const RunWatch& watch_;
  std::vector<std::unique_ptr<Lane>> lanes_;

  // The caller's thread only.
  Instant begin_;
  Instant shown_at_ = EventLoop::now();
  Duration typing_time_{0};
  double cpu_at_begin_ = 0;
  double cpu_seconds_ = 0;
  bool interrupted_ = false;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Under the lock.
  std::size_t joined_ = 0;
  std::size_t done_ = 0;
  std::vector<std::string> troubles_;
  std::uint64_t trouble_count_ = 0;
};

}  // namespace

bool RunResult::kept_up() const {
  return tally.lateness.quantile(0.99) <= lateness_max && busiest_thread <= busiest_thread_max;
}

Result<RunResult> run_load(const RunOptions& options, const RunWatch& watch) {
  for (const Target& target : options.targets) SYNCLINE_TRY(probe(target));
  Run run(options, watch);
  return run();
}

}  // namespace syncline::loadgen
