// Update format v2. The expected bytes are those of yjs 13.6.33.

#include <functional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "server/crdt/doc.h"
#include "server/crdt/text.h"
#include "tests/unit/crdt/update_builder.h"

namespace syncline::crdt {
namespace {

constexpr UpdateFormat v1 = UpdateFormat::v1;
constexpr UpdateFormat v2 = UpdateFormat::v2;

std::string hex(std::string_view text) { return to_hex(from_hex(text)); }

std::string converted(UpdateFormat from, UpdateFormat to, std::string_view update) {
  const auto result = convert_update(from_hex(update), from, to);
  return result.ok() ? to_hex(*result) : result.error().message();
}

void expect_both(std::string_view in_v1, std::string_view in_v2) {
  EXPECT_TRUE(check_update(from_hex(in_v2), {}, v2).ok());
  EXPECT_EQ(converted(v1, v2, in_v1), hex(in_v2));
  EXPECT_EQ(converted(v2, v1, in_v2), hex(in_v1));
  Doc doc;
  ASSERT_TRUE(doc.apply_update(from_hex(in_v2), {}, v2).ok());
  EXPECT_TRUE(doc.check().ok());
  EXPECT_EQ(to_hex(doc.encode_state_as_update(empty_state_vector(), v2).value()), hex(in_v2));
  EXPECT_EQ(to_hex(doc.encode_state_as_update(empty_state_vector(), v1).value()), hex(in_v1));
}

// Client 1 writes "ab" at the start of the text "t".
constexpr std::string_view ab =
    "00 00 0101 00 00 0104 06 03 74 61 62 01 02 01 01 00 00 01 01 00 00";

TEST(update_v2, texts_formats_and_embeds) {
  expect_both("01 01 01 00 04 01 01 74 02 61 62 00", ab);
  // "ab" with a bold "a", and {"a":[1,null,"x",1.5]} embedded behind it.
  expect_both(
      "01 05 01 00 04 01 01 74 01 61 84 01 00 01 62 46 01 00 04 62 6f 6c 64 04 74 72 75 65"
      "c6 01 00 01 01 04 62 6f 6c 64 04 6e 75 6c 6c c5 01 03 01 01 16 7b 22 61 22 3a 5b 31 2c"
      "6e 75 6c 6c 2c 22 78 22 2c 31 2e 35 5d 7d 00",
      "00 02 00 02 02 41 05 03 01 00 06 03 00 02 00 09 04 00 84 00 46 00 c6 00 c5 10 0b 74 61"
      "62 62 6f 6c 64 62 6f 6c 64 41 01 44 00 01 01 00 00 01 05 00 78 7e 76 01 01 61 75 04 7d"
      "01 7e 77 01 78 7c 3f c0 00 00 00");
}

TEST(update_v2, types_values_and_subdocuments) {
  expect_both(
      "01 04 02 00 27 01 01 6d 01 6b 03 01 70 03 01 01 61 02 01 02 88 02 01 02 7d 05 77 01 78"
      "29 01 01 6d 01 73 01 67 76 01 04 6d 65 74 61 76 01 01 61 7d 01 00",
      "00 01 00 02 42 00 01 02 00 07 27 00 03 00 88 00 29 0a 07 6d 6b 70 61 6d 73 67 41 05 01"
      "01 01 03 01 02 01 04 00 02 01 02 7d 05 77 01 78 76 01 04 6d 65 74 61 76 01 01 61 7d 01"
      "00");
  // The old JSON contents, of an undefined element and a number.
  expect_both("01 01 01 00 02 01 01 74 02 09 75 6e 64 65 66 69 6e 65 64 01 31 00",
              "00 00 01 01 00 00 01 02 0f 0b 74 75 6e 64 65 66 69 6e 65 64 31 01 09 01 01 01 00"
              "01 02 01 01 00 00");
}

TEST(update_v2, deletes) {
  const std::string_view in_v1 = "00 02 05 02 00 01 03 02 01 01 07 01";
  const std::string_view in_v2 =
      "00 00 00 00 00 00 01 00 00 00 00  00 02 05 02 00 00 02 01"
      "01 01 07 00";
  EXPECT_EQ(converted(v1, v2, in_v1), hex(in_v2));
  EXPECT_EQ(converted(v2, v1, in_v2), hex(in_v1));
}

TEST(update_v2, of_nothing) {
  EXPECT_EQ(converted(v1, v2, "00 00"), to_hex(empty_update(v2)));
  EXPECT_TRUE(check_update(empty_update(v2), {}, v2)->empty());
  EXPECT_EQ(to_hex(Doc().encode_state_as_update(empty_state_vector(), v2).value()),
            to_hex(empty_update(v2)));
  EXPECT_EQ(to_hex(merge_updates({}, v2).value()), to_hex(empty_update(v2)));
}

// An embed in v2: `any` in the text "t" of client 1.
std::string embed(std::string_view any) {
  return "00 00 01 01 00 00 01 05 03 01 74 01 01 01 00 00 01 01 00" + std::string(any) + "00";
}

TEST(update_v2, what_json_has_no_word_for_becomes_what_json_stringify_makes_of_it) {
  const std::string head = "01 01 01 00 05 01 01 74";
  EXPECT_EQ(converted(v2, v1, embed("7b 7f f8 00 00 00 00 00 00")), hex(head + "046e756c6c 00"));
  EXPECT_EQ(converted(v2, v1, embed("74 01 01")), hex(head + "077b2230223a317d 00"));
  EXPECT_EQ(converted(v2, v1, embed("76 02 01 75 7f 01 6e 7d 40")),
            hex(head + "077b226e223a307d 00"));
  EXPECT_EQ(converted(v2, v1, embed("75 01 7f")), hex(head + "065b6e756c6c5d 00"));
}

TEST(update_v2, half_pairs_in_json_texts_are_replaced) {
  // The JSON text "\ud83d", as v1 carries it.
  EXPECT_EQ(converted(v1, v2, "01 01 01 00 05 01 01 74 08 22 5c 75 64 38 33 64 22 00"),
            hex(embed("77 03 ef bf bd")));
}

TEST(update_v2, offsets_cut_texts) {
  Doc doc;
  ASSERT_TRUE(doc.apply_update(from_hex(ab), {}, v2).ok());
  // Client 1, up to clock 1.
  EXPECT_EQ(to_hex(doc.encode_state_as_update(from_hex("01 01 01"), v2).value()),
            hex("00 00 02 41 00 01 00 00 01 84 03 01 62 01 00 00 00 01 01 01 00"));
}

TEST(update_v2, clocks_may_be_far_apart) {
  // Client 1 refers to clock 2^53 - 2 of client 2; its double is no safe integer.
  const std::string_view in_v1 = "01 01 01 00 84 02 fe ff ff ff ff ff ff 0f 01 61 00";
  const std::string_view in_v2 =
      "00 00 02 01 02 08 bc ff ff ff ff ff ff 3f 00 01 84 03 01 61 01 00 00 00 01 01 00 00";
  EXPECT_EQ(converted(v1, v2, in_v1), hex(in_v2));
  EXPECT_EQ(converted(v2, v1, in_v2), hex(in_v1));
}

ErrorCode refusal(std::string_view update) {
  const auto checked = check_update(from_hex(update), {}, v2);
  return checked.ok() ? ErrorCode::unavailable : checked.error().code;
}

TEST(check_update_v2, refuses_what_yjs_never_writes) {
  EXPECT_EQ(refusal("01 00 0101 00 00 0104 06 03 74 61 62 01 02 0101 00 00 01 01 00 00"),
            ErrorCode::malformed)
      << "feature flags";
  EXPECT_EQ(refusal("00 00 0101 00 00 0104 06 03 74 61 62 01 02 0102 00 00 01 01 00 00"),
            ErrorCode::malformed)
      << "parent info 2";
  EXPECT_EQ(refusal("00 00 0101 00 00 0100 01 00 00 00 0100 01 01 00 00"), ErrorCode::malformed)
      << "a GC run of length 0";
  EXPECT_EQ(refusal("00 00 0101 00 00 010b 01 00 00 00 00 01 01 00 00"), ErrorCode::unknown_type);
  EXPECT_EQ(refusal("00 00 0101 00 00 0107 03 01 74 01 0101 0107 00 01 01 00 00"),
            ErrorCode::unknown_type)
      << "type 7";
  EXPECT_EQ(refusal("00 00 0101 00 00 0104 05 02 74 ff 41 00 0101 00 00 01 01 00 00"),
            ErrorCode::invalid_utf8);
  EXPECT_EQ(refusal("00 00 0101 00 00 0104 06 03 74 61 62 01 02 0101 00 00 01 01 00 00 00"),
            ErrorCode::trailing_bytes);
  EXPECT_EQ(refusal("00 00 0101 00 00 0104 06 03 74 61 62 01 02 0101 00 0101 01 01 00 00"),
            ErrorCode::trailing_bytes)
      << "a length that nothing has";
  EXPECT_EQ(refusal("00 00 0101 00 00 0104 06 03 74 61 62 01 03 0101 00 00 01 01 00 00"),
            ErrorCode::truncated)
      << "a text beyond the end";
  // A format whose key has number 1, though it is the first.
  EXPECT_EQ(refusal("00 0102 0101 00 00 0106 05 02 74 6b 41 00 0101 00 00 01 01 00 78 00"),
            ErrorCode::malformed);
  EXPECT_EQ(refusal(embed("7f")), ErrorCode::malformed) << "undefined";
  EXPECT_EQ(refusal(embed("75 01 7a 00 00 00 00 00 00 00 01")), ErrorCode::malformed) << "a bigint";
}

TEST(check_update_v2, a_few_bytes_hold_few_structs) {
  // So many GC structs of length 1: infos and lengths are one run each.
  const auto gcs = [](std::string_view run, std::string_view count) {
    return "00 00 0101 00 00 0100 01 00 00 00" + std::string(run) + "01" + std::string(count) +
           "00 00";
  };
  EXPECT_EQ(check_update(from_hex(gcs("02 41 62", "64")), {}, v2)->structs, 100u);
  // 2^50 of them.
  EXPECT_EQ(refusal(gcs("09 41 fe ff ff ff ff ff ff 01", "80 80 80 80 80 80 80 02")),
            ErrorCode::too_large);
  UpdateLimits limits;
  limits.packed_structs_max = 50;
  EXPECT_EQ(check_update(from_hex(gcs("02 41 62", "64")), limits, v2).error().code,
            ErrorCode::too_large);
  // Runs of values that are promised, but do not come.
  EXPECT_EQ(refusal("00 00 0101 00 00 0108 03 01 74 01 0101 00 09 80 80 80 80 80 80 80 80 10"
                    "01 01 00 7d 00 00"),
            ErrorCode::number_too_large);
  EXPECT_EQ(refusal("00 00 0101 00 00 0108 03 01 74 01 0101 00 08 80 80 80 80 80 80 80 08"
                    "01 01 00 7d 00 00"),
            ErrorCode::truncated);
}

TEST(doc, transactions_emit_v2) {
  Doc doc({.client_id = 1});
  const auto emitted = [&](const std::function<void(Text)>& edit) {
    return to_hex(doc.transact([&](Doc& in) { edit(in.text("t")); }, v2));
  };
  const auto replace = [](Text text) {
    EXPECT_TRUE(text.insert(1, "c").ok());
    EXPECT_TRUE(text.remove(0, 1).ok());
  };
  EXPECT_EQ(emitted([](Text text) { EXPECT_TRUE(text.insert(0, "ab").ok()); }), hex(ab));
  EXPECT_EQ(emitted([](Text text) { EXPECT_TRUE(text.remove(0, 1).ok()); }),
            "0000000000000100000000000101010000");
  EXPECT_EQ(emitted(replace), "00000241000102000184030163010000000101020101010100");
  EXPECT_EQ(emitted([](Text) {}), to_hex(empty_update(v2)));
}

TEST(doc, encodes_what_waits_in_v2) {
  Doc doc;
  // "c" of client 1 follows what is not here; a delete waits too.
  ASSERT_TRUE(doc.apply_update(from_hex("01 01 01 02 84 01 01 01 63 01 07 01 00 01")).ok());
  const Bytes in_v1 = doc.encode_state_as_update(empty_state_vector()).value();
  const Bytes in_v2 = doc.encode_state_as_update(empty_state_vector(), v2).value();
  EXPECT_EQ(to_hex(convert_update(in_v1, v1, v2).value()), to_hex(in_v2));
}

}  // namespace
}  // namespace syncline::crdt
