#include "sim/machine.h"

#include <string>

#include <gtest/gtest.h>

#include "sim/simulated_network.h"

namespace syncline::sim {
namespace {

class MachineTest : public testing::Test {
 protected:
  MachineTest() {
    machine.start();
    machine.on_missed([this] { ++missed; });
  }
  void run_for(Duration duration) { scheduler.run_until(scheduler.now() + duration); }
  void wait(Duration delay, char name) {
    machine.after(delay, [this, name] { happened += name; });
  }

  Scheduler scheduler{1};
  SimulatedNetwork network{scheduler, 1, {}, nullptr};
  Machine machine{{history::PartyKind::node, 1}, scheduler, network, {}};
  std::string happened;
  int missed = 0;
};

TEST_F(MachineTest, TimersComeByItsOwnClock) {
  machine.clock().set_drift(1'000'000);
  wait(seconds(4), 'a');
  run_for(milliseconds(1'999));
  EXPECT_EQ(happened, "");
  run_for(milliseconds(1));
  EXPECT_EQ(happened, "a");
}

TEST_F(MachineTest, AChangeOfRateMovesTimers) {
  wait(seconds(4), 'a');
  run_for(seconds(2));
  machine.clock().set_drift(1'000'000);
  run_for(seconds(1));
  EXPECT_EQ(happened, "a");
  wait(seconds(4), 'b');
  machine.clock().set_drift(-500'000);
  run_for(seconds(7));
  EXPECT_EQ(happened, "a");
  run_for(seconds(1));
  EXPECT_EQ(happened, "ab");
}

TEST_F(MachineTest, APausedProcessFindsEverythingOverdue) {
  wait(seconds(1), 'a');
  wait(seconds(30), 'c');
  machine.pause(true);
  run_for(seconds(10));
  EXPECT_EQ(happened, "");
  EXPECT_EQ(missed, 1);
  machine.pause(false);
  run_for(Duration(0));
  EXPECT_EQ(happened, "a");
  run_for(seconds(20));
  EXPECT_EQ(happened, "ac");
}

TEST_F(MachineTest, ASuspendedMachineGoesOnWhereItWas) {
  wait(seconds(1), 'a');
  machine.suspend(true);
  run_for(seconds(10));
  machine.suspend(false);
  run_for(milliseconds(999));
  EXPECT_EQ(happened, "");
  run_for(milliseconds(1));
  EXPECT_EQ(happened, "a");
}

TEST_F(MachineTest, WhatADeadProcessWaitedForNeverComes) {
  wait(seconds(1), 'a');
  machine.die();
  machine.start();
  wait(seconds(2), 'b');
  run_for(seconds(5));
  EXPECT_EQ(happened, "b");
}

}  // namespace
}  // namespace syncline::sim
