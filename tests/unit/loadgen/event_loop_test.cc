#include "loadgen/net/event_loop.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace syncline::loadgen {
namespace {

TEST(EventLoop, TimersComeInTheOrderOfTheirTimesAndNotBefore) {
  EventLoop loop;
  std::vector<int> order;
  const Instant begin = EventLoop::now();
  Timer second(loop, [&] {
    order.push_back(2);
    EXPECT_GE(EventLoop::now() - begin, milliseconds(2));
    loop.stop();
  });
  Timer first(loop, [&] { order.push_back(1); });
  Timer never(loop, [&] { order.push_back(3); });
  second.set(begin + milliseconds(2));
  first.set(begin + milliseconds(1));
  never.set(begin + milliseconds(1));
  never.cancel();
  loop.run();
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST(EventLoop, SettingATimerAgainReplacesItsTime) {
  EventLoop loop;
  int times = 0;
  Timer end(loop, [&] { loop.stop(); });
  Timer timer(loop, [&] { ++times; });
  const Instant now = EventLoop::now();
  timer.set(now);
  timer.set(now + milliseconds(1));
  end.set(now + milliseconds(3));
  loop.run();
  EXPECT_EQ(times, 1);
}

TEST(EventLoop, TasksOfOtherThreadsRunOnTheLoops) {
  EventLoop loop;
  std::thread::id ran_on;
  std::thread other([&] {
    loop.post([&] {
      ran_on = std::this_thread::get_id();
      loop.stop();
    });
  });
  loop.run();
  other.join();
  EXPECT_EQ(ran_on, std::this_thread::get_id());
}

}  // namespace
}  // namespace syncline::loadgen
