#include "loadgen/run/participant.h"

#include <string>

#include <gtest/gtest.h>

#include "server/crdt/text.h"
#include "tests/unit/loadgen/relay.h"

namespace syncline::loadgen {
namespace {

using protocol::y_websocket::sync_step1;
using protocol::y_websocket::sync_step2;

class ParticipantTest : public testing::Test {
 protected:
  Tally tally;
  LoadDocument document{"d", Manners{}, tally};
  Participant& writer = document.join(1, 0, true);
  Participant& near = document.join(2, 0, false);
  Participant& far = document.join(3, 1, false);
  Relay relay;

  void everybody_joins(Instant now) {
    for (const auto& client : document.participants()) relay.welcome(*client, now);
  }
};

TEST_F(ParticipantTest, AnEditIsMeasuredFromItsScheduleAtEachOtherClient) {
  everybody_joins(at(0));
  writer.type(false, true, at(100));
  const auto sent = relay.take(writer);
  ASSERT_EQ(sent.updates.size(), 1U);
  Relay::tell(near, sent.updates[0], at(103));
  Relay::tell(far, sent.updates[0], at(107));
  Relay::tell(far, sent.updates[0], at(108));     // Again: nothing new.
  Relay::tell(writer, sent.updates[0], at(109));  // Its echo.
  EXPECT_EQ(tally.same_target.count(), 1U);
  EXPECT_EQ(tally.same_target.max(), milliseconds(3));
  EXPECT_EQ(tally.cross_target.count(), 1U);
  EXPECT_EQ(tally.cross_target.max(), milliseconds(7));
  EXPECT_EQ(tally.deliveries, 2U);
  EXPECT_EQ(tally.deliveries_due, 2U);
  EXPECT_FALSE(tally.settled(true));
  EXPECT_TRUE(tally.settled(false));
}

TEST_F(ParticipantTest, ADeletionIsMeasuredToo) {
  everybody_joins(at(0));
  for (const int ms : {10, 20}) writer.type(false, false, at(ms));
  writer.type(true, true, at(30));
  for (const Bytes& update : relay.take(writer).updates) Relay::tell(near, update, at(35));
  EXPECT_EQ(tally.same_target.count(), 1U);
  EXPECT_EQ(tally.same_target.max(), milliseconds(5));
  EXPECT_EQ(tally.deliveries, 3U);
}

TEST_F(ParticipantTest, WhatComesTooEarlyIsReceivedWhenItCanBeRead) {
  everybody_joins(at(0));
  for (const int ms : {10, 20}) writer.type(false, true, at(ms));
  const auto sent = relay.take(writer);
  Relay::tell(near, sent.updates[1], at(25));
  EXPECT_EQ(tally.deliveries, 0U);
  Relay::tell(near, sent.updates[0], at(40));
  EXPECT_EQ(tally.deliveries, 2U);
  EXPECT_EQ(tally.same_target.max(), milliseconds(30));
  EXPECT_EQ(tally.same_target.min(), milliseconds(20));
}

TEST_F(ParticipantTest, AcknowledgementsCountMessagesTheHandshakesToo) {
  const auto handshake = relay.welcome(writer, at(0));
  EXPECT_EQ(handshake.carrying, 1U);
  writer.type(false, true, at(10));
  writer.type(false, true, at(12));
  Relay::acknowledge(writer, 1, at(15));
  EXPECT_EQ(writer.acknowledged(), 0U);
  Relay::acknowledge(writer, 2, at(16));
  EXPECT_EQ(writer.acknowledged(), 1U);
  Relay::acknowledge(writer, 3, at(18));
  EXPECT_EQ(writer.acknowledged(), 2U);
  EXPECT_EQ(tally.acknowledged.min(), milliseconds(6));
  EXPECT_EQ(tally.acknowledged.count(), 2U);
  EXPECT_EQ(writer.problem(), "");
}

TEST_F(ParticipantTest, AfterAReconnectOnlyWhatIsNotAcknowledgedIsSentAgain) {
  relay.welcome(writer, at(0));
  for (const int ms : {10, 20, 30}) writer.type(false, true, at(ms));
  relay.take(writer);
  Relay::acknowledge(writer, 3, at(35));  // The step 2 and two edits.
  writer.on_closed();
  EXPECT_FALSE(writer.synced());
  writer.type(false, true, at(50));  // Offline.
  EXPECT_TRUE(writer.take_outbox().empty());
  const auto again = relay.welcome(writer, at(90));
  ASSERT_EQ(again.updates.size(), 1U);
  EXPECT_EQ(again.updates[0], writer.typist().update(2, 4));
  Relay::acknowledge(writer, 1, at(95));
  EXPECT_EQ(writer.acknowledged(), 4U);
  EXPECT_EQ(tally.acknowledged.count(), 2U);
  EXPECT_EQ(tally.acknowledged_after_reconnect.count(), 2U);
  EXPECT_EQ(tally.acknowledged_after_reconnect.max(), milliseconds(65));
  EXPECT_EQ(tally.letters_withheld, 0U);
}

TEST_F(ParticipantTest, WhatTheServerForgotIsCountedAndNotHealed) {
  relay.welcome(writer, at(0));
  for (const int ms : {10, 20, 30}) writer.type(false, true, at(ms));
  relay.take(writer);
  Relay::acknowledge(writer, 4, at(35));
  writer.on_closed();
  Relay other;
  const auto again = other.welcome(writer, at(90));
  EXPECT_EQ(tally.letters_withheld, 3U);
  ASSERT_EQ(again.updates.size(), 1U);
  EXPECT_EQ(again.updates[0], to_bytes(crdt::empty_update()));
}

TEST_F(ParticipantTest, AClientThatHealsSendsWhatTheServerForgot) {
  LoadDocument healed("h", Manners{.heals = true}, tally);
  Participant& healer = healed.join(9, 0, true);
  relay.welcome(healer, at(0));
  for (const int ms : {10, 20}) healer.type(false, true, at(ms));
  relay.take(healer);
  Relay::acknowledge(healer, 3, at(35));
  healer.on_closed();
  Relay other;
  const auto again = other.welcome(healer, at(90));
  EXPECT_EQ(tally.letters_withheld, 2U);
  EXPECT_EQ(other.doc.text_of(root_name), relay.doc.text_of(root_name));
}

TEST_F(ParticipantTest, WhatCameThroughAReconnectStandsApart) {
  everybody_joins(at(0));
  near.on_closed();
  writer.type(false, true, at(100));
  relay.take(writer);
  relay.welcome(near, at(400));
  EXPECT_EQ(tally.same_target.count(), 0U);
  EXPECT_EQ(tally.through_reconnect.count(), 1U);
  EXPECT_EQ(tally.through_reconnect.max(), milliseconds(300));
}

TEST_F(ParticipantTest, EditsOfTheWarmUpAreNotMeasured) {
  everybody_joins(at(0));
  writer.type(false, false, at(100));
  Relay::tell(near, relay.take(writer).updates[0], at(103));
  Relay::acknowledge(writer, 2, at(105));
  EXPECT_EQ(tally.same_target.count() + tally.acknowledged.count(), 0U);
  EXPECT_EQ(tally.deliveries, 1U);
  EXPECT_EQ(tally.edits_acknowledged, 1U);
}

TEST_F(ParticipantTest, ALetterThatAStrangerDeletedIsNotWaitedFor) {
  everybody_joins(at(0));
  writer.type(false, true, at(10));
  const Bytes letter = relay.take(writer).updates[0];
  Relay::tell(near, letter, at(12));
  Relay::tell(far, letter, at(12));
  crdt::Doc stranger({.client_id = 77});
  ASSERT_TRUE(stranger.apply_update(letter).ok());
  const Bytes deletion = stranger.transact(
      [](crdt::Doc& doc) { static_cast<void>(doc.text(root_name).remove(0, 1)); });
  Relay::tell(near, deletion, at(14));
  writer.type(true, true, at(16));  // The same letter.
  Relay::tell(far, relay.take(writer).updates[0], at(18));
  EXPECT_EQ(tally.deliveries_due, 3U);
  EXPECT_TRUE(tally.settled(false));
}

// What must not happen is said.

TEST_F(ParticipantTest, LettersThatNobodyTypedAreAProblem) {
  everybody_joins(at(0));
  writer.type(false, true, at(10));
  Bytes update = relay.take(writer).updates[0];
  const char letter = letter_of(1, 0);
  for (std::byte& byte : update) {
    if (byte == static_cast<std::byte>(letter) && &byte > &update[8]) byte ^= std::byte{1};
  }
  Relay::tell(near, update, at(12));
  EXPECT_EQ(near.problem().substr(0, 27), "letters that nobody typed: ");
}

TEST_F(ParticipantTest, AcknowledgementsOfTheFutureAndThePastAreProblems) {
  relay.welcome(writer, at(0));
  Relay::acknowledge(writer, 2, at(1));
  EXPECT_EQ(writer.problem(), "an acknowledgement of what was never sent");
  relay.welcome(near, at(0));
  Relay::acknowledge(near, 1, at(1));
  Relay::acknowledge(near, 0, at(1));
  EXPECT_EQ(near.problem(), "an acknowledgement that goes back");
}

TEST_F(ParticipantTest, FramesThatCannotBeReadAreProblems) {
  relay.welcome(near, at(0));
  near.on_frame(as_bytes("nonsense"), at(1));
  EXPECT_NE(near.problem(), "");
  relay.welcome(far, at(0));
  Relay::tell(far, as_bytes("\x7f"), at(1));
  EXPECT_NE(far.problem(), "");
  EXPECT_EQ(tally.problems, 2U);
}

}  // namespace
}  // namespace syncline::loadgen
