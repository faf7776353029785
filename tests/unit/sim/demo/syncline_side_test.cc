// Syncline's side is measured as hard as the other: with a bug in its core, the same functions find
// it. Linked with the core that can have bugs.

#include <sstream>

#include "server/base/planted_bug.h"
#include "sim/demo/demo.h"
#include "sim/demo/failure.h"
#include "sim/demo/sides.h"

namespace syncline::demo {
namespace {

class SynclineSide : public testing::Test {
 protected:
  ~SynclineSide() override { plant(PlantedBug::none); }
};

TEST_F(SynclineSide, KeepsEachPromise) {
  for (const Failure* failure : all_failures()) {
    const SynclineResult outcome = run_syncline(*failure, 1, false);
    EXPECT_FALSE(outcome.result.violated) << failure->name << ": " << outcome.result.sentence;
    EXPECT_GT(outcome.workload.presses.size(), 100u);
  }
}

TEST_F(SynclineSide, BreaksTheFirstIfNodesKeepWhatTheyHearToThemselves) {
  plant(PlantedBug::remote_update_not_forwarded);
  const SideResult side = run_syncline(failure_1_polling, 1, false).result;
  EXPECT_TRUE(side.measurement.violated()) << side.sentence;
}

TEST_F(SynclineSide, BreaksTheThirdIfItAcknowledgesWhatTheLogHasNot) {
  plant(PlantedBug::ack_before_log);
  EXPECT_TRUE(run_syncline(failure_3_snapshots, 1, false).result.violated);
}

TEST_F(SynclineSide, BothPagesComeWithTheStory) {
  SynclineResult syncline = run_syncline(failure_3_snapshots, 1, true);
  const SideResult usual = run_usual(failure_3_snapshots, 1, syncline.workload, true);
  ASSERT_TRUE(syncline.result.scene && usual.scene);
  EXPECT_TRUE(syncline.result.scene->violations.empty());
  EXPECT_TRUE(usual.scene->acknowledgement && usual.scene->loss);
  EXPECT_EQ(syncline.result.scene->plan, usual.scene->plan);
}

TEST(Demo, SaysThatTheUsualArchitectureFailsAndSynclineDoesNot) {
  std::ostringstream out;
  EXPECT_TRUE(run_demo({.seeds = 2}, out)) << out.str();
  EXPECT_NE(out.str().find("comes with sessions and rights"), std::string::npos);
}

TEST_F(SynclineSide, TheDemoFailsIfSynclineDoes) {
  plant(PlantedBug::remote_update_not_forwarded);
  std::ostringstream out;
  EXPECT_FALSE(run_demo({.seeds = 1, .failure = 1}, out)) << out.str();
}

}  // namespace
}  // namespace syncline::demo
