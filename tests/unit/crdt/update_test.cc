#include "server/crdt/update.h"

#include <gtest/gtest.h>

#include "server/crdt/doc.h"
#include "tests/unit/crdt/update_builder.h"

namespace syncline::crdt {
namespace {

// Client 1 writes "ab" at the start of the text "t".
const Bytes ab = from_hex("01 01 01 00 04 01 01 74 02 61 62 00");
// Client 1 goes on with "c", and with "d" after that.
const Bytes c = from_hex("01 01 01 02 84 01 01 01 63 00");
const Bytes d = from_hex("01 01 01 03 84 01 02 01 64 00");

std::string merged(std::vector<Bytes> updates) {
  const std::vector<BytesView> views(updates.begin(), updates.end());
  return to_hex(merge_updates(views).value());
}

TEST(check_update, counts_structs_and_ranges) {
  const auto summary = check_update(ab);
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(summary->structs, 1u);
  EXPECT_TRUE(check_update(empty_update())->empty());
}

TEST(merge_updates, of_nothing_is_the_empty_update) { EXPECT_EQ(merged({}), "0000"); }

TEST(merge_updates, joins_neighbours_and_bridges_holes) {
  EXPECT_EQ(merged({ab, c}),
            "01020100040101740261628401010163"
            "00");
  // Skip (0a) of length 1 stands for what is missing.
  EXPECT_EQ(merged({ab, d}),
            to_hex(from_hex("01 03 01 00 04 01 01 74 02 61 62 0a 01 84 01 02 01 64 00")));
}

TEST(merge_updates, is_idempotent_and_commutes) {
  EXPECT_EQ(merged({ab, ab}), to_hex(ab));
  EXPECT_EQ(merged({ab, c, d}), merged({d, c, ab}));
}

TEST(merge_updates, joins_delete_sets) {
  const Bytes first = from_hex("00 01 01 01 00 01");
  const Bytes second = from_hex("00 01 01 01 01 01");
  EXPECT_EQ(merged({first, second}), "000101010002");
}

TEST(doc, holds_what_arrives_too_early) {
  Doc doc;
  const auto outcome = doc.apply_update(c);
  ASSERT_TRUE(outcome.ok());
  EXPECT_TRUE(outcome->pending);
  EXPECT_TRUE(outcome->changed);
  EXPECT_EQ(doc.text_of("t"), "");
  EXPECT_FALSE(doc.apply_update(c)->changed);
  ASSERT_TRUE(doc.apply_update(ab).ok());
  EXPECT_EQ(doc.text_of("t"), "abc");
  EXPECT_FALSE(doc.has_pending());
  EXPECT_TRUE(doc.check().ok());
}

// `tail` waits for `front`, of which only the end has come when it is looked at; it must go on as
// soon as the beginning is there.
TEST(doc, goes_on_though_the_end_of_a_run_waits_for_something_else) {
  const Bytes tail = from_hex("01 01 07 02 44 03 00 04 f0 9f 98 80 00");
  const Bytes end_of_front = from_hex("01 01 03 04 44 07 02 02 62 63 00");
  const Bytes before_tail = from_hex("01 01 07 00 08 01 05 61 72 72 61 79 02 7d 01 77 01 78 00");
  const Bytes front = from_hex("01 01 03 00 04 01 04 74 65 78 74 04 f0 9f 98 80 00");
  const Bytes middle_of_front = from_hex("01 01 03 02 88 07 01 02 7d 01 77 01 78 00");
  Doc doc;
  for (const Bytes& update : {tail, end_of_front, before_tail, front}) {
    ASSERT_TRUE(doc.apply_update(update).ok());
  }
  EXPECT_EQ(doc.text_of("text"), "\U0001F600\U0001F600");
  ASSERT_TRUE(doc.apply_update(middle_of_front).ok());
  EXPECT_FALSE(doc.has_pending());
  EXPECT_EQ(doc.text_of("text"), "bc\U0001F600\U0001F600");
}

TEST(doc, keeps_deletes_that_arrive_too_early) {
  Doc doc;
  const Bytes deletes_b = from_hex("00 01 01 01 01 01");
  EXPECT_TRUE(doc.apply_update(deletes_b)->pending);
  ASSERT_TRUE(doc.apply_update(ab).ok());
  EXPECT_EQ(doc.text_of("t"), "a");
  EXPECT_FALSE(doc.has_pending());
}

}  // namespace
}  // namespace syncline::crdt
