#include "faults/plan/shrinker.h"

#include <algorithm>
#include <functional>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "faults/plan/generator.h"
#include "faults/plan/parser.h"
#include "faults/plan/plan_cuts.h"
#include "faults/plan/printer.h"
#include "faults/plan/validate.h"

namespace syncline::faults {
namespace {

// Fails as a test says, and never runs what cannot be run.
class SyntheticTrial final : public TrialRun {
 public:
  explicit SyntheticTrial(std::function<bool(const FaultPlan&)> fails) : fails_(std::move(fails)) {}

  std::optional<Duration> failure_of(const FaultPlan& plan) override {
    EXPECT_EQ(problem_of(plan), std::nullopt) << print_plan(plan);
    ++runs;
    if (!fails_(plan)) return {};
    return failed_at.value_or(plan.cluster.load + seconds(10));
  }
  bool is_time_up() override { return runs >= runs_until_time_is_up; }

  std::optional<Duration> failed_at;
  std::uint32_t runs = 0;
  std::uint32_t runs_until_time_is_up = 1'000'000;

 private:
  std::function<bool(const FaultPlan&)> fails_;
};

constexpr Duration at_the_end = seconds(1'000);

FaultPlan parsed(const std::string& text) {
  const Result<FaultPlan> plan = parse_plan(text);
  EXPECT_TRUE(plan.ok()) << (plan.ok() ? "" : plan.error().detail);
  return plan.ok() ? *plan : FaultPlan{};
}

bool has(const FaultPlan& plan, FaultKind kind) {
  return std::any_of(plan.faults.begin(), plan.faults.end(),
                     [kind](const Fault& fault) { return fault.kind == kind; });
}

const std::string big_plan =
    "seed 7\n"
    "cluster nodes=5 shards=3 workers=3 durability=buffer clients=20 documents=4 load=60s "
    "options=deletes,everysec"
    R"(
at 3s crash node-5 for 2s
at 5s flush redis
at 8s skew node-2 +40s for 10s
at 10.25s pause workers for 3s
when 5th trim after 12s crash worker-3 for 2s
at 14s cut nodes - redis for 5s
at 20s offline client-17 for 4s
at 25s drift client-3 200000ppm for 20s
at 30s delay node-1 - postgres 200ms for 10s
at 40s malformed client-20
)";

TEST(shrinker, finds_two_faults_and_two_clients) {
  SyntheticTrial trial([](const FaultPlan& plan) {
    return has(plan, FaultKind::flush) && has(plan, FaultKind::pause) && plan.cluster.clients >= 2;
  });
  const Shrunk shrunk = shrink(parsed(big_plan), at_the_end, trial, 1'000);
  EXPECT_TRUE(shrunk.minimal);
  EXPECT_EQ(
      print_plan(shrunk.plan),
      "seed 7\n"
      "cluster nodes=1 shards=1 workers=1 durability=buffer gateway=off clients=2 documents=1 "
      "load=10.1s edits=1\n"
      R"(
2: at 5s flush redis
4: at 10s pause worker-1 for 0s
)");
  EXPECT_EQ(shrunk.before.faults, 10U);
  EXPECT_EQ(shrunk.after.faults, 2U);
  EXPECT_EQ(shrunk.runs, trial.runs);
}

TEST(shrinker, needs_no_faults_if_none_is_to_blame) {
  SyntheticTrial trial([](const FaultPlan& plan) { return plan.cluster.documents >= 3; });
  const Shrunk shrunk = shrink(parsed(big_plan), at_the_end, trial, 1'000);
  EXPECT_EQ(print_plan(shrunk.plan), R"(seed 7
cluster nodes=1 shards=1 durability=commit gateway=off clients=1 documents=3 load=100ms edits=1
)");
}

TEST(shrinker, cuts_off_what_comes_after_the_failure) {
  SyntheticTrial trial([](const FaultPlan& plan) {
    return has(plan, FaultKind::crash) && plan.cluster.load > milliseconds(12'345);
  });
  trial.failed_at = milliseconds(12'345);
  const Shrunk shrunk = shrink(parsed(big_plan), *trial.failed_at, trial, 1'000);
  EXPECT_LE(shrunk.plan.cluster.load, seconds(13));
}

TEST(shrinker, keeps_a_fault_of_somebody_with_a_high_number) {
  SyntheticTrial trial([](const FaultPlan& plan) { return has(plan, FaultKind::offline); });
  const Shrunk shrunk = shrink(parsed(big_plan), at_the_end, trial, 1'000);
  ASSERT_EQ(shrunk.plan.faults.size(), 1U);
  EXPECT_EQ(shrunk.plan.faults[0].target, "client-1");
  EXPECT_EQ(shrunk.plan.faults[0].id, 7U);
}

TEST(shrinker, makes_amounts_durations_and_occurrences_small) {
  SyntheticTrial trial([](const FaultPlan& plan) {
    return std::any_of(plan.faults.begin(), plan.faults.end(), [](const Fault& fault) {
      return fault.kind == FaultKind::delay && fault.amount >= milliseconds(30) &&
             fault.duration >= seconds(2);
    });
  });
  const Shrunk shrunk = shrink(parsed(big_plan), at_the_end, trial, 1'000);
  ASSERT_EQ(shrunk.plan.faults.size(), 1U);
  EXPECT_LT(shrunk.plan.faults[0].amount, milliseconds(60));
  EXPECT_LT(shrunk.plan.faults[0].duration, seconds(4));
}

TEST(shrinker, keeps_the_options_that_matter) {
  SyntheticTrial trial([](const FaultPlan& plan) {
    return plan.cluster.options == std::vector<std::string>{"everysec"} ||
           plan.cluster.options.size() == 2;
  });
  const Shrunk shrunk = shrink(parsed(big_plan), at_the_end, trial, 1'000);
  EXPECT_EQ(shrunk.plan.cluster.options, std::vector<std::string>{"everysec"});
}

TEST(shrinker, finds_how_many_edits_it_takes) {
  SyntheticTrial trial(
      [](const FaultPlan& plan) { return plan.cluster.edits == 0 || plan.cluster.edits >= 11; });
  const Shrunk shrunk = shrink(parsed(big_plan), at_the_end, trial, 1'000);
  EXPECT_EQ(shrunk.plan.cluster.edits, 11U);
}

TEST(shrinker, obeys_its_budgets) {
  const auto fails = [](const FaultPlan& plan) { return has(plan, FaultKind::flush); };
  SyntheticTrial runs(fails);
  const Shrunk by_runs = shrink(parsed(big_plan), at_the_end, runs, 3);
  EXPECT_EQ(runs.runs, 3U);
  EXPECT_FALSE(by_runs.minimal);
  EXPECT_TRUE(has(by_runs.plan, FaultKind::flush));

  SyntheticTrial time(fails);
  time.runs_until_time_is_up = 2;
  const Shrunk by_time = shrink(parsed(big_plan), at_the_end, time, 1'000);
  EXPECT_EQ(time.runs, 2U);
  EXPECT_FALSE(by_time.minimal);
}

TEST(shrinker, leaves_a_plan_alone_that_fails_only_as_it_is) {
  const FaultPlan plan = parsed(big_plan);
  SyntheticTrial trial([&plan](const FaultPlan& other) { return other == plan; });
  const Shrunk shrunk = shrink(plan, at_the_end, trial, 1'000);
  EXPECT_EQ(shrunk.plan, plan);
  EXPECT_TRUE(shrunk.minimal);
  EXPECT_EQ(shrunk.before, shrunk.after);
}

// Whatever two faults it takes: they are found, by few runs, and the result still fails.
RC_GTEST_PROP(shrinker, finds_any_two_faults_of_a_generated_plan, ()) {
  const FaultPlan plan = generate(*rc::gen::arbitrary<std::uint64_t>(), Profile::big);
  RC_PRE(plan.faults.size() >= 2);
  const auto any = rc::gen::inRange<std::size_t>(0, plan.faults.size());
  const std::uint32_t one = plan.faults[*any].id;
  const std::uint32_t other = plan.faults[*any].id;
  SyntheticTrial trial([&](const FaultPlan& candidate) {
    const auto present = [&candidate](std::uint32_t id) {
      return std::any_of(candidate.faults.begin(), candidate.faults.end(),
                         [id](const Fault& fault) { return fault.id == id; });
    };
    return present(one) && present(other);
  });
  const Shrunk shrunk = shrink(plan, at_the_end, trial, 2'000);
  RC_ASSERT(shrunk.minimal);
  RC_ASSERT(trial.failure_of(shrunk.plan).has_value());
  RC_ASSERT(shrunk.plan.faults.size() == (one == other ? 1U : 2U));
  RC_ASSERT(shrunk.runs < 400U);
  RC_ASSERT(*parse_plan(print_plan(shrunk.plan)) == shrunk.plan);
}

TEST(plan_size, reads_as_a_sentence) {
  EXPECT_EQ(print_size(size_of(parsed(big_plan))),
            "10 faults of 56s, 5 nodes of 3 shards, 3 workers, 20 clients, 4 documents, 2 options, "
            "1min of load");
  EXPECT_EQ(print_size(size_of(parsed("seed 1\ncluster nodes=1 clients=1 documents=1 edits=1"))),
            "0 faults, 1 node of 1 shard, 1 client of 1 edit, 1 document, 0 options, 30s of load");
}

TEST(plan_cuts, round_up_to_two_digits) {
  EXPECT_EQ(rounded_up(milliseconds(12'345)), seconds(13));
  EXPECT_EQ(rounded_up(Duration(1)), milliseconds(1));
  EXPECT_EQ(rounded_up(milliseconds(99)), milliseconds(99));
  EXPECT_EQ(rounded_up(milliseconds(101)), milliseconds(110));
  EXPECT_EQ(rounded_up(milliseconds(-101)), milliseconds(-110));
}

}  // namespace
}  // namespace syncline::faults
