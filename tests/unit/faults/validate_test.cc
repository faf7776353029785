#include "faults/plan/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace syncline::faults {
namespace {

using ::testing::HasSubstr;

PlanCluster buffer_cluster() {
  PlanCluster cluster;
  cluster.durability = Durability::buffer;
  return cluster;
}

PlanCluster embedded_cluster() {
  PlanCluster cluster;
  cluster.nodes = 1;
  cluster.embedded = true;
  return cluster;
}

std::string problem(const PlanCluster& cluster) { return problem_of(cluster).value_or("none"); }

std::string problem(const PlanCluster& cluster, Fault fault) {
  fault.id = 1;
  if (fault_kind_info(fault.kind).lasts && fault.duration == Duration{0}) {
    fault.duration = seconds(1);
  }
  return problem_of(cluster, fault).value_or("none");
}

std::string link_problem(const PlanCluster& cluster, std::string one, std::string other) {
  return problem(cluster, {.kind = FaultKind::cut, .target = one, .other = other});
}

TEST(validate, clusters_within_their_ranges) {
  EXPECT_EQ(problem(PlanCluster{}), "none");
  EXPECT_EQ(problem(buffer_cluster()), "none");
  EXPECT_EQ(problem(embedded_cluster()), "none");
  EXPECT_EQ(problem({.nodes = 0}), "nodes=0 is not between 1 and 9");
  EXPECT_EQ(problem({.clients = 5'000}), "clients=5000 is not between 1 and 1000");
  EXPECT_THAT(problem({.load = Duration{0}}), HasSubstr("load=0s is not between"));
}

TEST(validate, clusters_whose_parts_fit) {
  EXPECT_EQ(problem({.embedded = true}), "store=embedded has one node");
  PlanCluster embedded = embedded_cluster();
  embedded.durability = Durability::buffer;
  EXPECT_EQ(problem(embedded), "store=embedded has no durability=buffer");
  PlanCluster no_workers = buffer_cluster();
  no_workers.workers = 0;
  EXPECT_EQ(problem(no_workers), "workers=0 is not between 1 and 9");
  EXPECT_EQ(problem({.options = {"deletes", "big-pastes"}}),
            "the options are not in alphabetical order");
  EXPECT_EQ(problem({.options = {"deletes", "deletes"}}), "the option 'deletes' is given twice");
}

TEST(validate, targets_that_are_there) {
  const auto crash = [](const PlanCluster& cluster, std::string target) {
    return problem(cluster, {.kind = FaultKind::crash, .target = std::move(target)});
  };
  EXPECT_EQ(crash({}, "node-3"), "none");
  EXPECT_EQ(crash({}, "nodes"), "none");
  EXPECT_EQ(crash({}, "node-4"), "there is no node-4; the last is node-3");
  EXPECT_EQ(crash({}, "worker-1"), "there are no workers without durability=buffer");
  EXPECT_EQ(crash(buffer_cluster(), "worker-2"), "none");
  EXPECT_EQ(crash({.gateway = false}, "gateway"), "there is no gateway with gateway=off");
  EXPECT_EQ(crash(embedded_cluster(), "redis"), "there is no redis with store=embedded");
  EXPECT_EQ(crash({}, "somebody"), "'somebody' is nobody in a cluster");
  EXPECT_EQ(crash(embedded_cluster(), "store"), "crash cannot happen to store");
  EXPECT_EQ(problem({}, {.kind = FaultKind::offline, .target = "node-1"}),
            "offline cannot happen to node-1");
  EXPECT_EQ(problem({}, {.kind = FaultKind::rolling_restart, .target = "node-1"}),
            "rolling-restart is of all 'nodes'");
}

TEST(validate, links_that_exist) {
  EXPECT_EQ(link_problem({}, "node-1", "redis"), "none");
  EXPECT_EQ(link_problem({}, "postgres", "nodes"), "none");
  EXPECT_EQ(link_problem({}, "client-1", "gateway"), "none");
  EXPECT_EQ(link_problem({.gateway = false}, "client-1", "node-1"), "none");
  EXPECT_EQ(link_problem({}, "client-1", "node-1"),
            "clients reach nodes through the gateway, unless there is gateway=off");
  EXPECT_EQ(link_problem({}, "node-1", "node-2"),
            "nodes do not talk to each other but through redis");
  EXPECT_EQ(link_problem({}, "client-1", "redis"), "client-1 and redis do not talk to each other");
  EXPECT_EQ(link_problem({}, "worker-1", "redis"),
            "there are no workers without durability=buffer");
  EXPECT_EQ(link_problem({}, "node-1", ""), "'' is nobody in a cluster");
}

TEST(validate, parameters_that_make_sense) {
  EXPECT_EQ(problem({}, {.kind = FaultKind::crash, .target = "node-1", .amount = seconds(1)}),
            "crash takes no amount");
  EXPECT_EQ(problem({}, {.kind = FaultKind::skew, .target = "node-1", .amount = seconds(-1)}),
            "none");
  EXPECT_EQ(problem({}, {.kind = FaultKind::strobe, .target = "node-1", .amount = seconds(-1)}),
            "strobe cannot be by less than nothing");
  EXPECT_EQ(problem({}, {.kind = FaultKind::drop_messages, .target = "redis", .every = 0}),
            "'every 0' is never; every 1 is each");
  EXPECT_EQ(problem({}, {.kind = FaultKind::drift, .target = "node-1", .ppm = -1'000'000}),
            "a clock drifts by -900000ppm to 9000000ppm");
  EXPECT_EQ(problem({}, {.kind = FaultKind::flush, .target = "redis", .duration = seconds(1)}),
            "flush is over at once; it has no 'for'");
}

TEST(validate, triggers_that_can_come) {
  const auto at = [](const PlanCluster& cluster, FaultTrigger trigger) {
    return problem(cluster,
                   {.kind = FaultKind::crash, .target = "node-1", .trigger = std::move(trigger)});
  };
  EXPECT_EQ(at({}, {seconds(29)}), "none");
  EXPECT_EQ(at({}, {seconds(30)}), "it would begin at 30s, when the load of 30s is over");
  EXPECT_EQ(at({}, {seconds(1), "trim"}), "'trim' never happens without durability=buffer");
  EXPECT_EQ(at(buffer_cluster(), {seconds(1), "trim"}), "none");
  EXPECT_EQ(at(embedded_cluster(), {seconds(1), "redis-reconnect"}),
            "'redis-reconnect' never happens with store=embedded");
  EXPECT_EQ(at({}, {seconds(1), "dinner"}), "there is no event 'dinner'");
  EXPECT_EQ(at({}, {seconds(1), "append-arrives", 0}),
            "there is no 0th occurrence; the first is the 1st");
}

TEST(validate, numbers_are_given_once) {
  const Fault flush{.id = 3, .kind = FaultKind::flush, .target = "redis"};
  EXPECT_EQ(problem_of(FaultPlan{.faults = {flush}}), std::nullopt);
  EXPECT_EQ(problem_of(FaultPlan{.faults = {flush, flush}}), "fault 3: the number is taken");
}

}  // namespace
}  // namespace syncline::faults
