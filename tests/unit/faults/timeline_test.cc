#include "faults/plan/timeline.h"

#include <gtest/gtest.h>

#include "faults/plan/composites.h"
#include "faults/plan/parser.h"
#include "faults/plan/validate.h"

namespace syncline::faults {
namespace {

class TimelineTest : public ::testing::Test {
 protected:
  bool reserve(const std::string& line) {
    const Result<FaultPlan> plan = parse_plan("seed 1\ncluster load=30s clients=4\n" + line);
    EXPECT_TRUE(plan.ok()) << (plan.ok() ? "" : plan.error().detail);
    return plan.ok() && timeline.reserve(plan->faults.front());
  }

  Timeline timeline{PlanCluster{}, seconds(2)};
};

TEST_F(TimelineTest, leaves_a_party_alone_for_a_while) {
  EXPECT_TRUE(reserve("at 10s crash node-1 for 1s"));
  EXPECT_FALSE(reserve("at 10.5s pause node-1 for 1s"));
  EXPECT_FALSE(reserve("at 12.9s pause node-1 for 1s"));
  EXPECT_FALSE(reserve("at 7.5s pause node-1 for 1s"));
  EXPECT_TRUE(reserve("at 13s pause node-1 for 1s"));
  EXPECT_TRUE(reserve("at 10s pause node-2 for 1s"));
}

TEST_F(TimelineTest, a_link_is_one_whichever_end_is_named_first) {
  EXPECT_TRUE(reserve("at 10s cut node-1 - redis for 1s"));
  EXPECT_FALSE(reserve("at 10s one-way redis > node-1 for 1s"));
  EXPECT_TRUE(reserve("at 10s one-way redis > node-2 for 1s"));
}

TEST_F(TimelineTest, a_group_is_its_members) {
  EXPECT_TRUE(reserve("at 10s crash node-3 for 1s"));
  EXPECT_FALSE(reserve("at 10s pause nodes for 1s"));
  EXPECT_TRUE(reserve("at 20s pause nodes for 1s"));
  EXPECT_FALSE(reserve("at 20s crash node-2 for 1s"));
}

TEST_F(TimelineTest, a_clock_is_not_its_process) {
  EXPECT_TRUE(reserve("at 0s skew node-1 +1s for 30s"));
  EXPECT_TRUE(reserve("at 10s crash node-1 for 1s"));
  EXPECT_FALSE(reserve("at 10s freeze node-1 for 1s"));
}

TEST_F(TimelineTest, nobody_is_faulty_for_more_than_a_third_of_the_load) {
  EXPECT_FALSE(reserve("at 2s crash node-1 for 11s"));
  EXPECT_TRUE(reserve("at 2s crash node-1 for 6s"));
  EXPECT_FALSE(reserve("at 15s crash node-1 for 5s"));
  EXPECT_TRUE(reserve("at 15s crash node-1 for 4s"));
}

TEST_F(TimelineTest, everybody_is_stopped_for_no_more_than_half_of_the_load) {
  EXPECT_TRUE(reserve("at 2s crash redis for 9s"));
  EXPECT_TRUE(reserve("at 12s crash gateway for 5s"));
  EXPECT_FALSE(reserve("at 18s crash postgres for 5s"));
  EXPECT_FALSE(reserve("at 18s cut nodes - postgres for 5s"));
  EXPECT_TRUE(reserve("at 18s cut node-1 - postgres for 5s"));
}

TEST(composites, are_valid_faults_within_their_time) {
  PlanRandom random(3, "composites");
  for (std::uint32_t nodes = 1; nodes <= 5; ++nodes) {
    for (std::size_t number = 0; number < composite_count; ++number) {
      PlanCluster cluster;
      cluster.nodes = nodes;
      const std::vector<Fault> faults = generate_composite(
          random, cluster, static_cast<Composite>(number), seconds(5), seconds(8));
      EXPECT_EQ(faults.empty(), nodes == 1 || (nodes == 2 && number == 1)) << nodes << number;
      for (Fault fault : faults) {
        fault.id = 1;
        EXPECT_EQ(problem_of(cluster, fault), std::nullopt);
        EXPECT_GE(fault.trigger.at, seconds(5));
        EXPECT_LE(fault.trigger.at + fault.duration, seconds(13));
      }
    }
  }
}

TEST(composites, a_bridge_leaves_one_node_with_both) {
  PlanRandom random(3, "composites");
  PlanCluster cluster;
  const std::vector<Fault> faults =
      generate_composite(random, cluster, Composite::bridge, seconds(5), seconds(8));
  ASSERT_EQ(faults.size(), 2U);
  EXPECT_EQ(faults[0].target, "node-1");
  EXPECT_EQ(faults[0].other, "redis");
  EXPECT_EQ(faults[1].target, "node-3");
  EXPECT_EQ(faults[1].other, "postgres");
}

TEST(composites, a_swizzle_heals_in_another_order) {
  PlanRandom random(3, "composites");
  PlanCluster cluster;
  cluster.nodes = 5;
  const std::vector<Fault> faults =
      generate_composite(random, cluster, Composite::swizzle, seconds(5), seconds(8));
  bool another_order = false;
  for (const Fault& one : faults) {
    for (const Fault& other : faults) {
      another_order |= one.trigger.at < other.trigger.at &&
                       one.trigger.at + one.duration > other.trigger.at + other.duration;
    }
  }
  EXPECT_TRUE(another_order);
}

}  // namespace
}  // namespace syncline::faults
