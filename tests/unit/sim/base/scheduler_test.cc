#include "sim/scheduler.h"

#include <array>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace syncline::sim {
namespace {

TEST(Scheduler, RunsByTimeAndJumpsThere) {
  Scheduler scheduler(0);
  std::string order;
  scheduler.after(seconds(3), [&] { order += 'c'; });
  scheduler.after(seconds(1), [&] { order += 'a'; });
  scheduler.after(seconds(2), [&] { order += 'b'; });
  scheduler.run_until({seconds(2)});
  EXPECT_EQ(order, "ab");
  EXPECT_EQ(scheduler.now(), Moment{seconds(2)});
  scheduler.run_until({seconds(10)});
  EXPECT_EQ(order, "abc");
  EXPECT_EQ(scheduler.events_run(), 3u);
}

TEST(Scheduler, NeverRunsFromWithinACall) {
  Scheduler scheduler(1);
  bool inside = false;
  int runs = 0;
  scheduler.after(seconds(1), [&] {
    inside = true;
    scheduler.at({}, [&] {
      EXPECT_FALSE(inside);
      ++runs;
    });
    inside = false;
  });
  scheduler.run_until({seconds(1)});
  EXPECT_EQ(runs, 1);
}

std::string order_of_ties(std::uint64_t seed) {
  Scheduler scheduler(seed);
  std::string order;
  for (char name = 'a'; name < 'f'; ++name)
    scheduler.after(seconds(1), [&, name] { order += name; });
  scheduler.run_until({seconds(1)});
  return order;
}

TEST(Scheduler, PermutesTiesByTheSeed) {
  EXPECT_EQ(order_of_ties(0), "abcde");
  EXPECT_EQ(order_of_ties(7), order_of_ties(7));
  std::set<std::string> orders;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) orders.insert(order_of_ties(seed));
  EXPECT_GT(orders.size(), 20u);
}

TEST(Scheduler, KeepsOrderAmongManyEvents) {
  Scheduler scheduler(3);
  std::uint64_t state = 1;
  Moment last;
  std::uint64_t runs = 0;
  for (int i = 0; i < 20'000; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    scheduler.at({Duration(static_cast<Duration::rep>(state >> 40))}, [&] {
      EXPECT_LE(last, scheduler.now());
      last = scheduler.now();
      ++runs;
    });
  }
  scheduler.run_until({seconds(1)});
  EXPECT_EQ(runs, 20'000u);
}

TEST(Scheduler, HoldsActionsOfAnySize) {
  Scheduler scheduler(1);
  std::array<std::uint64_t, 40> large{};
  large[39] = 5;
  std::uint64_t got = 0;
  scheduler.after(seconds(1), [large, &got] { got = large[39]; });
  scheduler.run_until({seconds(1)});
  EXPECT_EQ(got, 5u);
}

}  // namespace
}  // namespace syncline::sim
