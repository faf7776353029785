#include "server/crdt/doc.h"

#include <gtest/gtest.h>

#include "server/crdt/array.h"
#include "server/crdt/map.h"
#include "server/crdt/text.h"
#include "server/crdt/xml.h"
#include "tests/unit/crdt/update_builder.h"

namespace syncline::crdt {
namespace {

using lib0::Any;

Bytes state(const Doc& doc) { return doc.encode_state_as_update(empty_state_vector()).value(); }

Any bold() { return Any::object({{"bold", Any(true)}}); }

TEST(doc, a_text_is_edited_and_read) {
  Doc doc({.client_id = 1});
  const Bytes update = doc.transact([](Doc& in) {
    EXPECT_TRUE(in.text("t").insert(0, "hello world").ok());
    EXPECT_TRUE(in.text("t").remove(5, 6).ok());
  });
  EXPECT_EQ(doc.text_of("t"), "hello");
  EXPECT_EQ(doc.root_kind("t"), RootKind::text);
  Doc other;
  ASSERT_TRUE(other.apply_update(update).ok());
  EXPECT_EQ(other.text_of("t"), "hello");
  EXPECT_EQ(state(other), state(doc));
  EXPECT_TRUE(doc.check().ok());
}

TEST(doc, formats_show_in_the_delta) {
  Doc doc({.client_id = 1});
  ASSERT_TRUE(doc.text("t").insert(0, "plain bold").ok());
  ASSERT_TRUE(doc.text("t").format(6, 4, bold()).ok());
  EXPECT_EQ(doc.delta_json("t"),
            R"([{"insert":"plain "},{"insert":"bold","attributes":{"bold":true}}])");
  ASSERT_TRUE(doc.text("t").format(0, 10, Any::object({{"bold", Any::null()}})).ok());
  EXPECT_EQ(doc.delta_json("t"), R"([{"insert":"plain bold"}])");
  EXPECT_TRUE(doc.check().ok());
}

// Deletions of two clients in one update: yjs looks first at the one that comes first in the
// update, client 2, finds that a format went, and then looks for nothing smaller any more. Seen the
// other way round, the first "bold" would be taken for superfluous beside the second.
TEST(doc, tidies_up_after_the_clients_in_the_order_of_their_deletions) {
  Doc doc({.client_id = 9});
  doc.text("t");
  const Bytes text = from_hex(
      "01 05 01 00 04 01 01 74 01 61 86 01 00 04 62 6f 6c 64 04 74 72 75 65 84 01 01 01 62"
      "86 01 02 04 62 6f 6c 64 05 66 61 6c 73 65 84 01 03 01 63 00");
  const Bytes format = from_hex("01 01 02 00 86 01 04 06 69 74 61 6c 69 63 04 74 72 75 65 00");
  const Bytes deletions = from_hex("00 02 02 01 00 01 01 01 02 01");
  for (const Bytes& update : {text, format, deletions}) {
    ASSERT_TRUE(doc.apply_update(update).ok());
  }
  EXPECT_EQ(to_hex(doc.encode_state_as_update(doc.encode_state_vector()).value()),
            to_hex(deletions));
}

// "x" was put between the halves of a pair, in a text that was deleted where the sender collected
// it. When it comes again from somebody who knew it, yjs cuts the pair.
TEST(doc, cuts_a_pair_for_what_was_collected_elsewhere) {
  Doc doc({.gc = false});
  const Bytes text = from_hex("01 02 01 00 07 01 01 61 02 04 00 01 00 04 f0 9f 98 80 00");
  const Bytes collected = from_hex("01 01 02 00 00 01 00");
  const Bytes as_it_was = from_hex("01 01 02 00 c4 01 01 01 02 01 78 00");
  for (const Bytes& update : {text, collected, as_it_was}) {
    ASSERT_TRUE(doc.apply_update(update).ok());
  }
  EXPECT_EQ(doc.array_json("a"), "[\"\uFFFD\uFFFD\"]");
  EXPECT_TRUE(doc.check().ok());
}

TEST(doc, a_cut_surrogate_pair_becomes_replacement_characters) {
  Doc doc({.client_id = 1});
  ASSERT_TRUE(doc.text("t").insert(0, "a\U0001F600b").ok());
  ASSERT_TRUE(doc.text("t").insert(2, "x").ok());
  EXPECT_EQ(doc.text_of("t"), "a\uFFFDx\uFFFDb");
  ASSERT_TRUE(doc.text("t").remove(2, 1).ok());
  EXPECT_EQ(doc.text_of("t"), "a\uFFFD\uFFFDb");
  EXPECT_TRUE(doc.check().ok());
}

TEST(doc, superfluous_formats_are_left_to_the_clients_if_so_told) {
  Doc author({.client_id = 1});
  const Bytes typed = author.transact([](Doc& doc) {
    ASSERT_TRUE(doc.text("t").insert(0, "abc").ok());
    ASSERT_TRUE(doc.text("t").format(1, 1, Any::object({{"bold", Any(true)}})).ok());
  });
  // What another client deletes leaves both marks in one gap.
  const Bytes removal = from_hex("00 01 01 01 01 01");
  for (const bool tidies : {true, false}) {
    Doc doc({.client_id = 0, .tidies_formats = tidies});
    doc.text("t");
    ASSERT_TRUE(doc.apply_update(typed).ok());
    ASSERT_TRUE(doc.apply_update(removal).ok());
    EXPECT_EQ(doc.text_of("t"), "ac");
    const Bytes deletes = doc.encode_state_as_update(doc.encode_state_vector()).value();
    EXPECT_EQ(to_hex(deletes) == to_hex(removal), !tidies) << to_hex(deletes);
  }
}

TEST(doc, what_waits_keeps_it_from_being_folded) {
  Doc doc;
  ASSERT_TRUE(doc.apply_update(from_hex("01 01 01 02 84 01 01 01 63 00")).ok());
  EXPECT_FALSE(doc.fold());
  EXPECT_FALSE(doc.is_folded());
}

TEST(doc, a_folded_document_takes_the_size_of_its_encoding) {
  Doc doc({.client_id = 1});
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(doc.text("t").insert(0, "x").ok());
  const std::size_t unfolded = doc.memory_bytes();
  ASSERT_TRUE(doc.fold());
  const Bytes state = doc.encode_state_as_update(empty_state_vector()).value();
  EXPECT_LE(doc.memory_bytes(), state.size() + 1024);
  EXPECT_LT(doc.memory_bytes(), unfolded);
  EXPECT_TRUE(doc.is_folded());
  ASSERT_TRUE(doc.text("t").insert(0, "y").ok());
  EXPECT_EQ(doc.text_of("t").size(), 1001);
}

// The halves of the pair lie apart, and move when they are joined; what was made after them stays.
TEST(doc, the_halves_of_a_cut_pair_are_joined_again) {
  Doc doc({.client_id = 1, .gc = false});
  ASSERT_TRUE(doc.text("t").insert(0, "a\U0001F600b").ok());
  ASSERT_TRUE(doc.text("t").insert(0, "zz").ok());
  ASSERT_TRUE(doc.text("t").remove(4, 1).ok());
  ASSERT_TRUE(doc.text("t").remove(2, 3).ok());
  EXPECT_EQ(doc.text_of("t"), "zz");
  EXPECT_EQ(doc.struct_count(), 2);
  EXPECT_TRUE(doc.check().ok());
}

TEST(doc, arrays_and_maps_nest) {
  Doc doc({.client_id = 1});
  const std::vector<Any> values = {Any(1), Any("two"), Any::object({{"x", Any()}})};
  ASSERT_TRUE(doc.array("a").insert(0, values).ok());
  const auto map = doc.array("a").insert_type(1, TypeKind::map);
  ASSERT_TRUE(map.ok());
  ASSERT_TRUE(map->as_map().set("k", Any(2.5)).ok());
  EXPECT_EQ(doc.array_json("a"), R"([1,{"k":2.5},"two",{}])");
  ASSERT_TRUE(doc.map("m").set("1", Any(true)).ok());
  ASSERT_TRUE(doc.map("m").set("1", Any(false)).ok());
  ASSERT_TRUE(doc.map("m").set("0", Any()).ok());
  EXPECT_EQ(doc.map_json("m"), R"({"1":false})");
  EXPECT_EQ(doc.to_json(), R"({"a":[1,{"k":2.5},"two",{}],"m":{"1":false}})");
  // With the map goes what is in it.
  ASSERT_TRUE(doc.array("a").remove(1, 1).ok());
  EXPECT_EQ(map->as_map().set("k", Any(1)).error().code, ErrorCode::not_found);
  EXPECT_TRUE(doc.check().ok());
}

TEST(doc, xml_prints_as_yjs_prints_it) {
  Doc doc({.client_id = 1});
  const auto element = doc.xml_fragment("x").insert_element(0, "P");
  ASSERT_TRUE(element.ok());
  ASSERT_TRUE(element->as_xml_element().set_attribute("b", Any("2")).ok());
  ASSERT_TRUE(element->as_xml_element().set_attribute("a", Any("1")).ok());
  const auto text = element->as_xml_element().insert_text(0);
  ASSERT_TRUE(text->as_text().insert(0, "hi", bold()).ok());
  EXPECT_EQ(doc.xml_string("x"), "<p a=\"1\" b=\"2\"><bold>hi</bold></p>");
  EXPECT_EQ(doc.root_kind("x"), RootKind::xml_fragment);
}

TEST(doc, an_edit_outside_the_bounds_changes_nothing) {
  Doc doc({.client_id = 1});
  ASSERT_TRUE(doc.text("t").insert(0, "abc").ok());
  const Bytes before = state(doc);
  EXPECT_EQ(doc.text("t").insert(4, "x").error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(doc.text("t").remove(2, 2).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(doc.array("a").remove(0, 1).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(state(doc), before);
  EXPECT_EQ(to_hex(doc.transact([](Doc&) {})), "0000");
}

TEST(doc, without_gc_what_was_deleted_stays) {
  Doc with({.client_id = 1});
  Doc without({.client_id = 1, .gc = false});
  for (Doc* doc : {&with, &without}) {
    ASSERT_TRUE(doc->text("t").insert(0, "secret").ok());
    ASSERT_TRUE(doc->text("t").remove(0, 6).ok());
  }
  const Bytes kept = state(without);
  const Bytes forgotten = state(with);
  EXPECT_NE(as_text(kept).find("secret"), std::string_view::npos);
  EXPECT_EQ(as_text(forgotten).find("secret"), std::string_view::npos);
}

TEST(doc, chunks_go_in_one_after_the_other) {
  Doc doc({.client_id = 1});
  Doc friend_doc({.client_id = 2});
  for (int i = 0; i < 50; ++i) {
    Doc& author = i % 2 == 0 ? doc : friend_doc;
    Doc& reader = i % 2 == 0 ? friend_doc : doc;
    const Bytes update = author.transact(
        [](Doc& in) { EXPECT_TRUE(in.text("t").insert(in.text("t").length() / 2, "chunk").ok()); });
    ASSERT_TRUE(reader.apply_update(update).ok());
  }
  const auto chunks = doc.encode_state_in_chunks(empty_state_vector(), 40);
  ASSERT_TRUE(chunks.ok());
  EXPECT_GT(chunks->size(), 5u);
  Doc fresh;
  for (const Bytes& chunk : *chunks) {
    ASSERT_TRUE(fresh.apply_update(chunk).ok());
    EXPECT_FALSE(fresh.has_pending());
  }
  EXPECT_EQ(state(fresh), state(doc));
}

}  // namespace
}  // namespace syncline::crdt
