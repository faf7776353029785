#include "sim/trace.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace syncline::sim {
namespace {

TEST(Trace, DiffersByEverythingThatHappens) {
  Trace a;
  Trace b;
  a.begin_event(seconds(1), 1);
  b.begin_event(seconds(1), 1);
  EXPECT_EQ(a.hash(), b.hash());
  a.note("ab", 1);
  b.note("ba", 1);
  EXPECT_NE(a.hash(), b.hash());
  // And stays different.
  a.begin_event(seconds(2), 2);
  b.begin_event(seconds(2), 2);
  EXPECT_NE(a.hash(), b.hash());
}

TEST(Trace, TellsOrderApart) {
  Trace a;
  Trace b;
  a.draw(1);
  a.draw(2);
  b.draw(2);
  b.draw(1);
  EXPECT_NE(a.hash(), b.hash());
}

TEST(Trace, HasACheckpointEverySoManyEvents) {
  Trace trace;
  for (std::uint64_t i = 0; i < 3 * Trace::events_per_checkpoint; ++i) trace.begin_event({}, i);
  EXPECT_EQ(trace.checkpoints().size(), 3u);
}

TEST(Trace, PrintsAWindow) {
  Trace trace;
  std::vector<std::string> lines;
  trace.print(2, 2, [&](std::string_view line) { lines.emplace_back(line); });
  for (std::uint64_t i = 1; i <= 3; ++i) {
    trace.begin_event(seconds(i), i);
    trace.note("frame", i);
    trace.draw(i);
  }
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_TRUE(lines[0].starts_with("event 2 at 2000000000 ns, arrival 2,"));
  EXPECT_EQ(lines[1], "  frame 2");
  EXPECT_EQ(lines[2], "  draw 2");
}

// A number that machines agree on.
TEST(Trace, IsPinned) {
  Trace trace;
  trace.begin_event(seconds(1), 1);
  trace.note("a message", 17);
  EXPECT_EQ(to_string(trace.hash()), "977678bcda604b0815693b05e4848449");
}

}  // namespace
}  // namespace syncline::sim
