#include "loadgen/net/backoff.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace syncline::loadgen {
namespace {

RC_GTEST_PROP(Backoff, DoublesFromATenthToTwoAndAHalfSeconds, ()) {
  Backoff backoff;
  for (int failures = 0; failures < 40; ++failures) {
    const Duration full =
        std::min<Duration>(milliseconds(2500), milliseconds(100) * (1 << std::min(failures, 10)));
    const Duration delay = backoff.next(*rc::gen::arbitrary<std::uint64_t>());
    RC_ASSERT(delay >= full / 2);
    RC_ASSERT(delay <= full);
  }
  backoff.reset();
  RC_ASSERT(backoff.next(*rc::gen::arbitrary<std::uint64_t>()) <= milliseconds(100));
}

TEST(Backoff, ClientsDoNotComeBackAsOne) {
  Backoff one;
  Backoff other;
  EXPECT_NE(one.next(12'345'678), other.next(7'654'321));
}

}  // namespace
}  // namespace syncline::loadgen
