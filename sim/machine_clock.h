#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "server/base/instant.h"
#include "server/ports/clock.h"
#include "sim/scheduler.h"

namespace syncline::sim {

// The clocks of one machine, as its processes read them; true time is the scheduler's.
//
// The monotonic clock runs at its own rate and stands still while the machine is suspended. The
// wall clock runs at the same rate, is wrong by an offset, and can be made to freeze or to jump to
// and fro. A process's deadlines are instants of its monotonic clock: moment_of says when they
// come, and on_rate_change when that answer has become another one.
class MachineClock final : public ports::Clock {
 public:
  // How a machine starts: what its monotonic clock shows, and by how much its wall clock is wrong.
  struct Setting {
    Instant monotonic{seconds(1)};
    milliseconds wall{0};
    std::int64_t ppm = 0;
  };

  MachineClock(const Scheduler& scheduler, const Setting& setting);

  // ports::Clock.
  Instant now() const override;
  WallTime wall_now() const override;

  // When the monotonic clock reaches `instant`: not before the present. Nothing if it stands still,
  // or if that is beyond the end of time.
  std::optional<Moment> moment_of(Instant instant) const;
  // Called after each change of the monotonic clock's rate; to ask moment_of again.
  void on_rate_change(std::function<void()> call) { rate_changed_ = std::move(call); }

  // Called when somebody reads the wall clock while a fault makes it wrong, and when somebody asks
  // moment_of while a fault changes the rate.
  void on_wrong_time(std::function<void()> call) { wrong_time_ = std::move(call); }
  // Faults of the wall clock do nothing from here on.
  void keep_wall_true() { wall_is_true_ = true; }

  // Faults, each undone by its opposite. `ppm` is added to the machine's own.
  void skew_wall(milliseconds by) { skew_ += by; }
  void set_drift(std::int64_t ppm);
  void freeze_wall(bool frozen);
  // Jumps by `amount` and back, each `period`; zero ends it.
  void strobe_wall(milliseconds amount, Duration period);
  void suspend(bool suspended);

 private:
  // Rates are in millionths; 1,000,000 is true time.
  std::int64_t rate() const { return 1'000'000 + own_ppm_ + drift_ppm_; }
  Duration elapsed() const;
  WallTime running_wall() const;
  void note_wrong_time() const;
  void anchor();

  const Scheduler& scheduler_;
  const std::int64_t own_ppm_;
  std::function<void()> rate_changed_;
  std::function<void()> wrong_time_;
  bool wall_is_true_ = false;

  // At true time anchor_at_ the clocks showed these; since then they run at rate().
  Moment anchor_at_;
  Instant monotonic_at_anchor_;
  Duration wall_at_anchor_;
  std::int64_t drift_ppm_ = 0;
  bool suspended_ = false;

  const milliseconds own_offset_;
  milliseconds skew_{0};
  std::optional<WallTime> frozen_at_;
  milliseconds strobe_amount_{0};
  Duration strobe_period_{0};
};

}  // namespace syncline::sim
