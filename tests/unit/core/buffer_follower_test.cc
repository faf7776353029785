#include "server/core/buffer_follower.h"

#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "server/core/checksum.h"

namespace syncline::core {
namespace {

SharedBytes bytes(std::string_view text) { return SharedBytes(as_bytes(text)); }

void add(BufferFollower& follower, ports::BufferPosition position, std::string_view text, bool own,
         Instant now = {}) {
  const SharedBytes update = bytes(text);
  follower.add(position, checksum(update.view()), update, own, now);
}

std::vector<std::string_view> texts(const std::vector<BufferFollower::Retained>& entries) {
  std::vector<std::string_view> all;
  for (const auto& entry : entries) all.push_back(as_text(entry.update.view()));
  return all;
}

using Texts = std::vector<std::string_view>;

TEST(BufferReading, EndsWhereTheBufferEnds) {
  BufferReading reading;
  ports::BufferPage page{.records = {}, .head = {.lineage = 7, .head = 3, .trimmed = 1}};
  page.records.push_back({.position = {7, 2}, .checksum = 0, .update = bytes("b")});
  EXPECT_EQ(reading.on_page(page), BufferReading::Status::more);
  EXPECT_EQ(reading.after(), (ports::BufferPosition{7, 2}));
  page.records.front().position.offset = 3;
  EXPECT_EQ(reading.on_page(page), BufferReading::Status::complete);
}

TEST(BufferReading, GoesOnAfterWhatWasTrimmedMeanwhile) {
  BufferReading reading({7, 2});
  EXPECT_EQ(reading.on_page({.records = {}, .head = {.lineage = 7, .head = 9, .trimmed = 9}}),
            BufferReading::Status::complete);
  EXPECT_EQ(reading.after(), (ports::BufferPosition{7, 9}));
}

TEST(BufferReading, StartsOverInANewLineage) {
  BufferReading reading({7, 20});
  ports::BufferPage page{.records = {}, .head = {.lineage = 8, .head = 5, .trimmed = 3}};
  page.records.push_back({.position = {7, 4}, .checksum = 0, .update = bytes("d")});
  EXPECT_EQ(reading.on_page(page), BufferReading::Status::more);
  EXPECT_EQ(reading.after(), (ports::BufferPosition{8, 4}));
}

TEST(BufferReading, FindsAHole) {
  BufferReading reading({7, 2});
  EXPECT_EQ(reading.on_page({.records = {}, .head = {.lineage = 7, .head = 9, .trimmed = 2}}),
            BufferReading::Status::broken);
}

TEST(BufferFollower, RetainsUntilTrimmed) {
  BufferFollower follower;
  EXPECT_FALSE(follower.note_lineage(1));  // Nothing was known, so nothing is lost.
  add(follower, {1, 1}, "aa", true);
  add(follower, {1, 2}, "bbb", false);
  EXPECT_EQ(follower.retained_bytes(), 5u);
  EXPECT_TRUE(follower.retains_own());
  follower.note_head({.lineage = 1, .head = 2, .trimmed = 0});
  EXPECT_EQ(follower.retained_bytes(), 5u);
  follower.note_head({.lineage = 1, .head = 2, .trimmed = 1});
  EXPECT_FALSE(follower.retains_own());
  EXPECT_TRUE(follower.retains());
  follower.note_head({.lineage = 1, .head = 2, .trimmed = 2});
  EXPECT_FALSE(follower.retains());
  EXPECT_EQ(follower.retained_bytes(), 0u);
}

TEST(BufferFollower, IsOwnWhicheverIsHeardFirst) {
  BufferFollower follower;
  follower.note_lineage(1);
  add(follower, {1, 1}, "a", false);
  add(follower, {1, 1}, "a", true);
  EXPECT_TRUE(follower.retains_own());
  EXPECT_EQ(follower.retained_bytes(), 1u);
  add(follower, {1, 1}, "a", false);
  EXPECT_TRUE(follower.retains_own());
  follower.note_head({.lineage = 1, .head = 1, .trimmed = 1});
  EXPECT_FALSE(follower.retains_own());
}

TEST(BufferFollower, FindsGaps) {
  BufferFollower follower;
  follower.note_lineage(1);
  add(follower, {1, 1}, "a", false);
  EXPECT_FALSE(follower.has_gap());
  add(follower, {1, 3}, "c", false);
  EXPECT_TRUE(follower.has_gap());
  add(follower, {1, 2}, "b", false);
  EXPECT_FALSE(follower.has_gap());
  follower.note_offset(4);
  EXPECT_TRUE(follower.has_gap());
}

TEST(BufferFollower, WhatWasTrimmedUnreadIsInTheLog) {
  BufferFollower follower;
  follower.note_lineage(1);
  follower.note_head({.lineage = 1, .head = 3, .trimmed = 3});
  EXPECT_TRUE(follower.has_gap());
  EXPECT_TRUE(follower.wants_log());
  follower.begin_log_reading();
  EXPECT_FALSE(follower.wants_log());
  follower.end_log_reading(false);
  EXPECT_TRUE(follower.wants_log());
  follower.begin_log_reading();
  // Trimmed only after the reading began: not known to be part of it.
  follower.note_head({.lineage = 1, .head = 4, .trimmed = 4});
  follower.end_log_reading(true);
  EXPECT_EQ(follower.contiguous(), (ports::BufferPosition{1, 3}));
  EXPECT_TRUE(follower.wants_log());
}

TEST(BufferFollower, DoubtsEverythingInANewLineage) {
  BufferFollower follower;
  follower.note_lineage(1);
  add(follower, {1, 1}, "kept", true);
  add(follower, {1, 2}, "lost", true);
  add(follower, {1, 3}, "another's", false);
  EXPECT_TRUE(follower.note_lineage(2));
  EXPECT_FALSE(follower.note_lineage(2));
  EXPECT_TRUE(follower.has_gap());
  EXPECT_EQ(follower.contiguous(), (ports::BufferPosition{2, 0}));
  follower.note_head({.lineage = 2, .head = 1, .trimmed = 0});
  add(follower, {1, 1}, "kept", false);  // As a page has it: of the old lineage.
  follower.end_reading();
  EXPECT_FALSE(follower.has_gap());
  EXPECT_EQ(texts(follower.take_own_in_doubt()), Texts{"lost"});
  EXPECT_TRUE(follower.retains_own());  // "kept" is still its own.
  EXPECT_TRUE(follower.has_doubts());
  EXPECT_EQ(texts(follower.take_in_doubt()), Texts{"another's"});
  EXPECT_FALSE(follower.has_doubts());
  follower.note_head({.lineage = 2, .head = 1, .trimmed = 1});
  EXPECT_FALSE(follower.retains());
}

TEST(BufferFollower, DoubtsEndWhenOthersAppendItAgainOrTheLogHasIt) {
  BufferFollower follower;
  follower.note_lineage(1);
  add(follower, {1, 1}, "again", false);
  add(follower, {1, 2}, "logged", false);
  follower.note_lineage(2);
  add(follower, {2, 1}, "again", false);
  follower.note_logged(checksum(as_bytes("logged")), bytes("logged"));
  EXPECT_FALSE(follower.has_doubts());
  EXPECT_EQ(follower.retained_bytes(), 5u);
}

TEST(BufferFollower, AFlushedBufferLeavesDoubtsInTheirOrder) {
  BufferFollower follower;
  follower.note_lineage(1);
  for (const std::string_view text : {"first", "second", "third", "fourth"}) {
    add(follower, {1, follower.contiguous().offset + 1}, text, true);
  }
  follower.note_forgotten();
  EXPECT_EQ(texts(follower.take_own_in_doubt()), (Texts{"first", "second", "third", "fourth"}));
  EXPECT_FALSE(follower.retains());
  EXPECT_EQ(follower.lineage(), 1u);
}

TEST(BufferFollower, SaysSinceWhenTheOldestWaits) {
  BufferFollower follower;
  follower.note_lineage(7);
  EXPECT_EQ(follower.waits_since(), Instant::never());
  add(follower, {7, 1}, "a", true, Instant{seconds(10)});
  add(follower, {7, 2}, "b", false, Instant{seconds(20)});
  EXPECT_EQ(follower.waits_since(), Instant{seconds(10)});
  follower.note_head({.lineage = 7, .head = 2, .trimmed = 1});
  EXPECT_EQ(follower.waits_since(), Instant{seconds(20)});
  follower.note_head({.lineage = 7, .head = 2, .trimmed = 2});
  EXPECT_EQ(follower.waits_since(), Instant::never());
}

}  // namespace
}  // namespace syncline::core
