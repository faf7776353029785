// Relative positions against what yjs 13.6.33 makes of the same document.

#include "server/crdt/relative_position.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "server/crdt/array.h"
#include "server/crdt/doc.h"
#include "server/crdt/map.h"
#include "server/crdt/text.h"
#include "tests/unit/crdt/update_builder.h"

namespace syncline::crdt {
namespace {

// client 1: getText('t').insert(0, 'hello world'), delete(5, 6), insert(5, '!', { bold: true });
// client 2: insert(0, 'Oh, '), delete(6, 1); client 1: getArray('a').insert(0, [1, 2, 3])
Doc example() {
  Doc doc({.gc = false});
  for (const char* update :
       {"01010100040101740b68656c6c6f20776f726c6400", "000101010506",
        "0103010b86010a04626f6c64047472756584010b012186010c04626f6c64046e756c6c00",
        "01010200440100044f682c2000", "000101010201", "0101010e08010161037d017d027d0300"}) {
    EXPECT_TRUE(doc.apply_update(from_hex(update)).ok());
  }
  return doc;
}

struct Expected {
  const char* root;
  Clock index;
  std::int64_t assoc;
  const char* bytes;
  const char* json;
  Clock found;
};

const Expected examples[] = {
    {"t", 2, 0, "00020200", R"({"tname":"t","item":{"client":2,"clock":2},"assoc":0})", 2},
    {"t", 2, -1, "00020141", R"({"tname":"t","item":{"client":2,"clock":1},"assoc":-1})", 2},
    {"t", 0, -1, "01017441", R"({"tname":"t","assoc":-1})", 0},
    {"t", 99, 0, "01017400", R"({"tname":"t","assoc":0})", 9},
    {"t", 99, -1, "00010d41", R"({"tname":"t","item":{"client":1,"clock":13},"assoc":-1})", 9},
    {"a", 1, 0, "00010f00", R"({"tname":"a","item":{"client":1,"clock":15},"assoc":0})", 1},
};

TEST(relative_position, is_made_written_and_found) {
  Doc doc = example();
  for (const Expected& expected : examples) {
    const SharedType type =
        expected.root[0] == 't' ? SharedType(doc.text("t")) : SharedType(doc.array("a"));
    const auto position = type.relative_position(expected.index, expected.assoc);
    ASSERT_TRUE(position.ok());
    EXPECT_EQ(to_hex(encode_relative_position(*position)), expected.bytes);
    EXPECT_EQ(relative_position_json(*position), expected.json);
    EXPECT_EQ(parse_relative_position(expected.json).value(), *position);
    const auto read = decode_relative_position(from_hex(expected.bytes));
    ASSERT_TRUE(read.ok());
    for (const RelativePosition& each : {*position, *read}) {
      const auto found = doc.absolute_position(each);
      ASSERT_TRUE(found.has_value());
      EXPECT_EQ(found->index, expected.found);
      EXPECT_EQ(found->assoc, expected.assoc);
      EXPECT_EQ(found->type.relative_position(0, -1)->root, expected.root);
    }
  }
}

TEST(relative_position, names_nested_types_by_their_items) {
  Doc doc({.client_id = 1});
  const auto inner = doc.array("a").insert_type(0, TypeKind::array);
  ASSERT_TRUE(inner.ok());
  const std::vector<lib0::Any> values = {lib0::Any("x")};
  ASSERT_TRUE(inner->as_array().insert(0, values).ok());
  const RelativePosition end = inner->relative_position(1).value();
  const RelativePosition start = inner->relative_position(0).value();
  EXPECT_EQ(to_hex(encode_relative_position(end)), "02010000");
  EXPECT_EQ(relative_position_json(end), R"({"type":{"client":1,"clock":0},"assoc":0})");
  EXPECT_EQ(to_hex(encode_relative_position(start)), "00010100");
  EXPECT_EQ(relative_position_json(start),
            R"({"type":{"client":1,"clock":0},"item":{"client":1,"clock":1},"assoc":0})");
  EXPECT_EQ(doc.absolute_position(end)->index, 1u);
  EXPECT_EQ(doc.absolute_position(start)->index, 0u);

  // The list goes, and with it what is known of it.
  ASSERT_TRUE(doc.array("a").remove(0, 1).ok());
  EXPECT_FALSE(doc.absolute_position(end).has_value());
  EXPECT_FALSE(doc.absolute_position(start).has_value());
  EXPECT_EQ(inner->relative_position(0).error().code, ErrorCode::not_found);
}

TEST(relative_position, of_a_deleted_list_without_gc_is_its_start) {
  Doc doc({.client_id = 1, .gc = false});
  const auto inner = doc.map("m").set_type("k", TypeKind::text);
  ASSERT_TRUE(inner.ok());
  ASSERT_TRUE(inner->as_text().insert(0, "abc").ok());
  const RelativePosition position = inner->relative_position(2).value();
  EXPECT_EQ(doc.absolute_position(position)->index, 2u);
  ASSERT_TRUE(doc.map("m").remove("k").ok());
  EXPECT_EQ(doc.absolute_position(position)->index, 0u);
}

TEST(relative_position, stays_while_others_edit) {
  Doc doc({.client_id = 1});
  Text text = doc.text("t");
  ASSERT_TRUE(text.insert(0, "abcdef").ok());
  const RelativePosition before_d = text.relative_position(3).value();
  const RelativePosition after_c = text.relative_position(3, -1).value();
  ASSERT_TRUE(text.insert(3, "XY").ok());
  EXPECT_EQ(doc.absolute_position(before_d)->index, 5u);
  EXPECT_EQ(doc.absolute_position(after_c)->index, 3u);
  ASSERT_TRUE(text.remove(1, 6).ok());  // "a" and "f" are left.
  EXPECT_EQ(doc.absolute_position(before_d)->index, 1u);
  EXPECT_EQ(doc.absolute_position(after_c)->index, 1u);
}

TEST(relative_position, of_what_has_not_come_is_nowhere) {
  Doc doc;
  EXPECT_FALSE(doc.absolute_position({.item = Id{5, 3}}).has_value());
  EXPECT_FALSE(doc.absolute_position({.type = Id{5, 3}}).has_value());
  const auto end = doc.absolute_position({.root = "t"});
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->index, 0u);
}

TEST(relative_position, that_no_client_writes_is_refused) {
  const auto code = [](const char* bytes) {
    return decode_relative_position(from_hex(bytes)).error().code;
  };
  EXPECT_EQ(code(""), ErrorCode::truncated);
  EXPECT_EQ(code("00 01"), ErrorCode::truncated);
  EXPECT_EQ(code("03 01 00"), ErrorCode::unknown_type);
  EXPECT_EQ(code("00 01 02 00 00"), ErrorCode::trailing_bytes);
  EXPECT_EQ(code("01 01 ff 00"), ErrorCode::invalid_utf8);
  EXPECT_EQ(decode_relative_position(from_hex("00 01 02")).value().assoc, 0);  // By old clients.
  EXPECT_EQ(decode_relative_position(from_hex("00 01 02 40")).value().assoc,
            0);  // JavaScript's -0.
}

TEST(relative_position, in_json_is_checked) {
  const auto code = [](const char* json) { return parse_relative_position(json).error().code; };
  EXPECT_EQ(code("{"), ErrorCode::invalid_json);
  EXPECT_EQ(code("7"), ErrorCode::malformed);
  EXPECT_EQ(code(R"({"assoc":0})"), ErrorCode::malformed);
  EXPECT_EQ(code(R"({"tname":7})"), ErrorCode::malformed);
  EXPECT_EQ(code(R"({"item":{"client":1}})"), ErrorCode::malformed);
  EXPECT_EQ(code(R"({"item":{"client":1,"clock":-1}})"), ErrorCode::malformed);
  EXPECT_EQ(code(R"({"item":{"client":1,"clock":0.5}})"), ErrorCode::malformed);
  EXPECT_EQ(code(R"({"item":{"client":1,"clock":1e16}})"), ErrorCode::malformed);
  EXPECT_EQ(code(R"({"tname":"t","assoc":"0"})"), ErrorCode::malformed);
  const RelativePosition expected{.root = "t"};
  EXPECT_EQ(parse_relative_position(R"({"tname":"t","item":null,"assoc":null})").value(), expected);
}

}  // namespace
}  // namespace syncline::crdt
