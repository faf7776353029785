#include "faults/plan/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace syncline::faults {
namespace {

using ::testing::HasSubstr;

FaultPlan parsed(std::string_view text) {
  Result<FaultPlan> plan = parse_plan(text);
  EXPECT_TRUE(plan.ok()) << (plan.ok() ? "" : plan.error().detail);
  return plan.ok() ? *plan : FaultPlan{};
}

std::string error_of(std::string_view text) {
  const Result<FaultPlan> plan = parse_plan(text);
  return plan.ok() ? "no error" : plan.error().detail;
}

// Of one fault in a cluster that has everything but the embedded store.
std::string fault_error(const std::string& line) {
  return error_of("seed 1\ncluster nodes=3 workers=2 durability=buffer clients=4\n" + line + "\n");
}

Fault only_fault(const std::string& line) {
  const FaultPlan plan =
      parsed("seed 1\ncluster nodes=3 workers=2 durability=buffer clients=4\n" + line + "\n");
  EXPECT_EQ(plan.faults.size(), 1U);
  return plan.faults.empty() ? Fault{} : plan.faults.front();
}

TEST(parser, reads_a_whole_plan) {
  const FaultPlan plan = parsed(R"(# Redis goes away while a node drains.
seed 4711
cluster nodes=3 shards=2 workers=2 durability=buffer clients=6 documents=2 options=everysec,deletes

at 10s    restart   node-1            for 5s   # it drains
at 10.4s  failover  redis    200ms    for 1s
)");
  EXPECT_EQ(plan.seed, 4711U);
  EXPECT_EQ(plan.cluster.nodes, 3U);
  EXPECT_EQ(plan.cluster.shards, 2U);
  EXPECT_EQ(plan.cluster.durability, Durability::buffer);
  EXPECT_EQ(plan.cluster.load, seconds(30));
  EXPECT_EQ(plan.cluster.options, (std::vector<std::string>{"deletes", "everysec"}));
  ASSERT_EQ(plan.faults.size(), 2U);
  EXPECT_EQ(plan.faults[0], (Fault{.id = 1,
                                   .kind = FaultKind::restart,
                                   .target = "node-1",
                                   .trigger = {seconds(10)},
                                   .duration = seconds(5)}));
  EXPECT_EQ(plan.faults[1], (Fault{.id = 2,
                                   .kind = FaultKind::failover,
                                   .target = "redis",
                                   .trigger = {milliseconds(10'400)},
                                   .duration = seconds(1),
                                   .amount = milliseconds(200)}));
}

TEST(parser, a_seed_is_enough) { EXPECT_EQ(parsed("seed 9"), (FaultPlan{.seed = 9})); }

TEST(parser, reads_links) {
  const Fault cut = only_fault("at 1s cut node-2 - redis for 5s");
  EXPECT_EQ(cut.target, "node-2");
  EXPECT_EQ(cut.other, "redis");
  const Fault one_way = only_fault("at 1s one-way nodes > postgres for 5s");
  EXPECT_EQ(one_way.kind, FaultKind::one_way);
  EXPECT_EQ(one_way.target, "nodes");
}

TEST(parser, reads_triggers) {
  EXPECT_EQ(only_fault("when trim crash worker-1 for 1s").trigger, (FaultTrigger{{}, "trim", 1}));
  EXPECT_EQ(only_fault("when 3rd append-arrives after 5s pause node-1 for 1s").trigger,
            (FaultTrigger{seconds(5), "append-arrives", 3}));
}

TEST(parser, reads_parameters) {
  EXPECT_EQ(only_fault("at 1s skew node-3 -40s for 10s").amount, seconds(-40));
  EXPECT_EQ(only_fault("at 1s drift client-2 200000ppm for 20s").ppm, 200'000);
  EXPECT_EQ(only_fault("at 1s drift client-2 -500ppm for 20s").ppm, -500);
  EXPECT_EQ(only_fault("at 1s drop-messages redis every 3 for 10s").every, 3U);
  EXPECT_EQ(only_fault("at 1s drop-messages redis for 10s").every, 1U);
}

TEST(parser, sorts_by_time_and_keeps_the_numbers_of_the_lines) {
  const FaultPlan plan =
      parsed("seed 1\nat 9s flush redis\nat 3s flush redis\n7: at 5s flush redis");
  ASSERT_EQ(plan.faults.size(), 3U);
  EXPECT_EQ(plan.faults[0].id, 2U);
  EXPECT_EQ(plan.faults[1].id, 7U);
  EXPECT_EQ(plan.faults[2].id, 1U);
}

TEST(parser, an_error_says_where_and_what_and_shows_the_line) {
  EXPECT_EQ(error_of("seed 1\n\tat 10s  crash node-1 for soon  # sic\n"),
            "line 2, column 27: expected a duration (2s, 500ms, 1.5min), found 'soon'\n"
            "   at 10s  crash node-1 for soon  # sic\n"
            "                            ^");
}

TEST(parser, an_unknown_word_is_answered_with_those_that_would_do) {
  EXPECT_THAT(fault_error("at 1s crsh node-1 for 2s"),
              HasSubstr("expected a kind of fault (cut, "));
  EXPECT_THAT(fault_error("when sneezing crash node-1 for 2s"),
              HasSubstr("expected an event (append-arrives, "));
  EXPECT_THAT(error_of("seed 1\ncluster options=deletes,fast"),
              HasSubstr("column 25: expected an option (big-pastes, "));
  EXPECT_THAT(error_of("seed 1\ncluster nodse=3"), HasSubstr("expected one of nodes=, "));
  EXPECT_THAT(error_of("hello"), HasSubstr("expected 'seed', 'cluster', 'at' or 'when'"));
}

TEST(parser, says_what_is_missing) {
  EXPECT_THAT(error_of(""), HasSubstr("the plan has no line 'seed NUMBER'"));
  EXPECT_THAT(error_of("seed"), HasSubstr("found the end of the line"));
  EXPECT_THAT(fault_error("at 1s crash node-1"), HasSubstr("column 20: expected 'for'"));
  EXPECT_THAT(fault_error("at 1s cut node-1 redis for 1s"), HasSubstr("expected '-'"));
  EXPECT_THAT(fault_error("at 1s one-way node-1 - redis for 1s"), HasSubstr("expected '>'"));
  EXPECT_THAT(fault_error("at 1s delay node-1 - redis for 1s"), HasSubstr("expected a duration"));
  EXPECT_THAT(fault_error("at 1s drift node-1 200 for 1s"), HasSubstr("expected a drift"));
}

TEST(parser, says_what_is_too_much) {
  EXPECT_THAT(error_of("seed 1 2"), HasSubstr("expected the end of the line, found '2'"));
  EXPECT_THAT(error_of("seed 1\nseed 2"), HasSubstr("there is a seed already"));
  EXPECT_THAT(error_of("seed 1\ncluster nodes=1 nodes=2"), HasSubstr("'nodes' is given twice"));
  EXPECT_THAT(error_of("seed 1\nat 1s flush redis\ncluster nodes=1"),
              HasSubstr("the cluster must stand before the first fault"));
  EXPECT_THAT(fault_error("at 1s flush redis for 1s"), HasSubstr("expected the end of the line"));
  EXPECT_THAT(fault_error("1: at 1s flush redis\n1: at 2s flush redis"),
              HasSubstr("line 4, column 1: there is a fault 1 already"));
  EXPECT_THAT(error_of("seed 18446744073709551616"), HasSubstr("expected a number"));
}

TEST(parser, a_fault_must_fit_the_cluster) {
  EXPECT_THAT(fault_error("at 1s crash node-4 for 2s"),
              HasSubstr("line 3, column 13: there is no node-4; the last is node-3"));
}

}  // namespace
}  // namespace syncline::faults
