// The usual architecture breaks each promise, and breaks none where nothing provokes it: a model
// that could not keep a promise would prove nothing.

#include "sim/demo/failure.h"
#include "sim/demo/usual/cluster.h"
#include "sim/picture/page.h"
#include "tests/unit/sim/demo/typing.h"

namespace syncline::demo {
namespace {

Observations usual(const faults::FaultPlan& plan, const UsualSetting& setting) {
  const Workload workload = typed_on(plan);
  return UsualCluster(plan, setting, workload, {}, nullptr).run();
}

class UsualFails : public testing::TestWithParam<const Failure*> {};

TEST_P(UsualFails, InNearlyEverySeed) {
  int violated = 0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const auto seen = usual(GetParam()->plan(seed), GetParam()->setting);
    const Measurement found = GetParam()->measure(seen, Side::usual, seed);
    if (found.violated()) ++violated;
    RecordProperty("seed-" + std::to_string(seed), found.sentence);
  }
  EXPECT_GE(violated, 4);
}

INSTANTIATE_TEST_SUITE_P(Demo, UsualFails, testing::ValuesIn(all_failures()), [](const auto& of) {
  return "Failure" + std::to_string(of.param->number);
});

// One server, true clocks, no faults, one person a paragraph at a time: nothing to complain about.
faults::FaultPlan calm_plan() {
  faults::FaultPlan plan;
  plan.cluster.nodes = 1;
  plan.cluster.clients = 1;
  plan.cluster.documents = 1;
  plan.cluster.load = seconds(20);
  return plan;
}

TEST(Usual, KeepsItsPromisesWhenNothingHappens) {
  for (const auto saving : {UsualSetting::Saving::rows, UsualSetting::Saving::snapshots}) {
    const auto seen = usual(calm_plan(), {.saving = saving});
    EXPECT_GT(seen.fates.size(), 30u);
    for (const Fate& fate : seen.fates) EXPECT_TRUE(fate.typed && fate.acknowledged);
    EXPECT_FALSE(measure_acknowledged_edits(seen).violated());
    EXPECT_FALSE(measure_continuity(seen).violated());
    EXPECT_FALSE(measure_write_transactions(seen).violated());
  }
}

TEST(Usual, OneServerShowsEditsAtOnce) {
  auto plan = failure_1_polling.plan(1);
  plan.cluster.nodes = 1;
  const auto seen = usual(plan, failure_1_polling.setting);
  ASSERT_GT(seen.sightings.size(), 100u);
  std::size_t late = 0;
  for (const Sighting& sighting : seen.sightings) {
    if (sighting.at - *seen.fates[sighting.press].typed > at_once) ++late;
  }
  EXPECT_EQ(late, 0u);
}

TEST(Usual, LosesNothingInACrashIfEachKeystrokeIsARow) {
  auto plan = failure_3_snapshots.plan(1);
  plan.cluster.clients = 2;  // One a document: nobody overwrites anybody.
  UsualSetting setting = failure_3_snapshots.setting;
  setting.saving = UsualSetting::Saving::rows;
  EXPECT_FALSE(measure_acknowledged_edits(usual(plan, setting)).violated());
  EXPECT_TRUE(measure_acknowledged_edits(usual(plan, failure_3_snapshots.setting)).violated());
}

TEST(Usual, TrueClocksLoseFarLessThanWrongOnes) {
  const auto lost = [](const Observations& seen) {
    return std::count_if(seen.fates.begin(), seen.fates.end(),
                         [](const Fate& fate) { return fate.acknowledged && !fate.remains; });
  };
  std::ptrdiff_t with_wrong = 0;
  std::ptrdiff_t with_true = 0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    auto plan = failure_2_clocks.plan(seed);
    with_wrong += lost(usual(plan, failure_2_clocks.setting));
    plan.faults.clear();
    with_true += lost(usual(plan, failure_2_clocks.setting));
  }
  EXPECT_GT(with_wrong, 3 * with_true) << with_true << " with true clocks";
}

TEST(Usual, IsTheSameTwice) {
  const auto plan = failure_4_sticky.plan(3);
  const auto once = usual(plan, failure_4_sticky.setting);
  const auto again = usual(plan, failure_4_sticky.setting);
  ASSERT_EQ(once.sightings.size(), again.sightings.size());
  for (std::size_t i = 0; i < once.sightings.size(); ++i) {
    ASSERT_EQ(once.sightings[i].at, again.sightings[i].at) << i;
  }
}

TEST(Usual, ItsPictureMarksAPromiseAndItsLoss) {
  const auto plan = failure_3_snapshots.plan(1);
  const Workload workload = typed_on(plan);
  picture::HistoryScene history(plan);
  UsualCluster cluster(plan, failure_3_snapshots.setting, workload, {}, &history);
  const Measurement found = measure_acknowledged_edits(cluster.run());
  ASSERT_TRUE(found.press);
  cluster.point_at(*found.press);
  const picture::Scene scene = history.finish({{"P3", found.at, found.sentence}});
  ASSERT_TRUE(scene.acknowledgement && scene.loss);
  EXPECT_EQ(scene.marks[*scene.acknowledgement].edits, std::vector<std::uint64_t>{*found.press});
  EXPECT_NE(scene.marks[*scene.loss].text.find("lost with the memory of node-"), std::string::npos);
  EXPECT_EQ(scene.bands.size(), 2u);
  EXPECT_GT(scene.messages.size(), 1000u);
}

}  // namespace
}  // namespace syncline::demo
