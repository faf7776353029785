// Versions against bytes and JSON that yjs 13.6.33 wrote for one history of a document without gc:
// Client 1 writes "hello world" into the text t; Y.snapshot is v1. It deletes " world" and appends
// a bold "!". Client 2 has seen all that, writes "Oh, " at the start, and deletes the "l" at 6.
// Client 1 puts [1, 2, 3] into the array a and k: "old" into the map m; Y.snapshot is v2. Then it
// deletes the 2, appends a 4, sets k to "new", and "2" to true.

#include "server/crdt/version.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "server/crdt/array.h"
#include "server/crdt/comparison.h"
#include "server/crdt/doc.h"
#include "server/crdt/history.h"
#include "server/crdt/map.h"
#include "server/crdt/text.h"
#include "tests/unit/crdt/update_builder.h"

namespace syncline::crdt {
namespace {

const std::vector<std::string> updates_hex = {
    "01010100040101740b68656c6c6f20776f726c6400",
    "000101010506",
    "0103010b86010a04626f6c64047472756584010b012186010c04626f6c64046e756c6c00",
    "01010200440100044f682c2000",
    "000101010201",
    "0101010e08010161037d017d027d0300",
    "010101112801016d016b0177036f6c6400",
    "000101010f01",
    "01010112880110017d0400",
    "01010113a801110177036e65770101011101",
    "010101142801016d0132017800",
};
constexpr std::size_t until_v1 = 1;
constexpr std::size_t until_v2 = 7;

constexpr const char* v1_hex = "0001010b";
constexpr const char* v2_hex = "010102020105060202040112";
constexpr const char* v2_form_2_hex = "010102020002050202040112";
constexpr const char* last_hex = "010104020105060f0111010202040115";
constexpr const char* last_form_2_hex = "01010402000205040001000202040115";

std::string hex(const Result<Bytes>& bytes) {
  return bytes.ok() ? to_hex(*bytes) : bytes.error().message();
}

class VersionTest : public testing::Test {
 protected:
  VersionTest() {
    for (const std::string& update : updates_hex) bytes_.push_back(from_hex(update));
    log_.assign(bytes_.begin(), bytes_.end());
    doc_ = std::make_unique<Doc>(document_as_of(log_, log_.size(), {.gc = false}).value());
    state_ = to_hex(doc_->encode_state_as_update(empty_state_vector()).value());
  }

  // Whatever a test looked at, nothing has changed.
  ~VersionTest() override {
    EXPECT_EQ(to_hex(doc_->encode_state_as_update(empty_state_vector()).value()), state_);
    EXPECT_TRUE(doc_->check().ok());
  }

  std::vector<Bytes> bytes_;
  std::vector<BytesView> log_;
  std::unique_ptr<Doc> doc_;
  std::string state_;
  const Version v1_ = decode_version(from_hex(v1_hex)).value();
  const Version v2_ = decode_version(from_hex(v2_hex)).value();
};

using version = VersionTest;

TEST_F(version, is_what_the_document_holds) {
  EXPECT_EQ(document_as_of(log_, until_v1, {}).value().version(), v1_);
  EXPECT_EQ(document_as_of(log_, until_v2, {}).value().version(), v2_);
  EXPECT_EQ(to_hex(encode_version(doc_->version())), last_hex);
  EXPECT_EQ(to_hex(encode_version_v2(doc_->version())), last_form_2_hex);
  EXPECT_EQ(to_hex(encode_version(Doc().version())), "0000");
  EXPECT_EQ(to_hex(encode_version_v2(Version())), "0000");
}

TEST_F(version, is_read_in_both_forms) {
  EXPECT_EQ(to_hex(encode_version(v2_)), v2_hex);
  EXPECT_EQ(to_hex(encode_version_v2(v2_)), v2_form_2_hex);
  EXPECT_EQ(decode_version_v2(from_hex(v2_form_2_hex)).value(), v2_);
  EXPECT_NE(v1_, v2_);
}

TEST_F(version, that_no_client_writes_is_refused) {
  const auto code = [](const char* bytes) { return decode_version(from_hex(bytes)).error().code; };
  EXPECT_EQ(code(""), ErrorCode::truncated);
  EXPECT_EQ(code("00"), ErrorCode::truncated);
  EXPECT_EQ(code("000000"), ErrorCode::trailing_bytes);
  EXPECT_EQ(code("01 01 01 05 00 00"), ErrorCode::malformed);              // An empty range.
  EXPECT_EQ(code("01 01 02 05 02 06 01 00"), ErrorCode::malformed);        // They overlap.
  EXPECT_EQ(code("02 01 01 05 02 01 01 08 01 00"), ErrorCode::malformed);  // A client twice.
  EXPECT_EQ(code("01 01 ff ff ff ff 0f 05 02"), ErrorCode::truncated);     // Fewer than it claims.
  EXPECT_EQ(code("01 01 01 ff ff ff ff ff ff ff 0f 01 00"), ErrorCode::number_too_large);
  EXPECT_EQ(
      decode_version_v2(from_hex("01 01 02 ff ff ff ff ff ff ff 0f 00 00 00 00")).error().code,
      ErrorCode::number_too_large);
}

TEST_F(version, contains_the_updates_before_it) {
  for (std::size_t i = 0; i < log_.size(); ++i) {
    EXPECT_EQ(contains_update(v2_, log_[i]).value(), i < until_v2) << i;
    EXPECT_EQ(contains_update(v1_, log_[i]).value(), i < until_v1) << i;
  }
  EXPECT_EQ(contains_update(v1_, from_hex("01")).error().code, ErrorCode::truncated);
}

TEST_F(version, makes_a_document_again) {
  const auto state_from = [&](const Version& from) {
    Doc fresh({.gc = false});
    EXPECT_TRUE(fresh.apply_update(doc_->encode_version_as_update(from).value()).ok());
    EXPECT_EQ(fresh.version(), from);
    return hex(fresh.encode_state_as_update(empty_state_vector()));
  };
  EXPECT_EQ(state_from(v1_), updates_hex[0]);
  EXPECT_EQ(
      state_from(v2_),
      "02010200440100044f682c2009010004010174026865840101016c840102026c6f8401040620776f726c6486"
      "010a04626f6c64047472756584010b012186010c04626f6c64046e756c6c08010161037d017d027d03280101"
      "6d016b0177036f6c6401010202010506");
  EXPECT_EQ(state_from(Version()), "0000");
}

TEST_F(version, of_what_is_not_there_makes_no_document) {
  Version ahead = v2_;
  ahead.states[1] = 100;
  EXPECT_EQ(doc_->encode_version_as_update(ahead).error().code, ErrorCode::invalid_argument);
  Version stranger = v2_;
  stranger.states[3] = 1;
  EXPECT_EQ(doc_->encode_version_as_update(stranger).error().code, ErrorCode::invalid_argument);
  const Doc collecting = document_as_of(log_, log_.size(), {.gc = true}).value();
  EXPECT_EQ(collecting.encode_version_as_update(v1_).error().code, ErrorCode::invalid_argument);
}

TEST_F(version, cuts_a_surrogate_pair_like_yjs) {
  Doc doc({.client_id = 1, .gc = false});
  ASSERT_TRUE(doc.text("t").insert(0, "a\U0001F600b").ok());
  const Version half{{{1, 2}}, {}};
  Doc fresh;
  ASSERT_TRUE(fresh.apply_update(doc.encode_version_as_update(half).value()).ok());
  EXPECT_EQ(fresh.text_of("t"), "a\uFFFD");
  EXPECT_EQ(doc.delta_json("t", {.version = &half}), "[{\"insert\":\"a\uFFFD\"}]");
  const Version whole = doc.version();
  EXPECT_EQ(doc.delta_json("t", {.version = &whole, .before = &half}),
            "[{\"insert\":\"a\uFFFD\"},"
            "{\"insert\":\"\uFFFDb\",\"attributes\":{\"ychange\":{\"type\":\"added\"}}}]");
  EXPECT_EQ(doc.text_of("t"), "a\U0001F600b");
}

TEST_F(version, shows_a_text_as_it_was) {
  EXPECT_EQ(doc_->delta_json("t", {.version = &v1_}), R"([{"insert":"hello world"}])");
  EXPECT_EQ(doc_->delta_json("t", {}), doc_->delta_json("t"));
  EXPECT_EQ(doc_->delta_json("nothing", {.version = &v1_}), "[]");
}

TEST_F(version, shows_what_changed_in_a_text) {
  EXPECT_EQ(doc_->delta_json("t", {.version = &v2_, .before = &v1_}),
            R"([{"insert":"Oh, ","attributes":{"ychange":{"type":"added"}}},{"insert":"he"},)"
            R"({"insert":"l","attributes":{"ychange":{"type":"removed"}}},{"insert":"lo"},)"
            R"({"insert":" world","attributes":{"ychange":{"type":"removed"}}},)"
            R"({"insert":"!","attributes":{"ychange":{"type":"added"},"bold":true}}])");
  EXPECT_EQ(
      doc_->delta_json("t", {&v2_, &v1_, marks_with_authors({{1, "ann"}})}),
      R"([{"insert":"Oh, ","attributes":{"ychange":{"type":"added","user":2}}},{"insert":"he"},)"
      R"({"insert":"l","attributes":{"ychange":{"type":"removed","user":"ann"}}},)"
      R"({"insert":"lo"},)"
      R"({"insert":" world","attributes":{"ychange":{"type":"removed","user":"ann"}}},)"
      R"({"insert":"!","attributes":{"ychange":{"type":"added","user":"ann"},"bold":true}}])");
  // As yjs has it: without a version, what was removed since stands there unmarked.
  EXPECT_EQ(doc_->delta_json("t", {.before = &v1_}),
            R"([{"insert":"Oh, ","attributes":{"ychange":{"type":"added"}}},)"
            R"({"insert":"hello world"},)"
            R"({"insert":"!","attributes":{"bold":true,"ychange":{"type":"added"}}}])");
}

TEST_F(version, shows_lists_and_maps_as_they_were) {
  EXPECT_EQ(doc_->array_json("a"), "[1,3,4]");
  EXPECT_EQ(doc_->array_json("a", v2_), "[1,2,3]");
  EXPECT_EQ(doc_->array_json("a", v1_), "[]");
  EXPECT_EQ(doc_->map_json("m"), R"({"2":true,"k":"new"})");
  EXPECT_EQ(doc_->map_json("m", v2_), R"({"k":"old"})");
  EXPECT_EQ(doc_->map_json("m", v1_), "{}");
  EXPECT_EQ(doc_->map("m").entry_json("k", v2_), R"("old")");
  EXPECT_EQ(doc_->map("m").entry_json("2", v2_), "");
  EXPECT_EQ(doc_->map("m").entry_json("unheard of", v2_), "");
}

// yjs shows all of a run of which the version has only a part; see Doc::array_json.
TEST_F(version, ends_in_the_middle_of_runs) {
  Doc doc({.client_id = 1, .gc = false});
  const auto push = [&](int value) {
    const std::vector<lib0::Any> values = {lib0::Any(value)};
    ASSERT_TRUE(doc.array("a").insert(doc.array("a").length(), values).ok());
    ASSERT_TRUE(doc.map("m").set("k", lib0::Any(value)).ok());
  };
  std::vector<Version> versions;
  for (int value = 0; value < 4; ++value) {
    push(value);
    versions.push_back(doc.version());
  }
  EXPECT_EQ(doc.array_json("a", versions[1]), "[0,1]");
  EXPECT_EQ(doc.map_json("m", versions[1]), R"({"k":1})");
  EXPECT_EQ(doc.map_json("m", versions[3]), R"({"k":3})");
}

TEST_F(version, of_a_collecting_document_lacks_what_was_collected) {
  const Doc collecting = document_as_of(log_, log_.size(), {.gc = true}).value();
  EXPECT_EQ(collecting.delta_json("t", {.version = &v1_}), R"([{"insert":"helo"}])");
}

TEST_F(version, comes_from_a_log) {
  const auto compared = versions_as_of(log_, until_v1, until_v2, {});
  ASSERT_TRUE(compared.ok());
  EXPECT_EQ(compared->before, v1_);
  EXPECT_EQ(compared->after, v2_);
  const Comparison comparison{&compared->after, &compared->before};
  EXPECT_EQ(compared->doc.delta_json("t", comparison), doc_->delta_json("t", comparison));
  EXPECT_EQ(document_as_of(log_, log_.size() + 1, {}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(versions_as_of(log_, 2, 1, {}).error().code, ErrorCode::invalid_argument);
  const std::vector<BytesView> damaged = {log_[0], log_[1].first(3)};
  EXPECT_EQ(document_as_of(damaged, 2, {}).error().code, ErrorCode::truncated);
  EXPECT_TRUE(document_as_of(damaged, 1, {}).ok());
}

}  // namespace
}  // namespace syncline::crdt
