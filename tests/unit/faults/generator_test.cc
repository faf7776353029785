#include "faults/plan/generator.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "faults/plan/aim.h"
#include "faults/plan/fault_kind.h"
#include "faults/plan/option.h"
#include "faults/plan/parser.h"
#include "faults/plan/party_name.h"
#include "faults/plan/plan_random.h"
#include "faults/plan/printer.h"
#include "faults/plan/probe.h"
#include "faults/plan/recoverable.h"
#include "faults/plan/validate.h"

namespace syncline::faults {
namespace {

constexpr std::uint64_t seeds = 1'000;

class GeneratorTest : public ::testing::TestWithParam<ProfileInfo> {};

TEST_P(GeneratorTest, every_plan_is_valid_and_reads_back) {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const FaultPlan plan = generate(seed, GetParam().profile);
    EXPECT_EQ(problem_of(plan), std::nullopt) << seed;
    const Result<FaultPlan> read = parse_plan(print_plan(plan));
    ASSERT_TRUE(read.ok()) << read.error().detail;
    EXPECT_EQ(*read, plan) << seed;
  }
}

TEST_P(GeneratorTest, every_plan_is_recoverable) {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    EXPECT_TRUE(is_recoverable(generate(seed, GetParam().profile))) << seed;
  }
}

TEST_P(GeneratorTest, people_can_type_before_the_first_fault) {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    for (const Fault& fault : generate(seed, GetParam().profile).faults) {
      const bool is_clock = fault.kind >= FaultKind::skew && fault.kind <= FaultKind::strobe;
      EXPECT_TRUE(is_clock || fault.trigger.at >= seconds(2)) << seed << " " << print_fault(fault);
    }
  }
}

TEST_P(GeneratorTest, the_same_seed_gives_the_same_plan_and_another_one_another) {
  std::set<std::string> texts;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const std::string text = print_plan(generate(seed, GetParam().profile));
    EXPECT_EQ(text, print_plan(generate(seed, GetParam().profile)));
    texts.insert(text);
  }
  EXPECT_EQ(texts.size(), 100U);
}

TEST_P(GeneratorTest, a_plan_is_one_screen) {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const std::string text = print_plan(generate(seed, GetParam().profile));
    EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 43) << text;
  }
}

INSTANTIATE_TEST_SUITE_P(profiles, GeneratorTest,
                         ::testing::ValuesIn(all_profiles().begin(), all_profiles().end()),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(generator, ci_comes_to_every_kind_option_and_size) {
  std::set<FaultKind> kinds;
  std::set<std::string> options;
  std::set<std::uint32_t> nodes;
  std::set<std::string> probes;
  std::uint64_t embedded = 0;
  std::uint64_t buffer = 0;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const FaultPlan plan = generate(seed, Profile::ci);
    options.insert(plan.cluster.options.begin(), plan.cluster.options.end());
    nodes.insert(plan.cluster.nodes);
    embedded += plan.cluster.embedded ? 1 : 0;
    buffer += plan.cluster.durability == Durability::buffer ? 1 : 0;
    for (const Fault& fault : plan.faults) {
      kinds.insert(fault.kind);
      if (!fault.trigger.probe.empty()) probes.insert(fault.trigger.probe);
    }
  }
  EXPECT_EQ(kinds.size(), fault_kind_count);
  // commit-without-buffer is left to plans.
  EXPECT_EQ(options.size(), option_count - 1);
  EXPECT_EQ(nodes, (std::set<std::uint32_t>{1, 2, 3, 4, 5}));
  EXPECT_EQ(probes.size(), all_probes().size());
  EXPECT_GT(embedded, seeds / 50);
  EXPECT_GT(buffer, seeds / 3);
}

TEST(generator, each_seed_switches_other_kinds_on) {
  // Swarm testing: a plan with ten faults has few kinds, not ten.
  std::uint64_t narrow = 0;
  std::uint64_t wide = 0;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const FaultPlan plan = generate(seed, Profile::big);
    std::set<FaultKind> kinds;
    for (const Fault& fault : plan.faults) kinds.insert(fault.kind);
    narrow += kinds.size() <= 5 ? 1 : 0;
    wide += kinds.size() >= 12 ? 1 : 0;
  }
  EXPECT_GT(narrow, seeds / 20);
  EXPECT_GT(wide, seeds / 20);
}

TEST(generator, lite_has_crashes_only) {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const FaultPlan plan = generate(seed, Profile::lite);
    EXPECT_FALSE(plan.faults.empty()) << seed;
    for (const Fault& fault : plan.faults) EXPECT_EQ(fault.kind, FaultKind::crash);
  }
}

TEST(generator, clocks_are_wrong_by_years_somewhere) {
  bool years = false;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    for (const Fault& fault : generate(seed, Profile::clocks).faults) {
      const bool of_client = fault.target.starts_with("client");
      years |= of_client && std::chrono::abs(fault.amount) > std::chrono::hours(24 * 365 * 5);
    }
  }
  EXPECT_TRUE(years);
}

TEST(generator, snapshots_are_expected_only_where_they_come) {
  PlanCluster cluster;
  EXPECT_FALSE(has_snapshots(cluster));
  add_option(cluster, Option::short_intervals);
  EXPECT_TRUE(has_snapshots(cluster));
}

TEST(plan_random, seeds_of_a_text_are_its_own_and_repeat) {
  EXPECT_EQ(seed_of("3f2a", 0), seed_of("3f2a", 0));
  std::set<std::uint64_t> all;
  for (std::uint64_t index = 0; index < 1'000; ++index) {
    all.insert(seed_of("3f2a", index));
    all.insert(seed_of("3f2b", index));
  }
  EXPECT_EQ(all.size(), 2'000U);
}

TEST(plan_random, does_not_change_from_one_compiler_to_another) {
  PlanRandom random(1, "cluster");
  EXPECT_EQ(random.next(), 4853159903543316118U);
  EXPECT_EQ(seed_of("", 0), 14087677454934409008U);
}

TEST(plan_random, log_between_reaches_both_ends) {
  PlanRandom random(7, "durations");
  Duration low = seconds(100);
  Duration high{0};
  for (int draw = 0; draw < 2'000; ++draw) {
    const Duration drawn = random.log_between(milliseconds(100), seconds(5));
    EXPECT_EQ(drawn % milliseconds(100), Duration{0});
    low = std::min(low, drawn);
    high = std::max(high, drawn);
  }
  EXPECT_EQ(low, milliseconds(100));
  EXPECT_EQ(high, seconds(5));
  EXPECT_EQ(random.log_between(seconds(1), seconds(1)), seconds(1));
}

}  // namespace
}  // namespace syncline::faults
