#include "server/crdt/id_ranges.h"

#include <vector>

#include <gtest/gtest.h>

namespace syncline::crdt {
namespace {

using Ranges = std::vector<IdRange>;

TEST(id_ranges, joins_what_touches_or_overlaps) {
  IdRanges ranges;
  EXPECT_TRUE(ranges.add({1, 10, 5}));
  EXPECT_TRUE(ranges.add({1, 20, 5}));
  EXPECT_TRUE(ranges.add({2, 15, 5}));
  EXPECT_FALSE(ranges.add({1, 11, 4}));
  EXPECT_TRUE(ranges.add({1, 15, 1}));
  EXPECT_EQ(ranges.list(), (Ranges{{2, 15, 5}, {1, 10, 6}, {1, 20, 5}}));
  EXPECT_TRUE(ranges.add({1, 5, 30}));
  EXPECT_EQ(ranges.list(), (Ranges{{2, 15, 5}, {1, 5, 30}}));
}

TEST(id_ranges, finds_what_holds_an_id_or_ends_at_it) {
  IdRanges ranges;
  ranges.add({1, 10, 5});
  EXPECT_FALSE(ranges.touching({1, 9}));
  EXPECT_EQ(ranges.touching({1, 10}), (IdRange{1, 10, 5}));
  EXPECT_EQ(ranges.touching({1, 15}), (IdRange{1, 10, 5}));
  EXPECT_FALSE(ranges.touching({1, 16}));
  EXPECT_FALSE(ranges.touching({2, 12}));
  EXPECT_TRUE(ranges.covers({1, 12, 3}));
  EXPECT_FALSE(ranges.covers({1, 12, 4}));
}

TEST(id_ranges, removes_from_the_front_the_middle_and_the_end) {
  IdRanges ranges;
  ranges.add({1, 10, 10});
  ranges.remove({1, 10, 2});
  ranges.remove({1, 15, 1});
  ranges.remove({1, 18, 2});
  EXPECT_EQ(ranges.list(), (Ranges{{1, 12, 3}, {1, 16, 2}}));
  ranges.remove({1, 12, 3});
  EXPECT_EQ(ranges.list(), (Ranges{{1, 16, 2}}));
}

TEST(id_ranges, gives_a_clients_first_range_below_a_clock) {
  IdRanges ranges;
  ranges.add({1, 10, 5});
  ranges.add({1, 20, 5});
  ranges.add({3, 1, 5});
  EXPECT_FALSE(ranges.take_first(1, 10));
  EXPECT_EQ(ranges.take_first(1, 21), (IdRange{1, 10, 5}));
  EXPECT_EQ(ranges.take_first(1, 21), (IdRange{1, 20, 5}));
  EXPECT_FALSE(ranges.take_first(1, 21));
  EXPECT_FALSE(ranges.take_first(2, 21));
  EXPECT_EQ(ranges.size(), 1u);
}

}  // namespace
}  // namespace syncline::crdt
