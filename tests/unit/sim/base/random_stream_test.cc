#include "sim/random_stream.h"

#include <set>

#include <gtest/gtest.h>

namespace syncline::sim {
namespace {

TEST(RandomStream, DependsOnSeedPartyAndPurposeOnly) {
  EXPECT_EQ(RandomStream(1, "node-1", "jitter").next(), RandomStream(1, "node-1", "jitter").next());
  std::set<std::uint64_t> firsts = {
      RandomStream(1, "node-1", "jitter").next(), RandomStream(2, "node-1", "jitter").next(),
      RandomStream(1, "node-2", "jitter").next(), RandomStream(1, "node-1", "typing").next(),
      RandomStream(1, "node-1j", "itter").next()};
  EXPECT_EQ(firsts.size(), 5u);
}

// The same on every platform, for ever: plans that are kept in the tree replay by it.
TEST(RandomStream, IsPinned) {
  RandomStream stream(42, "client-3", "typing");
  const std::uint64_t first = stream.next();
  const std::uint64_t second = stream.next();
  EXPECT_EQ(first, 4121090035777367911u);
  EXPECT_EQ(second, 7796093095498663381u);
}

TEST(RandomStream, StaysWithinBounds) {
  RandomStream stream(1, "a", "b");
  bool low = false;
  bool high = false;
  for (int i = 0; i < 5'000; ++i) {
    const Duration flat = stream.between(Duration(3), Duration(7));
    EXPECT_GE(flat, Duration(3));
    EXPECT_LE(flat, Duration(7));
    const Duration log = stream.log_between(milliseconds(1), seconds(300));
    EXPECT_GE(log, milliseconds(1));
    EXPECT_LE(log, seconds(300));
    low = low || log < milliseconds(4);
    high = high || log > seconds(60);
  }
  EXPECT_TRUE(low && high);
}

TEST(RandomStream, IsPartOfATraceWhileTapped) {
  Trace trace;
  RandomStream stream(1, "a", "b");
  {
    const RandomStream::Tap tap(trace);
    stream.next();
  }
  const TraceHash tapped = trace.hash();
  EXPECT_NE(tapped, Trace().hash());
  stream.next();
  EXPECT_EQ(trace.hash(), tapped);
}

}  // namespace
}  // namespace syncline::sim
