// Two nodes, a store and a broker that fail, clients that come and go: whole runs of the core, on
// virtual time. The seed of a failing run is in its message; SYNCLINE_SEED=n replays it.

#include "tests/world/world.h"

#include <cstdio>
#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "tests/world/random_run.h"

namespace syncline::world {
namespace {

void expect_kept(const RandomRunOptions& options) {
  const RandomRunResult result = random_run(options);
  for (const std::string& violation : result.violations) {
    ADD_FAILURE() << "SYNCLINE_SEED=" << options.seed << ": " << violation;
  }
}

TEST(World, TwoPeopleOnTwoNodesTypeAndSeeEachOther) {
  World world({.seed = 7, .nodes = 2});
  const auto alice = world.add_client("alice", "plan", true);
  const auto bob = world.add_client("bob", "plan", true);
  world.connect(alice, 0);
  world.connect(bob, 1);
  world.run_for(seconds(1));
  world.insert(alice, 0, "hello");
  world.run_for(seconds(1));
  EXPECT_EQ(world.yjs(bob).doc().text_of("t"), "hello");
  world.insert(bob, 5, " world");
  world.run_for(seconds(1));
  EXPECT_EQ(world.yjs(alice).doc().text_of("t"), "hello world");
  EXPECT_EQ(world.yjs(alice).unsaved_edits(), 0u);
  EXPECT_EQ(world.yjs(bob).unsaved_edits(), 0u);
  world.run_for(seconds(20));
  world.check_converged();
  world.check_nothing_left();
  EXPECT_EQ(world.violations(), std::vector<std::string>());
}

TEST(World, WithoutABrokerTheLogStillBringsNodesTogether) {
  core::Config config;
  config.anti_entropy_interval = seconds(5);
  World world({.seed = 8, .nodes = 2, .config = config, .broker_loss_percent = 100});
  const auto alice = world.add_client("alice", "plan", true);
  const auto bob = world.add_client("bob", "plan", true);
  world.connect(alice, 0);
  world.connect(bob, 1);
  world.run_for(seconds(1));
  world.insert(alice, 0, "hello");
  world.run_for(seconds(11));
  EXPECT_EQ(world.yjs(bob).doc().text_of("t"), "hello");
  EXPECT_EQ(world.violations(), std::vector<std::string>());
}

TEST(World, ACrashLosesNothingThatWasSaved) {
  World world({.seed = 9, .nodes = 1});
  const auto alice = world.add_client("alice", "plan", true);
  world.connect(alice, 0);
  world.run_for(seconds(1));
  for (int i = 0; i < 50; ++i) {
    world.insert(alice, 0, "x");
    world.run_for(milliseconds(3));
    if (i % 10 == 9) {
      world.crash(0);
      world.start(0);
    }
  }
  world.heal();
  world.run_for(seconds(30));
  world.check_converged();
  world.check_nothing_left();
  EXPECT_EQ(world.violations(), std::vector<std::string>());
}

TEST(World, WhoLeavesIsSeenToLeaveAndWhoComesBackIsSeen) {
  World world({.seed = 10, .nodes = 2});
  const auto alice = world.add_client("alice", "plan", true);
  const auto bob = world.add_client("bob", "plan", true);
  const auto carol = world.add_client("carol", "plan", true);
  world.connect(alice, 0);
  world.connect(bob, 0);
  world.connect(carol, 1);
  world.run_for(seconds(20));
  for (int round = 0; round < 3; ++round) {
    EXPECT_TRUE(world.yjs(bob).states().contains(world.yjs(alice).id()));
    EXPECT_TRUE(world.yjs(carol).states().contains(world.yjs(alice).id()));
    world.disconnect(alice);
    world.run_for(milliseconds(100));
    EXPECT_FALSE(world.yjs(bob).states().contains(world.yjs(alice).id()));
    EXPECT_FALSE(world.yjs(carol).states().contains(world.yjs(alice).id()));
    world.connect(alice, round % 2);
    world.run_for(milliseconds(200));
  }
  EXPECT_EQ(world.violations(), std::vector<std::string>());
}

TEST(World, ADeadNodesPeopleAreForgotten) {
  World world({.seed = 11, .nodes = 2});
  const auto alice = world.add_client("alice", "plan", true);
  const auto bob = world.add_client("bob", "plan", true);
  world.connect(alice, 0);
  world.connect(bob, 1);
  world.run_for(seconds(20));
  EXPECT_TRUE(world.yjs(bob).states().contains(world.yjs(alice).id()));
  world.disconnect(alice);
  world.crash(0);
  world.run_for(seconds(40));
  EXPECT_FALSE(world.yjs(bob).states().contains(world.yjs(alice).id()));
}

TEST(World, TheSameSeedIsTheSameRun) {
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    const RandomRunResult once = random_run({.seed = seed});
    const RandomRunResult again = random_run({.seed = seed});
    EXPECT_EQ(once.history_hash, again.history_hash);
    EXPECT_EQ(once.store_steps, again.store_steps);
  }
}

TEST(World, DifferentSeedsAreDifferentRuns) {
  EXPECT_NE(random_run({.seed = 1}).history_hash, random_run({.seed = 2}).history_hash);
}

TEST(RandomRuns, HoldWithoutFaults) {
  for (std::uint64_t seed = 1; seed < 100; ++seed) {
    expect_kept({.seed = seed,
                 .store_fault_percent = 0,
                 .read_fault_percent = 0,
                 .broker_loss_percent = 0,
                 .slow_percent = 0,
                 .crashes = false,
                 .drains = false,
                 .orders = false});
    if (HasFailure()) return;
  }
}

TEST(RandomRuns, HoldWithALossyBroker) {
  for (std::uint64_t seed = 100; seed < 200; ++seed) {
    expect_kept({.seed = seed,
                 .store_fault_percent = 0,
                 .read_fault_percent = 0,
                 .broker_loss_percent = 60,
                 .crashes = false,
                 .drains = false});
    if (HasFailure()) return;
  }
}

TEST(RandomRuns, HoldWithAFailingStore) {
  for (std::uint64_t seed = 200; seed < 300; ++seed) {
    expect_kept({.seed = seed,
                 .store_fault_percent = 40,
                 .read_fault_percent = 15,
                 .broker_loss_percent = 0,
                 .crashes = false,
                 .drains = false});
    if (HasFailure()) return;
  }
}

TEST(RandomRuns, HoldWithCrashes) {
  for (std::uint64_t seed = 300; seed < 400; ++seed) {
    expect_kept({.seed = seed, .store_fault_percent = 0, .read_fault_percent = 0});
    if (HasFailure()) return;
  }
}

TEST(RandomRuns, HoldWithEverythingAtOnce) {
  std::uint64_t faults = 0;
  std::uint64_t crashes = 0;
  std::uint64_t orders = 0;
  for (std::uint64_t seed = 1000; seed < 1300; ++seed) {
    const RandomRunResult result = random_run({.seed = seed});
    for (const std::string& violation : result.violations) {
      ADD_FAILURE() << "SYNCLINE_SEED=" << seed << ": " << violation;
    }
    if (HasFailure()) return;
    faults += result.faults;
    crashes += result.crashes;
    orders += result.orders;
  }
  // A run in which nothing went wrong would prove nothing.
  EXPECT_GT(faults, 1000u);
  EXPECT_GT(crashes, 500u);
  EXPECT_GT(orders, 500u);
}

TEST(World, WithABufferEditsReachTheLogWithinSeconds) {
  core::Config config;
  config.anti_entropy_interval = seconds(5);
  World world({.seed = 12, .nodes = 2, .config = config, .workers = 1});
  const auto alice = world.add_client("alice", "plan", true);
  const auto bob = world.add_client("bob", "plan", true);
  world.connect(alice, 0);
  world.connect(bob, 1);
  world.run_for(seconds(1));
  world.insert(alice, 0, "hello");
  world.run_for(milliseconds(100));
  EXPECT_EQ(world.yjs(bob).doc().text_of("t"), "hello");
  EXPECT_EQ(world.yjs(alice).unsaved_edits(), 0u);
  world.run_for(seconds(2));
  EXPECT_EQ(world.store().log(DocumentName::parse("plan").value()).size(), 1u);
  world.run_for(seconds(40));
  world.check_converged();
  world.check_nothing_left();
  EXPECT_EQ(world.violations(), std::vector<std::string>());
}

TEST(RandomRuns, HoldWithABuffer) {
  for (std::uint64_t seed = 400; seed < 500; ++seed) {
    expect_kept({.seed = seed,
                 .store_fault_percent = 0,
                 .read_fault_percent = 0,
                 .broker_loss_percent = 0,
                 .slow_percent = 0,
                 .crashes = false,
                 .drains = false,
                 .workers = 2,
                 .buffer_accidents = false});
    if (HasFailure()) return;
  }
}

TEST(RandomRuns, HoldWithABufferThatForgets) {
  for (std::uint64_t seed = 500; seed < 600; ++seed) {
    expect_kept({.seed = seed,
                 .store_fault_percent = 0,
                 .read_fault_percent = 0,
                 .crashes = false,
                 .drains = false,
                 .workers = 2});
    if (HasFailure()) return;
  }
}

TEST(RandomRuns, HoldWithABufferAndEverythingAtOnce) {
  std::uint64_t accidents = 0;
  for (std::uint64_t seed = 2000; seed < 2300; ++seed) {
    const RandomRunResult result = random_run({.seed = seed, .workers = 2});
    for (const std::string& violation : result.violations) {
      ADD_FAILURE() << "SYNCLINE_SEED=" << seed << ": " << violation;
    }
    if (HasFailure()) return;
    accidents += result.buffer_accidents;
  }
  EXPECT_GT(accidents, 1000u);
}

// SYNCLINE_SEED=n [SYNCLINE_RUNS=m] [SYNCLINE_WORKERS=2] [SYNCLINE_HISTORY=1]
TEST(RandomRuns, HoldForTheGivenSeeds) {
  const char* seed = std::getenv("SYNCLINE_SEED");
  if (seed == nullptr) GTEST_SKIP() << "set SYNCLINE_SEED to replay a run";
  const char* runs = std::getenv("SYNCLINE_RUNS");
  const std::uint64_t first = std::stoull(seed);
  const std::uint64_t end = first + (runs == nullptr ? 1 : std::stoull(runs));
  for (std::uint64_t at = first; at < end && !HasFailure(); ++at) {
    const char* workers = std::getenv("SYNCLINE_WORKERS");
    const RandomRunResult result =
        random_run({.seed = at,
                    .keep_history = std::getenv("SYNCLINE_HISTORY") != nullptr,
                    .workers = workers == nullptr ? 0 : std::stoull(workers)});
    for (const std::string& line : result.history) std::puts(line.c_str());
    for (const std::string& violation : result.violations) {
      ADD_FAILURE() << "SYNCLINE_SEED=" << at << ": " << violation;
    }
  }
}

}  // namespace
}  // namespace syncline::world
