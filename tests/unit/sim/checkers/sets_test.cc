// What checkers count with, against what is slow and plain.

#include <set>
#include <utility>

#include <gtest/gtest.h>

#include "server/crdt/update.h"
#include "sim/checkers/flat_map.h"
#include "sim/checkers/id_set.h"
#include "sim/checkers/json_digest.h"
#include "sim/checkers/state_vector.h"

namespace syncline::checkers {
namespace {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t below(std::uint64_t bound) {
    state_ = state_ * 6364136223846793005 + 1442695040888963407;
    return (state_ >> 33) % bound;
  }

 private:
  std::uint64_t state_;
};

using Plain = std::set<std::pair<std::uint64_t, std::uint64_t>>;

ClockRange draw_range(Dice& dice) {
  const std::uint64_t begin = dice.below(40);
  return {begin, begin + dice.below(5)};
}

client::IdRanges ranges_of(const Plain& plain) {
  client::IdRanges ranges;
  for (const auto& [client, clock] : plain) ranges.add(client, clock, 1);
  return ranges;
}

TEST(IdSet, holds_what_a_plain_set_holds) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Dice dice(seed);
    IdSet sets[2];
    Plain plain[2];
    for (int step = 0; step < 30; ++step) {
      const std::uint64_t which = dice.below(2);
      const std::uint64_t client = dice.below(3);
      const ClockRange range = draw_range(dice);
      sets[which].add(client, range);
      for (auto clock = range.begin; clock < range.end; ++clock) {
        plain[which].emplace(client, clock);
      }
    }
    EXPECT_EQ(sets[0].without({}), ranges_of(plain[0])) << seed;
    Plain rest;
    for (const auto& id : plain[0]) {
      if (!plain[1].contains(id)) rest.insert(id);
    }
    EXPECT_EQ(sets[0].without({&sets[1]}), ranges_of(rest)) << seed;
    EXPECT_EQ(missing_in(ranges_of(plain[0]), {&sets[1]}), ranges_of(rest)) << seed;
    EXPECT_EQ(sets[1].contains(ranges_of(plain[0])), rest.empty()) << seed;
    for (int question = 0; question < 30; ++question) {
      const std::uint64_t client = dice.below(4);
      const ClockRange range = draw_range(dice);
      bool all = true;
      for (auto clock = range.begin; clock < range.end; ++clock) {
        all = all && plain[0].contains({client, clock});
      }
      EXPECT_EQ(sets[0].contains(client, range), all) << seed;
    }
    for (std::uint64_t client = 0; client < 4; ++client) {
      std::uint64_t prefix = 0;
      while (plain[0].contains({client, prefix})) ++prefix;
      EXPECT_EQ(sets[0].prefix(client), prefix) << seed;
    }
  }
}

TEST(FlatMap, finds_what_was_put_in) {
  Dice dice(1);
  FlatMap<std::uint64_t> map;
  std::map<std::uint64_t, std::uint64_t> plain;
  EXPECT_EQ(map.find(0), nullptr);
  for (int i = 0; i < 2000; ++i) {
    const std::uint64_t key = dice.below(700) << dice.below(40);
    ++map[key];
    ++plain[key];
  }
  EXPECT_EQ(map.entries().size(), plain.size());
  for (const auto& [key, value] : plain) {
    ASSERT_NE(map.find(key), nullptr);
    EXPECT_EQ(*map.find(key), value);
  }
  map.clear();
  EXPECT_EQ(map.find(plain.begin()->first), nullptr);
  EXPECT_TRUE(map.entries().empty());
}

Bytes encoded(std::initializer_list<Known> entries) {
  Bytes bytes = {static_cast<std::byte>(entries.size())};
  for (const Known& known : entries) {
    bytes.push_back(static_cast<std::byte>(known.client));
    bytes.push_back(static_cast<std::byte>(known.clock));
  }
  return bytes;
}

TEST(StateVector, is_read_in_any_order) {
  StateVector vector;
  ASSERT_TRUE(vector.read(encoded({{3, 5}, {9, 1}, {7, 2}})));
  EXPECT_EQ(vector.clock_of(3), 5U);
  EXPECT_EQ(vector.clock_of(7), 2U);
  EXPECT_EQ(vector.clock_of(9), 1U);
  EXPECT_EQ(vector.clock_of(8), 0U);
  EXPECT_FALSE(vector.read(as_bytes("\x02\x01\x01")));
  EXPECT_FALSE(vector.read(as_bytes("\x01\x01\x01\x01")));
  EXPECT_TRUE(vector.read(crdt::empty_state_vector()));
  EXPECT_EQ(vector.clock_of(3), 0U);
}

TEST(StateVector, knows_what_it_has_less_of) {
  StateVector vector;
  StateVector other;
  const auto beyond = [&](const Bytes& own, const Bytes& others) -> std::uint64_t {
    EXPECT_TRUE(vector.read(own) && other.read(others));
    const Known* known = vector.first_beyond(other);
    return known == nullptr ? 0 : known->client;
  };
  EXPECT_EQ(beyond(encoded({{9, 3}, {5, 2}}), encoded({})), 0U);
  EXPECT_EQ(beyond(encoded({{9, 3}, {5, 2}}), encoded({{9, 3}, {5, 2}})), 0U);
  EXPECT_EQ(beyond(encoded({{9, 3}, {5, 2}}), encoded({{9, 2}, {5, 3}})), 5U);
  EXPECT_EQ(beyond(encoded({{9, 3}, {5, 2}}), encoded({{7, 1}})), 7U);
  EXPECT_EQ(beyond(encoded({{9, 3}, {5, 2}}), encoded({{4, 1}})), 4U);
  EXPECT_EQ(beyond(encoded({}), encoded({{4, 1}})), 4U);
}

TEST(JsonDigest, is_the_same_in_any_order_of_members) {
  EXPECT_EQ(digest_json(R"({"a":1,"b":{"c":"x","d":[1,2]}})"),
            digest_json(R"({"b":{"d":[1,2],"c":"x"},"a":1})"));
}

TEST(JsonDigest, differs_for_everything_else) {
  const std::string_view different[] = {"",
                                        "{}",
                                        "[]",
                                        "null",
                                        "1",
                                        "12",
                                        "\"\"",
                                        R"("a")",
                                        R"("a\"b")",
                                        R"("\"ab")",
                                        R"({"a":1})",
                                        R"({"a":2})",
                                        R"({"b":1})",
                                        R"({"a":1,"b":2})",
                                        R"({"a":2,"b":1})",
                                        R"({"a":{"b":1}})",
                                        R"({"a":{},"b":1})",
                                        "[1,2]",
                                        "[2,1]",
                                        "[[1],2]",
                                        "[[1,2]]",
                                        R"(["{}"])",
                                        "[{}]",
                                        R"({"a":"b,c:d"})",
                                        R"({"a":"b","c":"d"})",
                                        R"(["a","b"])",
                                        R"(["a,b"])",
                                        R"({"a)",
                                        R"({"a":)",
                                        "}",
                                        "]",
                                        ":"};
  for (const auto& one : different) {
    for (const auto& other : different) {
      EXPECT_EQ(digest_json(one) == digest_json(other), one == other) << one << " " << other;
    }
  }
}

}  // namespace
}  // namespace syncline::checkers
