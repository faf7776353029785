#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "loadgen/net/event_loop.h"
#include "loadgen/run/audit.h"
#include "loadgen/run/options.h"
#include "loadgen/run/participant.h"
#include "loadgen/run/schedule.h"
#include "loadgen/run/seat.h"
#include "loadgen/run/tally.h"
#include "loadgen/run/verdict.h"

namespace syncline::loadgen {

// Who runs the lanes. Called on any lane's thread.
class LaneOwner {
 public:
  // All clients of the lane are synced. Once.
  virtual void on_lane_joined() = 0;
  // Something happened after which the run proves less than it should.
  virtual void on_lane_trouble(const std::string& what) = 0;
  // The lane is done: its results may be read.
  virtual void on_lane_done() = 0;

 protected:
  ~LaneOwner() = default;
};

// One thread with its share of the documents and all their clients, so that nothing of an edit
// needs a lock. Joins; types when told; waits until everything has arrived everywhere, at most so
// long; judges; reads everything once more with fresh clients.
class Lane final : private SeatOwner {
 public:
  // For a line of progress; may be a moment old. Any thread.
  struct Progress {
    std::atomic<std::uint64_t> synced = 0;
    std::atomic<std::uint64_t> edits = 0;
    std::atomic<std::uint64_t> acknowledged = 0;
    std::atomic<std::uint64_t> deliveries_due = 0;
    std::atomic<std::uint64_t> deliveries = 0;
  };

  // `options` and `owner` must outlive it.
  Lane(const RunOptions& options, std::size_t index, LaneOwner& owner);
  ~Lane();

  // Starts the thread, which connects the clients.
  void start();
  // The schedule's beginning. Any thread.
  void begin_typing(Instant begin);
  // Ends the typing now if it has not ended. Any thread.
  void end_typing();
  // Ends the thread. Any other thread.
  void stop();

  const Progress& progress() const { return progress_; }

  // After on_lane_done() or stop().
  const Tally& tally() const { return tally_; }
  const Verdict& verdict() const { return verdict_; }
  const std::vector<std::unique_ptr<LoadDocument>>& documents() const { return documents_; }
  // The thread's CPU time while it typed, and how long that was.
  Duration typing_cpu() const { return typing_cpu_; }
  Duration typing_time() const { return typing_time_; }
  // Why the last client that is not synced is not; empty if all are.
  std::string why_not_joined() const;

 private:
  enum class Phase : std::uint8_t { joining, typing, settling, auditing, done };

  void build();
  void add_seats(std::size_t document_index);
  void connect_more();
  void type_due();
  void settle();
  void check_settled();
  void judge();
  void finish();
  void tick();

  void on_seat_synced(Seat& seat) override;
  void on_seat_progress() override;
  void on_seat_lost(Seat& seat, const std::string& why) override;
  void on_seat_refused(Seat& seat, const std::string& why) override;

  // Constant after construction.
  const RunOptions& options_;
  const std::size_t index_;
  LaneOwner& owner_;

  // Any thread.
  EventLoop loop_;
  Progress progress_;
  std::thread thread_;

  // The lane's thread only.
  Tally tally_;
  std::vector<std::unique_ptr<LoadDocument>> documents_;
  std::vector<std::unique_ptr<Seat>> seats_;
  std::vector<Seat*> writers_;
  std::size_t seats_begun_ = 0;
  std::size_t seats_joined_ = 0;
  Phase phase_ = Phase::joining;
  Random keystrokes_;
  std::unique_ptr<Schedule> schedule_;
  Timer due_;
  Timer ticker_;
  Timer deadline_;
  Instant begin_;
  Duration cpu_at_begin_{0};
  Duration typing_cpu_{0};
  Duration typing_time_{0};
  std::unique_ptr<Audit> audit_;
  Verdict verdict_;
};

}  // namespace syncline::loadgen
