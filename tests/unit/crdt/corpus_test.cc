// What real yjs made of fixed histories (tests/compat/generate), made again: the same bytes in both
// formats, and the same content.

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "server/crdt/doc.h"
#include "server/crdt/update.h"
#include "server/lib0/json.h"
#include "sim/reference/canonical.h"
#include "sim/reference/document.h"
#include "tests/unit/crdt/update_builder.h"

namespace syncline::crdt {
namespace {

using lib0::Any;
using reference::canonical_json;

struct Case {
  std::string name;
  Any file;

  const Any& at(std::string_view key) const { return *file.find(key); }
  Bytes bytes(std::string_view key) const { return from_hex(*at(key).as_string()); }
  std::vector<Bytes> updates() const {
    std::vector<Bytes> all;
    for (const Any& hex : *at("updates").as_array()) all.push_back(from_hex(*hex.as_string()));
    return all;
  }
};

std::vector<Case> corpus() {
  std::vector<Case> cases;
  const std::filesystem::path folder =
      std::filesystem::path(SYNCLINE_SOURCE_DIR) / "tests/data/corpus";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(entry.path());
    std::ostringstream text;
    text << in.rdbuf();
    cases.push_back({entry.path().stem().string(), lib0::parse_json(text.str()).value()});
  }
  return cases;
}

Doc built_from(const std::vector<Bytes>& updates, bool gc) {
  Doc doc(DocOptions{.gc = gc});
  for (const Bytes& update : updates) {
    const auto applied = doc.apply_update(update);
    EXPECT_TRUE(applied.ok()) << (applied.ok() ? "" : applied.error().message());
  }
  return doc;
}

std::string state(const Doc& doc, UpdateFormat format) {
  return to_hex(doc.encode_state_as_update(empty_state_vector(), format).value());
}

// `expected` is what the generator's stateOf wrote.
void expect_state(const Doc& doc, const Any& expected) {
  EXPECT_EQ(to_hex(doc.encode_state_vector()), *expected.find("vector")->as_string());
  EXPECT_EQ(state(doc, UpdateFormat::v1), *expected.find("v1")->as_string());
  EXPECT_EQ(state(doc, UpdateFormat::v2), *expected.find("v2")->as_string());
  const auto checked = doc.check();
  EXPECT_TRUE(checked.ok()) << checked.error().message();
}

TEST(corpus, has_a_case_for_every_content) { EXPECT_GE(corpus().size(), 26U); }

TEST(corpus, the_state_is_the_same_to_the_byte) {
  for (const Case& one : corpus()) {
    SCOPED_TRACE(one.name);
    const Doc doc = built_from(one.updates(), true);
    expect_state(doc, one.at("collecting"));
    expect_state(built_from(one.updates(), false), one.at("keeping"));
    expect_state(built_from({from_hex(state(doc, UpdateFormat::v1))}, true), one.at("again"));
  }
}

TEST(corpus, updates_merge_and_convert_to_the_same_bytes) {
  for (const Case& one : corpus()) {
    SCOPED_TRACE(one.name);
    const std::vector<Bytes> updates = one.updates();
    const std::vector<BytesView> views(updates.begin(), updates.end());
    EXPECT_EQ(to_hex(merge_updates(views).value()), *one.at("merged").as_string());
    for (const char* kind : {"collecting", "keeping", "again"}) {
      const auto expected = [&](const char* key) { return *one.at(kind).find(key)->as_string(); };
      const auto converted = [&](const char* key, UpdateFormat from, UpdateFormat to) {
        return to_hex(convert_update(from_hex(expected(key)), from, to).value());
      };
      EXPECT_EQ(converted("v1", UpdateFormat::v1, UpdateFormat::v2), expected("v1_to_v2"));
      EXPECT_EQ(converted("v2", UpdateFormat::v2, UpdateFormat::v1), expected("v2_to_v1"));
      const Bytes alone = from_hex(expected("v1"));
      EXPECT_EQ(to_hex(merge_updates(std::vector<BytesView>{alone}).value()), to_hex(alone));
    }
  }
}

TEST(corpus, the_content_is_the_same) {
  for (const Case& one : corpus()) {
    SCOPED_TRACE(one.name);
    const Doc doc = built_from(one.updates(), true);
    const auto expect_views = [&](const char* view, auto read) {
      for (const auto& [root, value] : *one.at("content").find(view)->as_object()) {
        EXPECT_EQ(canonical_json(read(root)), canonical_json(lib0::to_json(value))) << view << root;
      }
    };
    expect_views("text", [&](auto& root) { return lib0::to_json(Any(doc.text_of(root))); });
    expect_views("delta", [&](auto& root) { return doc.delta_json(root); });
    expect_views("array", [&](auto& root) { return doc.array_json(root); });
    expect_views("map", [&](auto& root) { return doc.map_json(root); });
    expect_views("xml", [&](auto& root) { return lib0::to_json(Any(doc.xml_string(root))); });
  }
}

// The reference engine reads XML texts without their formats, and leaves superfluous formats be.
TEST(corpus, the_reference_engine_agrees) {
  for (const Case& one : corpus()) {
    SCOPED_TRACE(one.name);
    reference::Document document;
    for (const Bytes& update : one.updates()) ASSERT_TRUE(document.apply_update(update).ok());
    const Any& content = one.at("content");
    for (const auto& [root, value] : *content.find("text")->as_object()) {
      EXPECT_EQ(document.text(root), *value.as_string());
    }
    for (const auto& [root, value] : *content.find("map")->as_object()) {
      EXPECT_EQ(document.map_json(root), canonical_json(lib0::to_json(value)));
    }
  }
}

}  // namespace
}  // namespace syncline::crdt
