#include "faults/plan/recoverable.h"

#include <gtest/gtest.h>

#include "faults/plan/parser.h"

namespace syncline::faults {
namespace {

bool recoverable(const std::string& faults, const std::string& options = "") {
  const Result<FaultPlan> plan =
      parse_plan("seed 1\ncluster nodes=3 workers=2 durability=buffer clients=4 load=5min" +
                 options + "\n" + faults);
  EXPECT_TRUE(plan.ok()) << (plan.ok() ? "" : plan.error().detail);
  return plan.ok() && is_recoverable(*plan);
}

TEST(recoverable, redis_and_a_node_forget_at_a_distance) {
  EXPECT_TRUE(recoverable("at 10s flush redis\nat 20s crash node-1 for 1s"));
  EXPECT_FALSE(recoverable("at 10s flush redis\nat 19s crash node-1 for 1s"));
  EXPECT_FALSE(recoverable("at 10s crash node-1 for 1s\nat 20s flush redis"));
  EXPECT_TRUE(recoverable("at 10s crash node-1 for 1s\nat 21s flush redis"));
}

TEST(recoverable, whatever_forgets_and_whatever_destroys) {
  for (const char* forgets :
       {"lose-tail redis 1s for 1s", "failover redis 1s for 1s", "flush redis"}) {
    for (const char* destroys :
         {"crash node-1 for 1s", "restart nodes for 1s", "stale client-1 for 1s",
          "crash clients for 1s", "rolling-restart nodes for 9s"}) {
      const std::string text = "at 10s " + std::string(forgets) + "\nat 12s " + destroys;
      EXPECT_FALSE(recoverable(text)) << text;
    }
  }
  for (const char* harmless :
       {"crash worker-1 for 1s", "pause node-1 for 1s", "offline clients for 1s",
        "crash gateway for 1s", "crash postgres for 1s"}) {
    EXPECT_TRUE(recoverable("at 10s flush redis\nat 12s " + std::string(harmless))) << harmless;
  }
}

TEST(recoverable, a_crash_of_redis_forgets_only_with_everysec) {
  const std::string faults = "at 10s crash redis for 1s\nat 12s crash node-1 for 1s";
  EXPECT_TRUE(recoverable(faults));
  EXPECT_FALSE(recoverable(faults, " options=everysec"));
}

TEST(recoverable, what_keeps_the_cluster_from_recovering_makes_the_window_longer) {
  const std::string crash = "at 40s crash node-1 for 1s\n";
  EXPECT_TRUE(recoverable("at 10s flush redis\n" + crash));
  EXPECT_FALSE(recoverable("at 10s flush redis\nat 15s cut node-1 - redis for 20s\n" + crash));
  EXPECT_FALSE(recoverable("at 10s flush redis\nat 15s pause worker-1 for 20s\n" + crash));
  EXPECT_FALSE(
      recoverable("at 10s flush redis\nat 12s disk-full postgres for 10s\n"
                  "at 30s pool-exhausted postgres for 5s\n" +
                  crash));
  EXPECT_TRUE(recoverable("at 10s flush redis\nat 25s disk-full postgres for 10s\n" + crash));
  EXPECT_TRUE(recoverable("at 10s flush redis\nat 15s cut clients - gateway for 20s\n" + crash));
}

TEST(recoverable, slow_clocks_make_recovery_slow) {
  const std::string rest = "at 10s flush redis\nat 40s crash node-1 for 1s";
  EXPECT_TRUE(recoverable("at 0s drift worker-1 -500ppm for 60s\n" + rest));
  EXPECT_FALSE(recoverable("at 0s drift worker-1 -500000ppm for 60s\n" + rest));
}

TEST(recoverable, an_event_may_come_at_any_time) {
  EXPECT_FALSE(recoverable("at 250s flush redis\nwhen trim after 3s crash node-1 for 1s"));
  EXPECT_TRUE(recoverable("at 3s flush redis\nwhen trim after 15s crash node-1 for 1s"));
}

TEST(recoverable, the_log_forgets_nothing) {
  const Result<FaultPlan> plan =
      parse_plan("seed 1\nat 10s flush redis\nat 10s crash nodes for 1s");
  ASSERT_TRUE(plan.ok());
  EXPECT_TRUE(is_recoverable(*plan));
}

}  // namespace
}  // namespace syncline::faults
