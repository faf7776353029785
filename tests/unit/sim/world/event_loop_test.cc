#include "sim/event_loop.h"

#include <string>

#include <gtest/gtest.h>

#include "sim/machine.h"
#include "sim/simulated_network.h"

namespace syncline::sim {
namespace {

class EventLoopTest : public testing::Test, protected Driven {
 protected:
  EventLoopTest() { machine.start(); }

  Instant next_deadline() const override { return deadline; }
  void on_deadline() override {
    happened += '!';
    if (!stuck) deadline = Instant::never();
  }
  void end_turn() override { happened += '.'; }
  void run_for(Duration duration) { scheduler.run_until(scheduler.now() + duration); }

  Scheduler scheduler{1};
  SimulatedNetwork network{scheduler, 1, {}, nullptr};
  Machine machine{{history::PartyKind::node, 1}, scheduler, network, {}};
  Instant deadline = Instant::never();
  bool stuck = false;
  std::string happened;
  EventLoop loop{machine, *this, RandomStream(1, "loop", "turns"), milliseconds(1)};
};

TEST_F(EventLoopTest, ATurnTakesAllThatWasPosted) {
  loop.post([&] { happened += 'a'; });
  loop.post([&] {
    happened += 'b';
    loop.post([&] { happened += 'c'; });  // For the next turn.
  });
  EXPECT_EQ(happened, "");
  run_for(milliseconds(5));
  EXPECT_EQ(happened, "ab.c.");
}

TEST_F(EventLoopTest, DeadlinesComeInTime) {
  loop.post([&] { deadline = machine.now() + seconds(5); });
  run_for(seconds(4));
  EXPECT_EQ(happened, ".");
  loop.post([&] { deadline = machine.now() + seconds(9); });
  run_for(seconds(4));  // The first alarm finds nothing due.
  EXPECT_EQ(happened, "...");
  run_for(seconds(6));
  EXPECT_EQ(happened, "...!.");
}

TEST_F(EventLoopTest, ADeadlineThatNeverPassesIsFoundOut) {
  stuck = true;
  loop.post([&] { deadline = machine.now(); });
  EXPECT_DEATH(run_for(seconds(1)), "deadlines_at_once");
}

}  // namespace
}  // namespace syncline::sim
