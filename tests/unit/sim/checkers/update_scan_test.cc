// The judges' reader of updates sees what the engine's does.

#include "loadgen/client/update_scan.h"

#include <gtest/gtest.h>

#include "loadgen/client/update_ids.h"
#include "server/crdt/array.h"
#include "server/crdt/doc.h"
#include "server/crdt/map.h"
#include "server/crdt/text.h"
#include "server/crdt/update.h"
#include "server/crdt/xml.h"
#include "server/lib0/any.h"
#include "sim/checkers/content_digest.h"

namespace syncline::checkers {
namespace {

using client::ContentTag;

// Everything a document can hold, some of it deleted.
crdt::Doc full_document() {
  crdt::Doc doc({.client_id = 7});
  SYNCLINE_ASSERT(doc.text("t").insert(0, "h\xC3\xA9llo \xF0\x9F\x98\x80 world").ok());
  const lib0::Any bold = lib0::Any::object({{"bold", lib0::Any(true)}});
  SYNCLINE_ASSERT(doc.text("t").format(0, 3, bold).ok());
  SYNCLINE_ASSERT(doc.text("t").insert_embed(2, bold, lib0::Any::object({})).ok());
  SYNCLINE_ASSERT(doc.text("t").remove(4, 3).ok());
  const lib0::Any values[] = {lib0::Any(1.0), lib0::Any("two"), lib0::Any::null()};
  SYNCLINE_ASSERT(doc.array("a").insert(0, values).ok());
  SYNCLINE_ASSERT(doc.array("a").insert_type(1, crdt::TypeKind::map).ok());
  SYNCLINE_ASSERT(doc.array("a").remove(0, 1).ok());
  SYNCLINE_ASSERT(doc.map("m").set("k", lib0::Any(to_bytes(as_bytes("raw")))).ok());
  SYNCLINE_ASSERT(doc.map("m").set("k", lib0::Any(2.5)).ok());
  return doc;
}

void expect_same_contents(BytesView update) {
  const auto contents = crdt::contents_of_update(update).value();
  client::UpdateIds expected;
  for (const auto& range : contents.inserted) {
    expected.inserted.add(range.client, range.clock, range.length);
  }
  for (const auto& range : contents.deleted) {
    expected.deleted.add(range.client, range.clock, range.length);
  }
  const auto ids = client::read_update_ids(update);
  ASSERT_TRUE(ids.ok());
  EXPECT_EQ(*ids, expected);
}

TEST(UpdateScan, sees_what_the_engine_sees) {
  const crdt::Doc doc = full_document();
  const Bytes whole = doc.encode_state_as_update(crdt::empty_state_vector()).value();
  expect_same_contents(whole);
  const auto chunks = doc.encode_state_in_chunks(crdt::empty_state_vector(), 1).value();
  for (const Bytes& chunk : chunks) expect_same_contents(chunk);
  expect_same_contents(crdt::empty_update());
}

TEST(UpdateScan, refuses_what_is_cut_off) {
  const Bytes whole = full_document().encode_state_as_update(crdt::empty_state_vector()).value();
  client::UpdateScan scan;
  ASSERT_TRUE(client::scan_update(whole, scan).ok());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(client::scan_update(BytesView(whole).first(size), scan).ok()) << size;
  }
  Bytes longer = whole;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(client::scan_update(longer, scan).ok());
}

TEST(UpdateScan, digests_an_element_of_each_run_for_each_clock) {
  const Bytes whole = full_document().encode_state_as_update(crdt::empty_state_vector()).value();
  client::UpdateScan scan;
  ASSERT_TRUE(client::scan_update(whole, scan).ok());
  std::vector<std::uint64_t> elements;
  std::set<std::uint64_t> all;
  std::set<ContentTag> tags;
  std::size_t count = 0;
  for (const client::ScannedRun& run : scan.runs) {
    tags.insert(run.tag);
    if (!run.has_content()) continue;
    digest_elements(run, elements);
    EXPECT_EQ(elements.size(), run.length);
    all.insert(elements.begin(), elements.end());
    count += elements.size();
  }
  EXPECT_EQ(all.size(), count);
  EXPECT_TRUE(tags.contains(ContentTag::text) && tags.contains(ContentTag::format) &&
              tags.contains(ContentTag::embed) && tags.contains(ContentTag::any) &&
              tags.contains(ContentTag::type) && tags.contains(ContentTag::deleted));
}

}  // namespace
}  // namespace syncline::checkers
