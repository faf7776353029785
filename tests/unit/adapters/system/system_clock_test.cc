#include "server/adapters/system/system_clock.h"

#include <chrono>

#include <gtest/gtest.h>

namespace syncline::adapters {
namespace {

TEST(SystemClockTest, never_goes_back) {
  const SystemClock clock;
  Instant last = clock.now();
  EXPECT_GE(last.since_start, Duration::zero());
  EXPECT_LT(last.since_start, seconds(60)) << "counts from the construction";
  for (int i = 0; i < 100'000; ++i) {
    const Instant now = clock.now();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(SystemClockTest, knows_the_time_of_day) {
  const auto epoch = std::chrono::system_clock::now().time_since_epoch();
  const auto difference = SystemClock().wall_now().since_epoch - duration_cast<milliseconds>(epoch);
  EXPECT_LT(std::chrono::abs(difference), seconds(60));
}

}  // namespace
}  // namespace syncline::adapters
