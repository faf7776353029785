#include "sim/run.h"

#include <map>
#include <set>
#include <string>
#include <variant>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "faults/plan/parser.h"

namespace syncline::sim {
namespace {

faults::FaultPlan plan_of(const std::string& text) {
  auto plan = faults::parse_plan(text);
  EXPECT_TRUE(plan.ok()) << plan.error().message();
  return std::move(plan).value();
}

const faults::FaultPlan& commit_plan() {
  static const auto plan = plan_of(
      "seed 7\n"
      "cluster nodes=3 clients=5 documents=2 load=12s options=deletes,presence\n"
      "at 3s crash node-1 for 1s\n"
      "at 5s cut node-2 - redis for 2s\n"
      "at 6s lost-answers postgres every 3 for 2s\n"
      "at 8s restart node-3 for 1s\n");
  return plan;
}

const faults::FaultPlan& buffer_plan() {
  static const auto plan = plan_of(
      "seed 9\n"
      "cluster nodes=2 workers=2 durability=buffer gateway=off clients=4 documents=1 load=10s\n"
      "at 3s failover redis 300ms for 500ms\n"
      "when 2nd drain-commit after 4s crash worker-1 for 1s\n"
      "at 6s pause node-1 for 2s\n"
      "at 7s stale client-2 for 1s\n");
  return plan;
}

TEST(Run, PassesAndNoticesEveryFault) {
  for (const faults::FaultPlan& plan : {commit_plan(), buffer_plan()}) {
    const RunResult result = run(plan, {});
    EXPECT_EQ(result.verdict, RunVerdict::passed)
        << (result.violations.empty() ? "" : result.violations.front().what);
    EXPECT_GT(result.edits, 20u);
    for (const faults::FaultCounts& counts : result.faults) {
      EXPECT_EQ(counts.fired, counts.armed);
      EXPECT_EQ(counts.observed, counts.armed);
      EXPECT_EQ(counts.healed, counts.armed);
    }
  }
}

TEST(Run, TheEmbeddedStoreTakesANodeAlone) {
  const auto plan = plan_of(
      "seed 3\n"
      "cluster nodes=1 shards=2 store=embedded clients=4 documents=2 load=10s\n"
      "at 3s crash node-1 for 1s\n"
      "at 5s disk-full store for 1s\n");
  EXPECT_EQ(run(plan, {}).verdict, RunVerdict::passed);
}

TEST(Run, RepeatsToTheBit) {
  const RunResult first = run(commit_plan(), {});
  const RunResult between = run(buffer_plan(), {});
  const RunResult second = run(commit_plan(), {});
  EXPECT_EQ(first.hash, second.hash);
  EXPECT_EQ(first.checkpoints, second.checkpoints);
  EXPECT_EQ(first.documents_digest, second.documents_digest);
  EXPECT_NE(first.hash, between.hash);
}

TEST(Run, AnotherSeedIsAnotherRun) {
  faults::FaultPlan other = commit_plan();
  ++other.seed;
  EXPECT_NE(run(commit_plan(), {}).hash, run(other, {}).hash);
}

TEST(Run, WhoWatchesChangesNothing) {
  class Counting final : public history::EventSink {
   public:
    void on_event(const history::Event&) override { ++events; }
    std::uint64_t events = 0;
  } counting;
  const RunResult watched = run(commit_plan(), {.sinks = {&counting}});
  EXPECT_GT(counting.events, 1000u);
  EXPECT_EQ(watched.hash, run(commit_plan(), {}).hash);
}

TEST(Run, TheTimeOfDayDecidesNothing) {
  faults::FaultPlan plan = buffer_plan();
  plan = plan_of(
      "seed 5\n"
      "cluster nodes=2 workers=1 durability=buffer clients=4 documents=1 load=10s\n"
      "at 1s skew node-1 +40s for 5s\n"
      "at 2s freeze node-2 for 6s\n"
      "at 3s strobe worker-1 3d for 4s\n"
      "at 3s skew client-1 -40d for 4s\n");
  EXPECT_EQ(run(plan, {}).hash, run(plan, {.true_wall_clocks = true}).hash);
}

TEST(Run, SaysWhenItHasShownNothing) {
  const auto unnoticed = plan_of(
      "seed 1\n"
      "cluster clients=2 documents=1 load=25s\n"
      "at 24s freeze client-1 for 1ms\n");
  const RunResult result = run(unnoticed, {});
  EXPECT_EQ(result.verdict, RunVerdict::vacuous);
  EXPECT_EQ(result.vacuous_because, "no fault was noticed by anybody");

  const auto silent = plan_of("seed 1\ncluster clients=1 documents=1 load=1ms\n");
  EXPECT_EQ(run(silent, {}).vacuous_because, "nobody typed anything");
}

TEST(Run, ReportsWhatACheckerSays) {
  const RunResult result = run(commit_plan(), {.always_fail = true});
  EXPECT_EQ(result.verdict, RunVerdict::correctness);
  ASSERT_EQ(result.violations.size(), 1u);
  EXPECT_EQ(result.violations.front().checker, "canary");
}

TEST(Run, PrintsATraceOfAWindow) {
  std::vector<std::string> lines;
  run(commit_plan(), {.trace_first = 100,
                      .trace_last = 101,
                      .trace_sink = [&](std::string_view line) { lines.emplace_back(line); }});
  ASSERT_GE(lines.size(), 2u);
  EXPECT_TRUE(lines.front().starts_with("event 100 "));
  EXPECT_THAT(lines, testing::Not(testing::Contains(testing::StartsWith("event 102 "))));
}

// What checkers rely on.
TEST(Run, TellsAWholeHistory) {
  class Kinds final : public history::EventSink {
   public:
    void on_event(const history::Event& event) override {
      ++seen[event.content.index()];
      ended = std::holds_alternative<history::Ended>(event.content);
      if (std::holds_alternative<history::ColdRead>(event.content)) {
        cold_reads_at_end += std::get<history::ColdRead>(event.content).at_end ? 1 : 0;
      }
      EXPECT_GE(event.at, last);
      last = event.at;
    }
    std::map<std::size_t, std::uint64_t> seen;
    std::uint64_t cold_reads_at_end = 0;
    bool ended = false;
    Duration last{0};
  } kinds;
  const auto plan = plan_of(
      "seed 9\n"
      "cluster nodes=2 workers=2 durability=buffer clients=6 documents=2 load=20s "
      "options=everysec,short-history,short-intervals\n"
      "at 8s lose-tail redis 900ms for 500ms\n"
      "at 12s crash node-1 for 1s\n");
  run(plan, {.sinks = {&kinds}, .tells_messages = true});
  EXPECT_TRUE(kinds.ended);
  EXPECT_EQ(kinds.cold_reads_at_end, plan.cluster.documents);
  for (std::size_t kind = 0; kind < std::variant_size_v<history::EventContent>; ++kind) {
    EXPECT_TRUE(kinds.seen.contains(kind)) << kind;
  }
}

}  // namespace
}  // namespace syncline::sim
