#include "sim/cli/seed_pool.h"

#include <cstdlib>
#include <map>

#include <gtest/gtest.h>
#include <unistd.h>

namespace syncline::sim {
namespace {

class Results final : public SeedPool::Watcher {
 public:
  bool on_done(std::size_t index, const RunSummary& summary) override {
    EXPECT_TRUE(by_index.emplace(index, summary).second) << index;
    return by_index.size() < stop_after;
  }
  void on_tick() override {}

  std::map<std::size_t, RunSummary> by_index;
  std::size_t stop_after = SIZE_MAX;
};

RunSummary summary_of(std::size_t index) {
  RunSummary summary;
  summary.edits = index;
  return summary;
}

TEST(SeedPool, RunsEachOnce) {
  Results results;
  SeedPool({.jobs = 3, .time_per_run = seconds(20)}).run(50, summary_of, results);
  ASSERT_EQ(results.by_index.size(), 50u);
  for (const auto& [index, summary] : results.by_index) EXPECT_EQ(summary.edits, index);
}

TEST(SeedPool, ARunThatDiesCostsOnlyItself) {
  Results results;
  SeedPool({.jobs = 2, .time_per_run = seconds(20)})
      .run(
          20,
          [](std::size_t index) {
            if (index % 7 == 3) std::_Exit(9);
            return summary_of(index);
          },
          results);
  ASSERT_EQ(results.by_index.size(), 20u);
  EXPECT_EQ(results.by_index[3].ending, Ending::crash);
  EXPECT_EQ(results.by_index[3].what, "the process ended with code 9");
  EXPECT_EQ(results.by_index[4].ending, Ending::passed);
}

TEST(SeedPool, ARunThatNeverEndsIsEnded) {
  Results results;
  SeedPool({.jobs = 2, .time_per_run = milliseconds(300)})
      .run(
          4,
          [](std::size_t index) {
            while (index == 1) pause();
            return summary_of(index);
          },
          results);
  ASSERT_EQ(results.by_index.size(), 4u);
  EXPECT_EQ(results.by_index[1].ending, Ending::timeout);
  EXPECT_EQ(results.by_index[3].ending, Ending::passed);
}

TEST(SeedPool, StopsWhenToldSo) {
  Results results;
  results.stop_after = 5;
  SeedPool({.jobs = 1, .time_per_run = seconds(20)}).run(50, summary_of, results);
  EXPECT_EQ(results.by_index.size(), 5u);
}

}  // namespace
}  // namespace syncline::sim
