#include "sim/machine_clock.h"

#include <gtest/gtest.h>

namespace syncline::sim {
namespace {

class MachineClockTest : public testing::Test {
 protected:
  void run_for(Duration duration) { scheduler_.run_until(scheduler_.now() + duration); }

  Scheduler scheduler_{0};
};

TEST_F(MachineClockTest, RunsAtItsRate) {
  MachineClock clock(scheduler_, {.monotonic = {seconds(5)}, .ppm = 200'000});
  const WallTime before = clock.wall_now();
  run_for(seconds(10));
  EXPECT_EQ(clock.now(), Instant{seconds(17)});
  EXPECT_EQ((clock.wall_now().since_epoch - before.since_epoch), seconds(12));
}

TEST_F(MachineClockTest, SaysWhenAnInstantComes) {
  for (const std::int64_t ppm : {-900'000, -200'000, -500, -1, 0, 1, 50, 333'333, 2'000'000}) {
    Scheduler scheduler(0);
    MachineClock clock(scheduler, {.ppm = ppm});
    scheduler.run_until({milliseconds(1'234) + Duration(567)});
    const Instant wanted = clock.now() + milliseconds(77) + Duration(13);
    const auto at = clock.moment_of(wanted);
    ASSERT_TRUE(at);
    scheduler.run_until(*at + Duration(-1));
    EXPECT_LT(clock.now(), wanted) << ppm;
    scheduler.run_until(*at);
    EXPECT_GE(clock.now(), wanted) << ppm;
  }
}

TEST_F(MachineClockTest, NeverComesForNever) {
  MachineClock clock(scheduler_, {});
  EXPECT_FALSE(clock.moment_of(Instant::never()));
  EXPECT_EQ(clock.moment_of({Duration(0)}), scheduler_.now());
}

TEST_F(MachineClockTest, DriftIsTemporaryAndTheMonotonicClockNeverGoesBack) {
  MachineClock clock(scheduler_, {});
  int changes = 0;
  clock.on_rate_change([&] { ++changes; });
  clock.set_drift(-500'000);
  run_for(seconds(10));
  EXPECT_EQ(clock.now(), Instant{seconds(6)});
  const WallTime wrong = clock.wall_now();
  clock.set_drift(0);
  EXPECT_EQ(clock.now(), Instant{seconds(6)});
  EXPECT_EQ(clock.wall_now().since_epoch - wrong.since_epoch, seconds(5));
  run_for(seconds(1));
  EXPECT_EQ(clock.now(), Instant{seconds(7)});
  EXPECT_EQ(changes, 2);
}

TEST_F(MachineClockTest, SuspendStopsOneAndJumpsTheOther) {
  MachineClock clock(scheduler_, {});
  const Instant monotonic = clock.now();
  const WallTime wall = clock.wall_now();
  clock.suspend(true);
  run_for(seconds(20));
  EXPECT_EQ(clock.now(), monotonic);
  EXPECT_FALSE(clock.moment_of(monotonic + seconds(1)));
  clock.suspend(false);
  EXPECT_EQ(clock.now(), monotonic);
  EXPECT_EQ(clock.wall_now().since_epoch - wall.since_epoch, seconds(20));
  EXPECT_EQ(clock.moment_of(monotonic + seconds(1)), scheduler_.now() + seconds(1));
}

TEST_F(MachineClockTest, WallFaultsAreUndone) {
  MachineClock clock(scheduler_, {});
  MachineClock truth(scheduler_, {});
  clock.skew_wall(seconds(-300));
  EXPECT_EQ(truth.wall_now().since_epoch - clock.wall_now().since_epoch, seconds(300));
  clock.skew_wall(seconds(300));
  clock.freeze_wall(true);
  const WallTime frozen = clock.wall_now();
  run_for(seconds(4));
  EXPECT_EQ(clock.wall_now(), frozen);
  clock.freeze_wall(false);
  clock.strobe_wall(seconds(60), milliseconds(500));
  bool jumped = false;
  for (int i = 0; i < 10; ++i) {
    run_for(milliseconds(300));
    jumped = jumped || clock.wall_now() != truth.wall_now();
  }
  EXPECT_TRUE(jumped);
  clock.strobe_wall({}, {});
  EXPECT_EQ(clock.wall_now(), truth.wall_now());
  EXPECT_EQ(clock.now(), truth.now());
}

}  // namespace
}  // namespace syncline::sim
