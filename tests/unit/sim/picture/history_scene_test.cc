#include "sim/picture/history_scene.h"

#include <algorithm>

#include "server/crdt/doc.h"
#include "server/crdt/text.h"
#include "tests/unit/sim/picture/sample_story.h"

namespace syncline::picture {
namespace {

std::size_t count(const Scene& scene, MarkKind kind) {
  return static_cast<std::size_t>(std::count_if(scene.marks.begin(), scene.marks.end(),
                                                [&](const Mark& m) { return m.kind == kind; }));
}

const Band& band_of(const Scene& scene, std::string_view kind) {
  return *std::find_if(scene.bands.begin(), scene.bands.end(),
                       [&](const Band& band) { return band.kind == kind; });
}

TEST(HistoryScene, HasALaneForEverybodyInThePlan) {
  const Scene scene = sample_story(12);
  std::vector<std::string> names;
  for (const Lane& lane : scene.lanes) names.push_back(lane.name);
  EXPECT_EQ(names,
            (std::vector<std::string>{"client-1", "client-2", "client-3", "client-4", "gateway",
                                      "node-1", "node-2", "redis", "worker-1", "postgres"}));
}

TEST(HistoryScene, TellsMessagesThatArriveFromThoseThatAreLost) {
  const Scene scene = sample_story(12);
  std::size_t lost = 0;
  for (const Message& message : scene.messages) {
    EXPECT_GE(message.ended, message.sent);
    if (message.fate == MessageFate::lost) ++lost;
  }
  EXPECT_GT(lost, 0u);
  EXPECT_GT(scene.messages.size(), 10 * lost);
}

TEST(HistoryScene, FaultsAreBandsOnTheLanesTheyHit) {
  const Scene scene = sample_story(12);
  const Band& crash = band_of(scene, "crash");
  EXPECT_EQ(scene.lanes[crash.lane].name, "node-1");
  EXPECT_EQ(crash.other, no_lane);
  EXPECT_EQ(crash.from, milliseconds(2400));
  EXPECT_EQ(crash.until, milliseconds(4400));
  EXPECT_EQ(crash.observed, 1u);
  const Band& delay = band_of(scene, "delay");
  EXPECT_EQ(scene.lanes[delay.lane].name, "node-2");
  EXPECT_EQ(scene.lanes[delay.other].name, "redis");
}

TEST(HistoryScene, FindsTheAcknowledgementOfWhatAColdReadLacks) {
  const Scene scene = sample_story(12);
  ASSERT_TRUE(scene.acknowledgement && scene.loss);
  const Mark& acknowledgement = scene.marks[*scene.acknowledgement];
  const Mark& loss = scene.marks[*scene.loss];
  EXPECT_EQ(acknowledgement.kind, MarkKind::acknowledged);
  EXPECT_EQ(loss.kind, MarkKind::cold_read);
  EXPECT_LT(acknowledgement.at, loss.at);
  ASSERT_EQ(acknowledgement.edits.size(), 1u);
  EXPECT_NE(std::find(loss.edits.begin(), loss.edits.end(), acknowledgement.edits.front()),
            loss.edits.end());
  // It was typed and buffered, and never came into the log.
  const auto places = [&](MarkKind kind) {
    return std::count_if(scene.marks.begin(), scene.marks.end(), [&](const Mark& mark) {
      return mark.kind == kind && mark.edits == acknowledgement.edits;
    });
  };
  EXPECT_EQ(places(MarkKind::edited), 1);
  EXPECT_EQ(places(MarkKind::buffered), 1);
  EXPECT_EQ(places(MarkKind::log_appended), 0);
}

TEST(HistoryScene, NothingIsLostWithoutAViolation) {
  HistoryScene scene{faults::FaultPlan{}};
  const client::UpdateIds ids = [] {
    client::UpdateIds made;
    made.inserted.add(1, 0, 3);
    return made;
  }();
  const history::Party client{history::PartyKind::client, 1};
  const history::EventContent told = history::ClientAcknowledged{client, {0}, ids};
  scene.on_event({seconds(1), told});
  const Bytes nothing{std::byte{0}};
  const history::EventContent read = history::ColdRead{{0}, {nothing, {}, {}, {}}, {}, false};
  scene.on_event({seconds(2), read});
  EXPECT_FALSE(scene.finish({}).loss);
}

// A history of one client's edit, told by hand.
class ToldScene : public testing::Test {
 protected:
  ToldScene() { ids_.inserted.add(77, 0, 3); }

  void tell(int second, const history::EventContent& content) {
    scene_.on_event({seconds(second), content});
  }
  void edited(int second) { tell(second, history::ClientEdited{client_, {0}, 5, ids_, {}, {}}); }
  void acknowledged(int second) { tell(second, history::ClientAcknowledged{client_, {0}, ids_}); }
  // The edit as an update.
  static Bytes written() {
    crdt::Doc doc(crdt::DocOptions{.client_id = 77});
    return doc.transact([](crdt::Doc& d) { (void)d.text("text").insert(0, "abc"); });
  }
  Scene ends(int second, std::string what) {
    return scene_.finish({{"durability", seconds(second), std::move(what)}});
  }

  const history::Party client_{history::PartyKind::client, 1};
  client::UpdateIds ids_;
  HistoryScene scene_{faults::FaultPlan{}};
};

TEST_F(ToldScene, AnAcknowledgementThatCameTooEarlyIsPointedAt) {
  edited(1);
  acknowledged(2);
  const Scene scene = ends(2, "client-1 is told that 77:0-2 is saved, and 177:0-2 is not meant");
  ASSERT_TRUE(scene.acknowledgement);
  EXPECT_FALSE(scene.loss);
  EXPECT_EQ(scene.marks[*scene.acknowledgement].edits, std::vector<std::uint64_t>{5});
  EXPECT_EQ(scene.violations.front().what,
            "client-1 is told that client-1:0-2 is saved, and 177:0-2 is not meant");
}

TEST_F(ToldScene, ATrimOfWhatTheLogLacksIsTheLossOfWhatWasAcknowledged) {
  const Bytes update = written();
  edited(1);
  tell(2, history::BufferAppended{{0}, 9, 1, update});
  acknowledged(3);
  tell(4, history::BufferTrimmed{{0}, 9, 1});
  const Scene scene = ends(4, "the buffer drops 77:0-2");
  ASSERT_TRUE(scene.acknowledgement && scene.loss);
  EXPECT_EQ(scene.marks[*scene.acknowledgement].at, seconds(3));
  EXPECT_EQ(scene.marks[*scene.loss].kind, MarkKind::buffer_trimmed);
  EXPECT_EQ(scene.marks[*scene.loss].edits, std::vector<std::uint64_t>{5});
}

TEST_F(ToldScene, WhatNeverGotIntoTheLogIsPointedAtIfTheRunEndsWithoutIt) {
  edited(1);
  tell(9, history::TimeIsUp{});
  tell(9, history::ClientDisconnected{client_, 1006});
  const Scene scene = ends(9, "client-1 still has 1 unsaved edits in the end: {77:3}");
  ASSERT_TRUE(scene.unsaved);
  EXPECT_FALSE(scene.loss);
  EXPECT_EQ(scene.marks[*scene.unsaved].kind, MarkKind::edited);
  EXPECT_EQ(scene.violations.front().what,
            "client-1 still has 1 unsaved edits in the end: {client-1:3}");
}

TEST_F(ToldScene, ATrimOfWhatTheLogHasIsAboutNothing) {
  const Bytes update = written();
  edited(1);
  tell(2, history::BufferAppended{{0}, 9, 1, update});
  tell(3, history::LogAppended{{0}, {1}, update});
  tell(4, history::BufferTrimmed{{0}, 9, 1});
  const Scene scene = ends(4, "something else");
  EXPECT_TRUE(scene.marks.back().edits.empty());
}

TEST(Cut, KeepsBothEndsOfTheStoryAndSaysWhatItLeftOut) {
  const Scene whole = sample_story(200);
  const std::size_t all = whole.marks.size() + whole.messages.size();
  ASSERT_GT(all, 4000u);
  const Scene scene = cut_around_violation(whole, 1000);
  EXPECT_LT(scene.marks.size() + scene.messages.size(), 1100u);
  ASSERT_TRUE(scene.acknowledgement && scene.loss);
  EXPECT_EQ(scene.marks[*scene.acknowledgement].text, whole.marks[*whole.acknowledgement].text);
  EXPECT_EQ(scene.marks[*scene.loss].text, whole.marks[*whole.loss].text);
  EXPECT_EQ(count(scene, MarkKind::crashed), count(whole, MarkKind::crashed));
  EXPECT_NE(scene.cut.find(" of " + std::to_string(all) + " events"), std::string::npos)
      << scene.cut;
}

TEST(Cut, LeavesAShortStoryAlone) {
  const Scene scene = cut_around_violation(sample_story(4), 20'000);
  EXPECT_EQ(scene.cut, "");
}

}  // namespace
}  // namespace syncline::picture
