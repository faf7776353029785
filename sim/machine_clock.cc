#include "sim/machine_clock.h"

#include <algorithm>

#include "server/base/assert.h"

namespace syncline::sim {
namespace {

__extension__ using Wide = __int128;

constexpr std::int64_t true_rate = 1'000'000;
// 2026-01-01T00:00:00Z; nobody may care.
constexpr milliseconds epoch{1'767'225'600'000};
// Far beyond any run, and far from overflow.
constexpr Duration end_of_time = std::chrono::hours(24 * 365 * 50);

Duration scale(Duration time, std::int64_t multiplier, std::int64_t divisor) {
  return Duration(static_cast<Duration::rep>(Wide{time.count()} * multiplier / divisor));
}

}  // namespace

MachineClock::MachineClock(const Scheduler& scheduler, const Setting& setting)
    : scheduler_(scheduler),
      own_ppm_(setting.ppm),
      anchor_at_(scheduler.now()),
      monotonic_at_anchor_(setting.monotonic),
      wall_at_anchor_(epoch),
      own_offset_(setting.wall) {
  SYNCLINE_ASSERT(rate() > 0, setting.ppm);
}

Duration MachineClock::elapsed() const {
  return scale(scheduler_.now() - anchor_at_, rate(), true_rate);
}

Instant MachineClock::now() const {
  return suspended_ ? monotonic_at_anchor_ : monotonic_at_anchor_ + elapsed();
}

WallTime MachineClock::running_wall() const {
  milliseconds wall = duration_cast<milliseconds>(wall_at_anchor_ + elapsed()) + own_offset_;
  if (wall_is_true_) return {wall};
  wall += skew_;
  if (strobe_period_ > Duration::zero()) {
    const auto phase = scheduler_.now().since_start / strobe_period_;
    if (phase % 2 == 1) wall += strobe_amount_;
  }
  return {wall};
}

WallTime MachineClock::wall_now() const {
  if (frozen_at_ || skew_ != milliseconds::zero() || strobe_period_ > Duration::zero()) {
    note_wrong_time();
  }
  return frozen_at_ && !wall_is_true_ ? *frozen_at_ : running_wall();
}

void MachineClock::note_wrong_time() const {
  if (wrong_time_) wrong_time_();
}

std::optional<Moment> MachineClock::moment_of(Instant instant) const {
  if (instant <= now()) return scheduler_.now();
  if (suspended_ || instant.since_start >= end_of_time) return std::nullopt;
  if (drift_ppm_ != 0) note_wrong_time();
  // Rounded up: the clock must have reached it.
  const Wide ahead = (instant - monotonic_at_anchor_).count();
  const Wide true_ahead = (ahead * true_rate + rate() - 1) / rate();
  return anchor_at_ + Duration(static_cast<Duration::rep>(true_ahead));
}

void MachineClock::anchor() {
  const Duration passed = elapsed();
  if (!suspended_) monotonic_at_anchor_ = monotonic_at_anchor_ + passed;
  wall_at_anchor_ += passed;
  anchor_at_ = scheduler_.now();
}

void MachineClock::set_drift(std::int64_t ppm) {
  anchor();
  drift_ppm_ = std::max(ppm, 1 - true_rate - own_ppm_);
  // Whoever keeps the time sets the wall clock right once it runs well again.
  if (ppm == 0) wall_at_anchor_ = epoch + scheduler_.now().since_start;
  if (rate_changed_) rate_changed_();
}

void MachineClock::freeze_wall(bool frozen) {
  if (frozen) {
    frozen_at_ = running_wall();
  } else {
    frozen_at_.reset();
  }
}

void MachineClock::strobe_wall(milliseconds amount, Duration period) {
  strobe_amount_ = amount;
  strobe_period_ = amount == milliseconds::zero() ? Duration::zero() : period;
}

void MachineClock::suspend(bool suspended) {
  if (suspended == suspended_) return;
  anchor();
  suspended_ = suspended;
  if (rate_changed_) rate_changed_();
}

}  // namespace syncline::sim
