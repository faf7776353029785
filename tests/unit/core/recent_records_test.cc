#include "server/core/recent_records.h"

#include <gtest/gtest.h>

namespace syncline::core {
namespace {

TEST(RecentRecords, ANumberNamesOneUpdate) {
  RecentRecords records;
  EXPECT_TRUE(records.note(Sequence{5}, 50));
  EXPECT_TRUE(records.note(Sequence{3}, 30));
  EXPECT_TRUE(records.note(Sequence{5}, 50));
  EXPECT_FALSE(records.note(Sequence{5}, 51));
  EXPECT_FALSE(records.note(Sequence{3}, 0));
}

TEST(RecentRecords, WhatIsLongAgoIsNotCompared) {
  RecentRecords records;
  for (std::uint64_t i = 1; i <= 3 * RecentRecords::kept; ++i) {
    EXPECT_TRUE(records.note(Sequence{i}, i));
  }
  const std::uint64_t oldest = 2 * RecentRecords::kept + 1;
  EXPECT_FALSE(records.note(Sequence{oldest}, 0));
  EXPECT_TRUE(records.note(Sequence{oldest - 1}, 0));
  // And it takes the place of nothing newer.
  EXPECT_FALSE(records.note(Sequence{oldest - 1 + RecentRecords::kept}, 0));
}

}  // namespace
}  // namespace syncline::core
