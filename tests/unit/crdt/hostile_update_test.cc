// What yjs would never write is refused, and leaves no trace.

#include <gtest/gtest.h>

#include "server/crdt/doc.h"
#include "server/crdt/text.h"
#include "server/lib0/encoder.h"
#include "tests/unit/crdt/update_builder.h"

namespace syncline::crdt {
namespace {

ErrorCode refusal(std::string_view hex) {
  const Bytes update = from_hex(hex);
  const auto checked = check_update(update);
  return checked.ok() ? ErrorCode::unavailable : checked.error().code;
}

TEST(check_update, refuses_what_yjs_never_writes) {
  EXPECT_EQ(refusal("01 01 01 00 00 00 00"), ErrorCode::malformed) << "a GC run of length 0";
  EXPECT_EQ(refusal("01 01 01 00 04 01 01 74 00 00"), ErrorCode::malformed) << "an empty string";
  EXPECT_EQ(refusal("01 01 01 05 84 01 05 01 61 00"), ErrorCode::malformed) << "its own origin";
  EXPECT_EQ(refusal("01 01 01 05 44 01 07 01 61 00"), ErrorCode::malformed) << "the future";
  EXPECT_EQ(refusal("01 01 01 05 04 00 01 05 01 61 00"), ErrorCode::malformed) << "its own parent";
  EXPECT_EQ(refusal("01 01 01 00 04 02 01 74 01 61 00"), ErrorCode::malformed) << "parent info 2";
  EXPECT_EQ(refusal("01 01 01 00 0b 00"), ErrorCode::unknown_type) << "content 11";
  EXPECT_EQ(refusal("01 01 01 00 07 01 01 74 07 00"), ErrorCode::unknown_type) << "type 7";
  EXPECT_EQ(refusal("01 01 01 00 05 01 01 74 01 7b 00"), ErrorCode::invalid_json);
  EXPECT_EQ(refusal("01 01 01 00 04 01 01 74 01 ff 00"), ErrorCode::invalid_utf8);
  EXPECT_EQ(refusal("00 00 00"), ErrorCode::trailing_bytes);
  EXPECT_EQ(refusal("01 01 01 00 04 01 01 74 05 61"), ErrorCode::truncated);
  EXPECT_EQ(refusal("00 01 01 01 00 00"), ErrorCode::malformed) << "a delete of nothing";
  EXPECT_EQ(refusal("00 01 01 02 05 01 00 01"), ErrorCode::malformed) << "unsorted deletes";
  EXPECT_EQ(refusal("01 01 01 ff ff ff ff ff ff ff 0f 00 01 00"), ErrorCode::number_too_large)
      << "a clock past 2^53";
  EXPECT_EQ(refusal("01 01 01 00 09 01 01 74 01 67 76 01 04 67 75 69 64 77 01 78 00"),
            ErrorCode::malformed)
      << "a second guid";
}

TEST(check_update, claims_cost_nothing) {
  // Work in proportion to a claim would not end: 2^50 deleted elements, 2^50 structs, 2^50 clients.
  Doc doc;
  EXPECT_TRUE(doc.apply_update(from_hex("00 01 01 01 00 80 80 80 80 80 80 80 02")).ok());
  EXPECT_FALSE(check_update(from_hex("01 80 80 80 80 80 80 80 02 01 00")).ok());
  EXPECT_FALSE(check_update(from_hex("80 80 80 80 80 80 80 02")).ok());
}

// What was collected stands in no list any more, and does not say what once stood behind it.
TEST(apply_update, typing_behind_what_was_collected) {
  Doc doc;
  // A type in an array, which holds y, z and x: the first two of one client, and apart. Then the
  // type is deleted, and what it held becomes one GC a client.
  ASSERT_TRUE(doc.apply_update(from_hex("01 01 01 00 07 01 01 61 02 00")).ok());
  ASSERT_TRUE(doc.apply_update(from_hex("01 01 03 00 04 00 01 00 01 79 00")).ok());
  ASSERT_TRUE(doc.apply_update(from_hex("01 01 02 00 84 03 00 01 78 00")).ok());
  ASSERT_TRUE(doc.apply_update(from_hex("01 01 03 01 c4 03 00 02 00 01 7a 00")).ok());
  ASSERT_EQ(doc.struct_count(), 4u);
  ASSERT_TRUE(doc.apply_update(from_hex("00 01 01 01 00 01")).ok());
  ASSERT_EQ(doc.struct_count(), 3u);
  ASSERT_TRUE(doc.check().ok());
  EXPECT_TRUE(doc.apply_update(from_hex("01 01 03 02 c4 03 01 02 00 01 62 00")).ok());
  EXPECT_TRUE(doc.check().ok());
  EXPECT_EQ(doc.text_of("a"), "");
}

TEST(apply_update, refuses_a_run_that_goes_on_after_what_was_collected) {
  Doc doc;
  // A made-up GC for the clocks 0 to 3 of client 2, who then sends "abcde" from clock 3 on.
  ASSERT_TRUE(doc.apply_update(from_hex("01 01 02 00 00 04 00")).ok());
  const Bytes before = doc.encode_state_as_update(empty_state_vector()).value();
  const Bytes rest = from_hex("01 01 02 03 04 01 01 74 05 61 62 63 64 65 00");
  const auto applied = doc.apply_update(rest);
  ASSERT_FALSE(applied.ok());
  EXPECT_EQ(applied.error().code, ErrorCode::malformed);
  EXPECT_EQ(doc.encode_state_as_update(empty_state_vector()).value(), before);
  EXPECT_TRUE(doc.apply_update(rest, UpdateLimits::none()).ok()) << "a log is read as it is";
  EXPECT_TRUE(doc.check().ok());
}

TEST(apply_update, refuses_a_parent_that_is_no_type_and_changes_nothing) {
  Doc doc;
  ASSERT_TRUE(doc.apply_update(from_hex("01 01 01 00 04 01 01 74 02 61 62 00")).ok());
  const Bytes before = doc.encode_state_as_update(empty_state_vector()).value();
  const auto applied = doc.apply_update(from_hex("01 01 02 00 04 00 01 00 01 61 00"));
  ASSERT_FALSE(applied.ok());
  EXPECT_EQ(applied.error().code, ErrorCode::malformed);
  EXPECT_EQ(doc.encode_state_as_update(empty_state_vector()).value(), before);
  EXPECT_TRUE(doc.check().ok());
}

// What was accepted once is in a log, perhaps behind what it would have been refused after: a log
// that could not be read again would be a lost document.
TEST(apply_update, accepts_again_what_was_accepted_before) {
  // A string in the type 1:0, of which nothing is known yet; and 1:0, which is no type.
  const Bytes child = from_hex("01 01 02 00 04 00 01 00 01 61 00");
  const Bytes parent = from_hex("01 01 01 00 04 01 01 74 02 61 62 00");
  Doc doc;
  ASSERT_TRUE(doc.apply_update(child).ok());
  ASSERT_TRUE(doc.apply_update(parent).ok());
  Doc other_way_round;
  ASSERT_TRUE(other_way_round.apply_update(parent, UpdateLimits::none()).ok());
  ASSERT_TRUE(other_way_round.apply_update(child, UpdateLimits::none()).ok());
  EXPECT_TRUE(other_way_round.check().ok());
  const Bytes state = doc.encode_state_as_update(empty_state_vector()).value();
  EXPECT_EQ(other_way_round.encode_state_as_update(empty_state_vector()).value(), state);
  EXPECT_EQ(other_way_round.text_of("t"), "ab");

  const Bytes both[] = {child, parent};
  const std::vector<BytesView> views(std::begin(both), std::end(both));
  Doc merged;
  ASSERT_TRUE(merged.apply_update(merge_updates(views).value(), UpdateLimits::none()).ok());
  EXPECT_TRUE(merged.check().ok());
  EXPECT_EQ(merged.encode_state_as_update(empty_state_vector()).value(), state);
}

// An update that nests `depth` arrays, each the child of the one before.
Bytes nested_arrays(std::size_t depth) {
  lib0::Encoder encoder;
  encoder.write_var_uint(1);
  encoder.write_var_uint(depth);
  encoder.write_var_uint(1);
  encoder.write_var_uint(0);
  for (std::size_t i = 0; i < depth; ++i) {
    encoder.write_u8(7);
    encoder.write_u8(i == 0 ? 1 : 0);
    if (i == 0) {
      encoder.write_var_string("a");
    } else {
      encoder.write_var_uint(1);
      encoder.write_var_uint(i - 1);
    }
    encoder.write_u8(0);
  }
  encoder.write_var_uint(0);
  return encoder.take();
}

TEST(apply_update, limits_how_deep_types_nest) {
  Doc doc;
  EXPECT_TRUE(doc.apply_update(nested_arrays(100)).ok());
  Doc other;
  EXPECT_EQ(other.apply_update(nested_arrays(10'000)).error().code, ErrorCode::too_deep);
  EXPECT_EQ(other.struct_count(), 0u);
}

// Each half is accepted, the one before its parents are there. What lies too deep is collected
// then.
TEST(apply_update, accepts_again_what_nests_too_deep_together) {
  const Bytes whole = nested_arrays(200);
  const Bytes outer = nested_arrays(100);
  const Bytes inner = diff_update(whole, from_hex("01 01 64")).value();
  Doc doc;
  ASSERT_TRUE(doc.apply_update(inner)->pending);
  ASSERT_TRUE(doc.apply_update(outer).ok());
  EXPECT_LT(doc.struct_count(), 200u);
  Doc again;
  ASSERT_TRUE(again.apply_update(whole, UpdateLimits::none()).ok());
  EXPECT_TRUE(again.check().ok());
  EXPECT_EQ(again.encode_state_as_update(empty_state_vector()).value(),
            doc.encode_state_as_update(empty_state_vector()).value());
}

// JSON.parse reads an Infinity, of which JSON.stringify makes null: yjs would show one document and
// send another. But what a log has, it must give back.
TEST(apply_update, refuses_a_number_beyond_all_doubles_in_json) {
  const Bytes embed = from_hex("01 01 01 00 05 01 01 74 05 31 65 39 39 39 00");
  const Bytes within =
      from_hex("01 01 01 00 05 01 01 74 0c 7b 22 61 22 3a 2d 31 65 39 39 39 7d 00");
  Doc doc;
  EXPECT_EQ(doc.apply_update(embed).error().code, ErrorCode::number_too_large);
  EXPECT_EQ(doc.apply_update(within).error().code, ErrorCode::number_too_large);
  EXPECT_TRUE(doc.apply_update(embed, UpdateLimits::none()).ok());
}

TEST(apply_update, limits_what_waits) {
  Doc doc({.pending_bytes_max = 1000});
  const auto waits = [](unsigned clock) {
    lib0::Encoder encoder;
    encoder.write_var_uint(1);
    encoder.write_var_uint(1);
    encoder.write_var_uint(1);
    encoder.write_var_uint(clock);
    encoder.write_u8(0x84);
    encoder.write_var_uint(1);
    encoder.write_var_uint(clock - 1);
    encoder.write_var_string("0123456789");
    encoder.write_var_uint(0);
    return encoder.take();
  };
  Result<ApplyOutcome> last = doc.apply_update(waits(100));
  ASSERT_TRUE(last.ok());
  for (unsigned clock = 120; clock < 1000 && last.ok(); clock += 20) {
    last = doc.apply_update(waits(clock));
  }
  ASSERT_FALSE(last.ok());
  EXPECT_EQ(last.error().code, ErrorCode::too_many_pending);
  // What waits already may come again: a client sends all it has whenever it connects.
  EXPECT_TRUE(doc.apply_update(waits(100)).ok());
  // What does not wait still goes in.
  EXPECT_TRUE(doc.apply_update(from_hex("01 01 02 00 04 01 01 74 02 61 62 00")).ok());
}

// "b" was made after "x", "x" after "c", "c" after "b": each update could be honest, together they
// are not. yjs loses "b" when "a" comes.
TEST(apply_update, keeps_what_waits_in_a_circle) {
  Doc doc;
  ASSERT_TRUE(doc.apply_update(from_hex("01 01 01 00 84 02 02 01 78 00")).ok());
  ASSERT_TRUE(doc.apply_update(from_hex("01 02 02 01 84 01 05 01 62 84 01 00 01 63 00")).ok());
  const auto last = doc.apply_update(from_hex("01 01 02 00 04 01 01 74 01 61 00"));
  ASSERT_TRUE(last.ok());
  EXPECT_TRUE(last->pending);
  EXPECT_EQ(doc.text("t").to_string(), "a");
  const Bytes whole = doc.encode_state_as_update(empty_state_vector()).value();
  EXPECT_EQ(to_hex(whole), to_hex(from_hex("02 03 02 00 04 01 01 74 01 61 84 01 05 01 62"
                                           "84 01 00 01 63 01 01 00 84 02 02 01 78 00")));
  EXPECT_FALSE(doc.apply_update(whole)->changed);
  EXPECT_TRUE(doc.check().ok());
}

// `count` clients from `first` on, each with one struct at clock 5, before which everything is
// missing.
Bytes orphans(std::uint64_t first, std::size_t count) {
  lib0::Encoder encoder;
  encoder.write_var_uint(count);
  for (std::size_t i = count; i-- > 0;) {
    encoder.write_var_uint(1);
    encoder.write_var_uint(first + i);
    encoder.write_var_uint(5);
    if (i % 2 == 0) {
      encoder.write_u8(0);
      encoder.write_var_uint(1);
    } else {
      encoder.write_u8(4);
      encoder.write_u8(1);
      encoder.write_var_string("t");
      encoder.write_var_string("a");
    }
  }
  encoder.write_var_uint(0);
  return encoder.take();
}

// What waits may add up to more clients than one update may bring.
TEST(apply_update, what_waits_may_outgrow_the_limits_of_one_update) {
  constexpr std::size_t clients = 60'000;
  ASSERT_GT(2 * clients, UpdateLimits{}.clients_max);
  const DocOptions room_for_all{.pending_bytes_max = std::size_t{64} << 20};
  Doc doc(room_for_all);
  for (const std::uint64_t first : {1U, 100'001U}) {
    const auto applied = doc.apply_update(orphans(first, clients));
    ASSERT_TRUE(applied.ok()) << applied.error().detail;
    EXPECT_TRUE(applied->pending);
  }
  const auto whole = doc.encode_state_as_update(empty_state_vector());
  ASSERT_TRUE(whole.ok());
  const auto chunks = doc.encode_state_in_chunks(empty_state_vector(), 64 * 1024);
  ASSERT_TRUE(chunks.ok());
  EXPECT_TRUE(doc.apply_update(orphans(200'001, 1)).ok());
  const auto checked = doc.check();
  EXPECT_TRUE(checked.ok()) << checked.error().detail;

  Doc again(room_for_all);
  ASSERT_TRUE(again.apply_update(*whole, UpdateLimits::none()).ok());
  EXPECT_EQ(again.encode_state_as_update(empty_state_vector()).value(), *whole);
}

// A delete that cuts a run in a map leaves its front as it is; yjs does the same.
TEST(check, the_front_of_a_run_in_a_map_may_outlive_its_end) {
  Doc doc;
  ASSERT_TRUE(doc.apply_update(from_hex("01 01 02 00 24 01 01 6d 01 6b 03 25 32 30 00")).ok());
  ASSERT_TRUE(doc.apply_update(from_hex("00 01 02 01 01 02")).ok());
  const auto checked = doc.check();
  EXPECT_TRUE(checked.ok()) << checked.error().detail;
}

// An attribute whose value is a run shows its last element, as in yjs.
TEST(doc, an_attribute_shows_the_last_element_of_a_run) {
  Doc doc;
  const Bytes element = from_hex("01 01 01 00 07 01 01 78 03 01 70 00");
  ASSERT_TRUE(doc.apply_update(element).ok());
  ASSERT_TRUE(doc.apply_update(from_hex("01 01 02 00 24 00 01 00 01 6b 03 61 62 63 00")).ok());
  EXPECT_EQ(doc.xml_string("x"), "<p k=\"c\"></p>");
}

// What goes on somewhere else than it began leaves no trace of where it says that it belongs: a key
// without a value.
TEST(doc, a_key_of_which_nothing_came_is_not_there) {
  Doc doc;
  ASSERT_TRUE(doc.apply_update(from_hex("01 01 02 00 08 01 01 61 01 77 01 78 00")).ok());
  ASSERT_TRUE(doc.apply_update(from_hex("01 01 02 00 21 01 01 6d 01 6b 03 00")).ok());
  const auto checked = doc.check();
  EXPECT_TRUE(checked.ok()) << checked.error().message();
  EXPECT_EQ(doc.map_json("m"), "{}");
  EXPECT_EQ(doc.to_json(), R"({"a":["x"]})");
}

// A format under an attribute's key; yjs shows it so.
TEST(doc, a_format_as_an_attribute_has_no_value) {
  Doc doc;
  ASSERT_TRUE(doc.apply_update(from_hex("01 02 01 00 07 01 01 78 03 02 48 31"
                                        "28 00 01 00 02 69 64 01 77 01 61 00"))
                  .ok());
  ASSERT_TRUE(doc.apply_update(from_hex("01 01 02 00 86 01 01 01 6b 01 31 00")).ok());
  EXPECT_EQ(doc.xml_string("x"), "<h1 id=\"undefined\"></h1>");
}

}  // namespace
}  // namespace syncline::crdt
