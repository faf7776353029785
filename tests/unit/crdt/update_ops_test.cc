// The algebra on encoded updates.

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "server/crdt/doc.h"
#include "server/crdt/text.h"
#include "tests/unit/crdt/update_builder.h"

namespace syncline::crdt {
namespace {

constexpr UpdateFormat v1 = UpdateFormat::v1;
constexpr UpdateFormat v2 = UpdateFormat::v2;

// Client 1 writes "ab" at the start of the text "t", goes on with "c", and with "d" after that.
const Bytes ab = from_hex("01 01 01 00 04 01 01 74 02 61 62 00");
const Bytes c = from_hex("01 01 01 02 84 01 01 01 63 00");
const Bytes d = from_hex("01 01 01 03 84 01 02 01 64 00");

std::string merged(const std::vector<Bytes>& updates) {
  const std::vector<BytesView> views(updates.begin(), updates.end());
  const std::string in_v1 = to_hex(merge_updates(views).value());
  // The same in v2.
  std::vector<Bytes> packed;
  for (const Bytes& update : updates) packed.push_back(convert_update(update, v1, v2).value());
  const std::vector<BytesView> packed_views(packed.begin(), packed.end());
  const Bytes in_v2 = merge_updates(packed_views, v2).value();
  EXPECT_EQ(to_hex(convert_update(in_v2, v2, v1).value()), in_v1);
  return in_v1;
}

std::string hex(std::string_view text) { return to_hex(from_hex(text)); }

TEST(merge_updates, puts_a_skip_into_each_hole) {
  const Bytes b_to_f = from_hex("01 01 01 06 84 01 05 01 67 00");
  EXPECT_EQ(merged({b_to_f, ab, d}),
            hex("01 05 01 00 04 01 01 74 02 61 62 0a 01 84 01 02 01 64 0a 02 84 01 05 01 67 00"));
}

TEST(merge_updates, fills_the_hole_of_one_update_with_another) {
  const Bytes with_hole = from_hex(merged({ab, d}));
  EXPECT_EQ(merged({with_hole, c}), merged({ab, c, d}));
}

TEST(merge_updates, writes_higher_clients_first) {
  const Bytes other = from_hex("01 01 05 00 04 01 01 74 01 78 00");
  EXPECT_EQ(merged({ab, other, c}),
            hex("02 01 05 00 04 01 01 74 01 78 02 01 00 04 01 01 74 02 61 62 84 01 01 01 63 00"));
}

TEST(merge_updates, joins_gc_structs_where_updates_meet) {
  const Bytes first = from_hex("01 01 01 00 00 02 00");
  const Bytes then_gcs = from_hex("01 03 01 02 00 01 00 01 84 01 00 01 78 00");
  EXPECT_EQ(merged({first, then_gcs}), hex("01 02 01 00 00 04 84 01 00 01 78 00"));
  // Not within an update, nor behind a hole.
  const Bytes far = from_hex("01 02 01 05 00 01 00 01 00");
  EXPECT_EQ(merged({first, far}), hex("01 04 01 00 00 02 0a 03 00 01 00 01 00"));
}

TEST(merge_updates, keeps_the_first_of_what_overlaps_whole) {
  const Bytes bc = from_hex("01 02 01 01 84 01 00 01 62 84 01 01 01 63 00");
  EXPECT_EQ(merged({ab, bc}), merged({ab, c}));
  const Bytes long_one = from_hex("01 01 01 00 04 01 01 74 04 61 62 63 64 00");
  EXPECT_EQ(merged({ab, long_one}), hex("01 02 01 00 04 01 01 74 02 61 62 84 01 01 02 63 64 00"));
}

TEST(merge_updates, loses_nothing_of_updates_whose_clients_are_not_in_order) {
  // "x" of client 1 and "y" of client 2; then client 2 goes on with "z", from where the first
  // update begins or behind it.
  const Bytes unordered = from_hex("02 01 01 00 04 01 01 74 01 78 01 02 00 04 01 01 74 01 79 00");
  const Bytes z = from_hex("01 01 02 01 84 02 00 01 7a 00");
  const Bytes yz = from_hex("01 02 02 00 04 01 01 74 01 79 84 02 00 01 7a 00");
  const std::string expected =
      hex("02 02 02 00 04 01 01 74 01 79 84 02 00 01 7a 01 01 00 04 01 01 74 01 78 00");
  EXPECT_EQ(merged({unordered, z}), expected);
  EXPECT_EQ(merged({unordered, yz}), expected);
}

TEST(diff_update, cuts_what_is_known) {
  const Bytes vector = from_hex("01 01 01");
  EXPECT_EQ(to_hex(diff_update(ab, vector).value()), hex("01 01 01 01 84 01 00 01 62 00"));
  EXPECT_EQ(to_hex(diff_update(ab, from_hex("01 01 02")).value()), "0000");
  EXPECT_EQ(to_hex(diff_update(ab, empty_state_vector()).value()), to_hex(ab));
  const Bytes in_v2 = convert_update(ab, v1, v2).value();
  const Bytes difference = diff_update(in_v2, vector, v2).value();
  EXPECT_EQ(to_hex(convert_update(difference, v2, v1).value()),
            hex("01 01 01 01 84 01 00 01 62 00"));
  EXPECT_FALSE(diff_update(ab, from_hex("01 01")).ok());
}

TEST(state_vector_of_update, counts_from_the_start_to_the_first_hole) {
  EXPECT_EQ(to_hex(state_vector_of_update(ab).value()), "010102");
  EXPECT_EQ(to_hex(state_vector_of_update(c).value()), "00") << "begins after clock 0";
  EXPECT_EQ(to_hex(state_vector_of_update(from_hex(merged({ab, d}))).value()), "010102");
  EXPECT_EQ(to_hex(state_vector_of_update(convert_update(ab, v1, v2).value(), v2).value()),
            "010102");
  EXPECT_EQ(to_hex(state_vector_of_update(empty_update()).value()), "00");
}

TEST(contents_of_update, joins_what_touches_and_leaves_out_holes) {
  const Bytes update = from_hex(merged({ab, d, from_hex("00 02 05 01 02 02 01 02 00 01 01 01")}));
  const UpdateContents contents = contents_of_update(update).value();
  EXPECT_EQ(contents.inserted, (std::vector<IdRange>{{1, 0, 2}, {1, 3, 1}}));
  EXPECT_EQ(contents.deleted, (std::vector<IdRange>{{1, 0, 2}, {5, 2, 2}}));
  const Bytes in_v2 = convert_update(update, v1, v2).value();
  EXPECT_EQ(contents_of_update(in_v2, v2)->inserted, contents.inserted);
}

// Two authors who see each other's edits late: their updates, in the order in which they were made.
std::vector<Bytes> history(std::size_t edits) {
  std::mt19937 random(7);
  Doc authors[2] = {Doc({.client_id = 3}), Doc({.client_id = 9})};
  std::vector<Bytes> log;
  std::vector<Bytes> unseen[2];
  for (std::size_t i = 0; i < edits; ++i) {
    const std::size_t who = random() % 2;
    Doc& author = authors[who];
    if (random() % 4 == 0) {
      for (const Bytes& update : unseen[who]) EXPECT_TRUE(author.apply_update(update).ok());
      unseen[who].clear();
    }
    const Clock length = author.text("t").length();
    const Clock at = length == 0 ? 0 : random() % length;
    const bool removes = length > 0 && random() % 3 == 0;
    log.push_back(author.transact([&](Doc& in) {
      EXPECT_TRUE(removes ? in.text("t").remove(at, 1).ok() : in.text("t").insert(at, "xy").ok());
    }));
    unseen[1 - who].push_back(log.back());
  }
  return log;
}

std::string text_after(BytesView update) {
  Doc doc;
  EXPECT_TRUE(doc.apply_update(update).ok());
  EXPECT_FALSE(doc.has_pending());
  return doc.text_of("t");
}

// The way without comparisons is taken where nothing overlaps; a repeated update forces the other.
TEST(merge_updates, comes_to_the_same_with_and_without_overlap) {
  std::vector<Bytes> log = history(300);
  const std::string in_order = merged(log);
  std::shuffle(log.begin(), log.end(), std::mt19937(1));
  EXPECT_EQ(merged(log), in_order) << "the order does not matter where nothing overlaps";
  log.push_back(log.front());
  const std::string overlapping = merged(log);
  EXPECT_EQ(text_after(from_hex(overlapping)), text_after(from_hex(in_order)));
}

}  // namespace
}  // namespace syncline::crdt
