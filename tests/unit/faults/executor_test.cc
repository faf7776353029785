#include "faults/executor.h"

#include <gtest/gtest.h>

#include "faults/plan/parser.h"
#include "faults/plan/printer.h"

namespace syncline::faults {
namespace {

// Writes down what it is asked for.
class RecordingTarget final : public FaultTarget, public FaultStageSink {
 public:
  bool begin(const Fault& fault) override {
    note("begin", fault);
    return fault.target != refused;
  }
  void end(const Fault& fault) override { note("end", fault); }
  void heal() override { lines.push_back("heal"); }

  void on_fault_stage(const Fault& fault, FaultStage stage) override {
    static constexpr const char* names[] = {"armed", "fired", "observed", "healed"};
    stages.push_back(std::string(names[static_cast<int>(stage)]) + " " + std::to_string(fault.id));
  }

  std::string refused;
  std::vector<std::string> lines;
  std::vector<std::string> stages;

 private:
  void note(const char* what, const Fault& fault) {
    std::string line = std::string(what) + " " + std::to_string(fault.id) + " ";
    line += std::string(fault_kind_info(fault.kind).name) + " " + fault.target;
    if (!fault.other.empty()) line += " " + fault.other;
    lines.push_back(line);
  }
};

using Lines = std::vector<std::string>;

class ExecutorTest : public ::testing::Test {
 protected:
  void start(const std::string& faults) {
    Result<FaultPlan> plan = parse_plan(
        "seed 1\ncluster nodes=3 workers=2 durability=buffer clients=2 load=60s\n" + faults);
    ASSERT_TRUE(plan.ok()) << plan.error().detail;
    executor.start(*plan);
  }

  // Obeys the deadlines up to `until`.
  void run_until(Duration until) {
    while (executor.next_deadline() <= until) {
      now = std::max(now, executor.next_deadline());
      executor.on_time(now);
    }
    now = until;
  }

  Lines taken() { return std::exchange(target.lines, {}); }

  Duration now{0};
  RecordingTarget target;
  Executor executor{target, target};
};

TEST_F(ExecutorTest, begins_and_ends_at_its_times) {
  start("at 10s crash node-1 for 2s");
  EXPECT_EQ(executor.next_deadline(), seconds(10));
  run_until(milliseconds(9'999));
  EXPECT_EQ(taken(), Lines{});
  run_until(seconds(10));
  EXPECT_EQ(taken(), Lines{"begin 1 crash node-1"});
  EXPECT_EQ(executor.next_deadline(), seconds(12));
  run_until(seconds(12));
  EXPECT_EQ(taken(), Lines{"end 1 crash node-1"});
  EXPECT_EQ(executor.next_deadline(), Executor::never);
  EXPECT_EQ(target.stages, (Lines{"armed 1", "fired 1", "healed 1"}));
}

TEST_F(ExecutorTest, ends_come_before_begins_of_the_same_instant) {
  start("at 2s crash node-1 for 8s\nat 10s crash node-1 for 1s\nat 10s flush redis");
  run_until(seconds(2));
  taken();
  run_until(seconds(10));
  EXPECT_EQ(taken(), (Lines{"end 1 crash node-1", "begin 2 crash node-1", "begin 3 flush redis",
                            "end 3 flush redis"}));
}

TEST_F(ExecutorTest, waits_for_an_event_after_a_time) {
  start("when 2nd trim after 5s pause worker-1 for 1s");
  executor.on_probe("trim");
  executor.on_probe("trim");  // Too early: they do not count.
  run_until(seconds(5));
  EXPECT_EQ(executor.next_deadline(), Executor::never);
  executor.on_probe("trim");
  executor.on_probe("claim");
  EXPECT_EQ(executor.next_deadline(), Executor::never);
  executor.on_probe("trim");
  EXPECT_LE(executor.next_deadline(), seconds(5));
  EXPECT_EQ(taken(), Lines{}) << "not from within on_probe";
  run_until(seconds(6));
  executor.on_probe("trim");
  run_until(seconds(20));
  EXPECT_EQ(taken(), (Lines{"begin 1 pause worker-1", "end 1 pause worker-1"}));
}

TEST_F(ExecutorTest, a_group_is_hit_member_by_member) {
  start("at 1s cut nodes - redis for 2s");
  run_until(seconds(2));
  EXPECT_EQ(taken(), (Lines{"begin 1 cut node-1 redis", "begin 1 cut node-2 redis",
                            "begin 1 cut node-3 redis"}));
  EXPECT_EQ(executor.counts().fired, 1U);
  run_until(seconds(3));
  EXPECT_EQ(taken().size(), 3U);
  EXPECT_EQ(executor.counts().healed, 1U);
}

TEST_F(ExecutorTest, a_rolling_restart_is_one_restart_after_the_other) {
  start("at 10s rolling-restart nodes for 12s");
  run_until(seconds(12));
  EXPECT_EQ(taken(), (Lines{"begin 1 restart node-1", "end 1 restart node-1"}));
  EXPECT_EQ(executor.next_deadline(), seconds(14));
  EXPECT_EQ(executor.counts().healed, 0U) << "two nodes are still to come";
  run_until(seconds(20));
  EXPECT_EQ(taken(), (Lines{"begin 1 restart node-2", "end 1 restart node-2",
                            "begin 1 restart node-3", "end 1 restart node-3"}));
  EXPECT_EQ(executor.counts().healed, 1U);
}

TEST_F(ExecutorTest, what_the_target_refuses_has_not_fired_and_is_not_ended) {
  start("at 1s crash node-2 for 2s");
  target.refused = "node-2";
  run_until(seconds(10));
  EXPECT_EQ(taken(), Lines{"begin 1 crash node-2"});
  EXPECT_EQ(executor.counts().armed, 1U);
  EXPECT_EQ(executor.counts().fired, 0U);
  EXPECT_TRUE(executor.vacuous());
}

TEST_F(ExecutorTest, a_group_fires_if_one_of_it_does) {
  start("at 1s crash nodes for 2s");
  target.refused = "node-1";
  run_until(seconds(10));
  EXPECT_EQ(taken(), (Lines{"begin 1 crash node-1", "begin 1 crash node-2", "begin 1 crash node-3",
                            "end 1 crash node-2", "end 1 crash node-3"}));
  EXPECT_EQ(executor.counts().fired, 1U);
  EXPECT_EQ(executor.counts().healed, 1U);
}

TEST_F(ExecutorTest, finish_ends_what_lasts_in_reverse_and_heals) {
  start(
      "at 1s crash node-1 for 50s\nat 2s pause node-2 for 50s\nat 3s flush redis\nat 59s flush "
      "redis");
  run_until(seconds(30));
  taken();
  executor.finish(seconds(30));
  EXPECT_EQ(taken(), (Lines{"end 2 pause node-2", "end 1 crash node-1", "heal"}));
  EXPECT_EQ(executor.next_deadline(), Executor::never);
  executor.on_time(seconds(59));
  EXPECT_EQ(taken(), Lines{});
  EXPECT_EQ(executor.counts().fired, 3U);
  EXPECT_EQ(executor.counts().healed, 3U);
}

TEST_F(ExecutorTest, counts_what_was_observed) {
  start("at 1s crash node-1 for 1s\nat 2s crash node-2 for 1s\nat 3s flush redis");
  executor.on_observed(1);  // It has not happened yet.
  run_until(seconds(10));
  EXPECT_TRUE(executor.vacuous());
  executor.on_observed(2);
  executor.on_observed(2);
  executor.on_observed(99);
  EXPECT_FALSE(executor.vacuous());
  EXPECT_EQ(executor.observations_of(2), 2U);
  EXPECT_EQ(executor.counts_of(1).observed, 0U);
  EXPECT_EQ(executor.counts_of(2).observed, 1U);
  EXPECT_EQ(executor.counts_of(FaultKind::crash).fired, 2U);
  EXPECT_EQ(executor.counts_of(FaultKind::crash).observed, 1U);
  EXPECT_EQ(executor.counts_of(FaultKind::flush).observed, 0U);
  EXPECT_EQ(executor.counts().observed, 1U);
}

TEST_F(ExecutorTest, a_plan_without_faults_is_not_vacuous) {
  start("");
  EXPECT_EQ(executor.next_deadline(), Executor::never);
  EXPECT_FALSE(executor.vacuous());
}

}  // namespace
}  // namespace syncline::faults
