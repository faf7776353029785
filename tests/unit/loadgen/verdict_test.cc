#include "loadgen/run/verdict.h"

#include <vector>

#include <gtest/gtest.h>

#include "server/crdt/text.h"
#include "tests/unit/loadgen/relay.h"

namespace syncline::loadgen {
namespace {

// Two writers and a reader, who have typed a little. Who hears what is up to the test.
class Scene {
 public:
  Scene() {
    for (const std::uint64_t client : {1, 2, 3}) {
      relay.welcome(document.join(client, 0, client != 3), at(0));
    }
    for (std::size_t i = 0; i < 10; ++i) {
      Participant& writer = participant(i % 2);
      writer.type(i == 8, true, at(static_cast<int>(i)));  // One deletion, by the first.
      for (Bytes& update : relay.take(writer).updates) updates.push_back(std::move(update));
    }
  }

  Participant& participant(std::size_t index) { return *document.participants()[index]; }

  void tell_all(std::size_t to, std::size_t but = SIZE_MAX) {
    for (std::size_t i = 0; i < updates.size(); ++i) {
      if (i != but) Relay::tell(participant(to), updates[i], at(100));
    }
  }
  void tell_everybody() {
    for (std::size_t i = 0; i < 3; ++i) tell_all(i);
  }
  void acknowledge_everything() {
    for (std::size_t i = 0; i < 2; ++i) Relay::acknowledge(participant(i), 6, at(110));
  }

  Tally tally;
  LoadDocument document{"d", Manners{}, tally};
  Relay relay;
  std::vector<Bytes> updates;
};

std::string said(const Verdict& verdict) {
  std::string out;
  for (const std::string& finding : verdict.findings) out += finding + '\n';
  return out;
}

TEST(Verdict, WhoReceivedEverythingHasConverged) {
  Scene scene;
  scene.tell_everybody();
  scene.acknowledge_everything();
  EXPECT_TRUE(scene.tally.settled(true));
  Verdict verdict = judge_clients(scene.document);
  verdict.add(judge_copy(scene.document, "there", scene.relay.doc));
  EXPECT_TRUE(verdict.passed()) << said(verdict);
  EXPECT_EQ(verdict.documents, 1U);
  EXPECT_EQ(verdict.copies_read, 1U);
  EXPECT_EQ(said(verdict), "");
}

TEST(Verdict, EveryAcknowledgedEditThatAClientLacksIsFound) {
  for (std::size_t lost = 0; lost < Scene().updates.size(); ++lost) {
    SCOPED_TRACE(lost);
    Scene scene;
    scene.tell_all(0);
    scene.tell_all(1);
    scene.tell_all(2, lost);
    scene.acknowledge_everything();
    EXPECT_FALSE(scene.tally.settled(true));
    const Verdict verdict = judge_clients(scene.document);
    EXPECT_FALSE(verdict.passed());
    // What was written behind a lost letter cannot be read either.
    EXPECT_GE(verdict.acknowledged_missing, 1U);
    EXPECT_EQ(verdict.documents_differing, 1U);
    EXPECT_NE(said(verdict).find(", acknowledged, is missing at client 3"), std::string::npos)
        << said(verdict);
  }
}

TEST(Verdict, AnEditThatEverybodyButItsWriterLacksIsFound) {
  Scene scene;
  scene.tell_all(0);
  scene.tell_all(1, 9);
  scene.tell_all(2, 9);
  scene.acknowledge_everything();
  scene.tell_all(1);
  EXPECT_EQ(judge_clients(scene.document).acknowledged_missing, 1U);
}

TEST(Verdict, WhatIsNotAcknowledgedIsFound) {
  Scene scene;
  scene.tell_everybody();
  Relay::acknowledge(scene.participant(0), 6, at(110));
  EXPECT_FALSE(scene.tally.settled(true));
  const Verdict verdict = judge_clients(scene.document);
  EXPECT_EQ(verdict.unacknowledged, 5U);
  EXPECT_FALSE(verdict.converged());
  EXPECT_EQ(verdict.acknowledged_missing, 0U);
}

TEST(Verdict, AClientThatIsGoneIsFound) {
  Scene scene;
  scene.tell_everybody();
  scene.acknowledge_everything();
  scene.participant(2).on_closed();
  const Verdict verdict = judge_clients(scene.document);
  EXPECT_EQ(verdict.clients_not_synced, 1U);
  EXPECT_FALSE(verdict.converged());
}

TEST(Verdict, AClientThatReceivedNonsenseIsFound) {
  Scene scene;
  scene.tell_everybody();
  scene.acknowledge_everything();
  scene.participant(2).on_frame(as_bytes("nonsense"), at(120));
  EXPECT_EQ(judge_clients(scene.document).clients_confused, 1U);
}

TEST(Verdict, StrangersMustReachEverybodyToo) {
  Scene scene;
  scene.tell_everybody();
  scene.acknowledge_everything();
  crdt::Doc stranger({.client_id = 77});
  const Bytes update = stranger.transact(
      [](crdt::Doc& doc) { static_cast<void>(doc.text(root_name).insert(0, "hello")); });
  Relay::tell(scene.participant(0), update, at(120));
  EXPECT_EQ(judge_clients(scene.document).documents_differing, 1U);
  Relay::tell(scene.participant(1), update, at(120));
  Relay::tell(scene.participant(2), update, at(120));
  EXPECT_TRUE(judge_clients(scene.document).passed());
  EXPECT_TRUE(scene.document.has_strangers());
  ASSERT_TRUE(scene.relay.doc.apply_update(update).ok());
  EXPECT_TRUE(judge_copy(scene.document, "there", scene.relay.doc).passed());
}

TEST(Verdict, ACopyWithoutAnEditIsFound) {
  for (std::size_t lost = 0; lost < Scene().updates.size(); ++lost) {
    SCOPED_TRACE(lost);
    Scene scene;
    scene.tell_everybody();
    scene.acknowledge_everything();
    crdt::Doc copy;
    for (std::size_t i = 0; i < scene.updates.size(); ++i) {
      if (i == lost) continue;
      ASSERT_TRUE(copy.apply_update(scene.updates[i]).ok());
    }
    EXPECT_FALSE(is_complete(scene.document, copy));
    const Verdict verdict = judge_copy(scene.document, "there", copy);
    EXPECT_GE(verdict.acknowledged_missing, 1U);
    EXPECT_EQ(verdict.copies_differing, 1U);
    EXPECT_NE(said(verdict).find("in the copy read from there"), std::string::npos);
  }
}

TEST(Verdict, ACopyWithMoreThanWasTypedIsFound) {
  Scene scene;
  scene.tell_everybody();
  scene.acknowledge_everything();
  static_cast<void>(scene.relay.doc.text(root_name).remove(0, 1));  // Nobody took it back.
  EXPECT_TRUE(is_complete(scene.document, scene.relay.doc));
  const Verdict verdict = judge_copy(scene.document, "there", scene.relay.doc);
  EXPECT_EQ(verdict.acknowledged_missing, 0U);
  EXPECT_EQ(verdict.copies_differing, 1U);
  EXPECT_FALSE(verdict.converged());
}

TEST(Verdict, ACopyWithTheSameLettersInAnotherOrderIsFound) {
  // The same clocks, written to the left instead of to the right.
  Tally tally;
  LoadDocument document("d", Manners{.acks = false}, tally);
  Participant& writer = document.join(1, 0, true);
  crdt::Doc copy({.client_id = 1});
  for (int i = 0; i < 20; ++i) {
    const std::string letter(1, letter_of(1, static_cast<std::uint64_t>(i)));
    writer.type(false, true, at(i));
    ASSERT_TRUE(copy.text(root_name).insert(0, letter).ok());
  }
  EXPECT_TRUE(is_complete(document, copy));
  EXPECT_EQ(judge_copy(document, "there", copy).copies_differing, 1U);
}

TEST(Verdict, OnlyTheFirstFindingsAreKeptInWords) {
  Verdict all;
  for (int i = 0; i < 100; ++i) {
    Verdict one{.acknowledged_missing = 1};
    one.note("finding " + std::to_string(i));
    all.add(one);
  }
  EXPECT_EQ(all.acknowledged_missing, 100U);
  EXPECT_EQ(all.findings.size(), Verdict::findings_max);
  EXPECT_EQ(all.findings.front(), "finding 0");
}

}  // namespace
}  // namespace syncline::loadgen
