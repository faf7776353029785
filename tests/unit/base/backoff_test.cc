#include "server/base/backoff.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace syncline {
namespace {

RC_GTEST_PROP(Backoff, DoublesFromTheLeastToTheMost, ()) {
  Backoff backoff(milliseconds(50), milliseconds(700));
  for (int failures = 0; failures < 100; ++failures) {
    const Duration whole =
        std::min<Duration>(milliseconds(700), milliseconds(50) * (1 << std::min(failures, 10)));
    const Duration delay = backoff.next(*rc::gen::arbitrary<std::uint64_t>());
    RC_ASSERT(delay >= whole / 2);
    RC_ASSERT(delay <= whole);
  }
  backoff.reset();
  RC_ASSERT(backoff.next(*rc::gen::arbitrary<std::uint64_t>()) <= milliseconds(50));
}

TEST(Backoff, TheRangeIsUsedToItsEnds) {
  EXPECT_EQ(Backoff(milliseconds(50), seconds(2)).next(0), milliseconds(25));
  EXPECT_EQ(Backoff(milliseconds(50), seconds(2)).next(UINT64_MAX), milliseconds(50));
}

TEST(Backoff, TheSmallestDelayIsNotNothing) {
  Backoff backoff(Duration(1), Duration(1));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(backoff.next(0), Duration(1));
}

}  // namespace
}  // namespace syncline
