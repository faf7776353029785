// Recorded histories: what yjs made of them is what this engine makes of them, to the byte.

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <zlib.h>

#include "server/crdt/doc.h"
#include "server/crdt/text.h"
#include "server/lib0/json.h"
#include "tests/unit/crdt/update_builder.h"

namespace syncline::crdt {
namespace {

namespace fs = std::filesystem;

const fs::path data = fs::path(SYNCLINE_SOURCE_DIR) / "tests/data/traces";
const fs::path beside = fs::path(SYNCLINE_SOURCE_DIR).parent_path() / "shared/traces";

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string read_gzip(const fs::path& path) {
  std::string out;
  gzFile file = gzopen(path.c_str(), "rb");
  EXPECT_NE(file, nullptr) << path;
  std::array<char, 65536> buffer{};
  int count = 0;
  while (file && (count = gzread(file, buffer.data(), buffer.size())) > 0) {
    out.append(buffer.data(), static_cast<std::size_t>(count));
  }
  gzclose(file);
  return out;
}

std::string sha256(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return to_hex(std::as_bytes(std::span(digest.data(), size)));
}

// The updates of a log; views into it.
std::vector<BytesView> updates_of(std::string_view log) {
  std::vector<BytesView> updates;
  for (std::size_t at = 0; at < log.size();) {
    std::size_t size = 0;
    for (std::size_t i = 4; i-- > 0;) size = size << 8 | static_cast<unsigned char>(log[at + i]);
    updates.push_back(as_bytes(log.substr(at + 4, size)));
    at += 4 + size;
  }
  return updates;
}

std::string expected_sha256(const std::string& name) {
  const auto manifest = lib0::parse_json(read_file(data / "manifest.json")).value();
  return *manifest.find("traces")->find(name)->find("textSha256")->as_string();
}

Bytes state(const Doc& doc) { return doc.encode_state_as_update(empty_state_vector()).value(); }

void apply_and_compare(const fs::path& folder, const std::string& name) {
  const std::string log = read_gzip(folder / (name + ".yjs-updates-v1.bin.gz"));
  const std::string expected = read_file(folder / (name + ".yjs-final-v1.bin"));
  Doc doc;
  for (const BytesView update : updates_of(log)) ASSERT_TRUE(doc.apply_update(update).ok());
  EXPECT_EQ(sha256(doc.text_of("text")), expected_sha256(name));
  EXPECT_TRUE(as_text(state(doc)) == expected) << "the encoded state differs";
  EXPECT_TRUE(doc.check().ok()) << doc.check().error().message();
  Doc loaded;
  ASSERT_TRUE(loaded.apply_update(as_bytes(expected)).ok());
  EXPECT_TRUE(as_text(state(loaded)) == expected) << "loading changes the encoded state";
  Doc merged;
  ASSERT_TRUE(merged.apply_update(merge_updates(updates_of(log)).value()).ok());
  EXPECT_TRUE(as_text(state(merged)) == expected) << "merging changes the encoded state";
}

constexpr UpdateFormat v1 = UpdateFormat::v1;
constexpr UpdateFormat v2 = UpdateFormat::v2;

void expect_same(const Result<Bytes>& actual, std::string_view expected, const char* what) {
  ASSERT_TRUE(actual.ok()) << what << ": " << actual.error().message();
  EXPECT_TRUE(as_text(*actual) == expected) << what;
}

void read_and_write_v2(const fs::path& folder, const std::string& name) {
  const std::string in_v1 = read_file(folder / (name + ".yjs-final-v1.bin"));
  const std::string in_v2 = read_file(folder / (name + ".yjs-final-v2.bin"));
  expect_same(convert_update(as_bytes(in_v1), v1, v2), in_v2, "v1 to v2");
  expect_same(convert_update(as_bytes(in_v2), v2, v1), in_v1, "v2 to v1");
  Doc doc;
  ASSERT_TRUE(doc.apply_update(as_bytes(in_v2), {}, v2).ok());
  expect_same(doc.encode_state_as_update(empty_state_vector(), v2), in_v2, "state in v2");
  expect_same(doc.encode_state_as_update(empty_state_vector()), in_v1, "state in v1");
}

// What yjs emitted in v2, beside what it emitted in v1. Both logs are beside the repository only.
void read_log_v2(const std::string& name) {
  const fs::path path = beside / (name + ".yjs-updates-v2.bin.gz");
  if (!fs::exists(path)) GTEST_SKIP() << "no " << name << " beside the repository";
  const std::string log_v1 = read_gzip(beside / (name + ".yjs-updates-v1.bin.gz"));
  const std::string log_v2 = read_gzip(path);
  const auto updates_v1 = updates_of(log_v1);
  const auto updates_v2 = updates_of(log_v2);
  ASSERT_EQ(updates_v1.size(), updates_v2.size());
  Doc doc;
  for (std::size_t i = 0; i < updates_v2.size(); ++i) {
    expect_same(convert_update(updates_v1[i], v1, v2), as_text(updates_v2[i]), "v1 to v2");
    expect_same(convert_update(updates_v2[i], v2, v1), as_text(updates_v1[i]), "v2 to v1");
    ASSERT_TRUE(doc.apply_update(updates_v2[i], {}, v2).ok());
  }
  const std::string final_v2 = read_file(beside / (name + ".yjs-final-v2.bin"));
  expect_same(doc.encode_state_as_update(empty_state_vector(), v2), final_v2, "state in v2");
  const Bytes merged_v1 = merge_updates(updates_v1).value();
  const Bytes merged_v2 = merge_updates(updates_v2, v2).value();
  expect_same(convert_update(merged_v1, v1, v2), as_text(merged_v2), "merged, in both formats");
}

TEST(trace, friendsforever_v2) { read_and_write_v2(data, "friendsforever"); }
TEST(trace, clownschool_v2) { read_and_write_v2(data, "clownschool"); }
TEST(trace, sveltecomponent_v2) { read_and_write_v2(data, "sveltecomponent"); }
TEST(trace, log_of_friendsforever_v2) { read_log_v2("friendsforever"); }
TEST(trace, log_of_clownschool_v2) { read_log_v2("clownschool"); }
TEST(trace, log_of_sveltecomponent_v2) { read_log_v2("sveltecomponent"); }
TEST(trace, log_of_rustcode_v2) { read_log_v2("rustcode"); }
TEST(trace, log_of_seph_blog1_v2) { read_log_v2("seph-blog1"); }
TEST(trace, log_of_automerge_paper_v2) { read_log_v2("automerge-paper"); }

TEST(trace, friendsforever) { apply_and_compare(data, "friendsforever"); }
TEST(trace, clownschool) { apply_and_compare(data, "clownschool"); }
TEST(trace, sveltecomponent) { apply_and_compare(data, "sveltecomponent"); }

TEST(trace, automerge_paper) {
  if (!fs::exists(beside / "automerge-paper.yjs-final-v1.bin")) {
    GTEST_SKIP() << "no automerge-paper beside the repository";
  }
  apply_and_compare(beside, "automerge-paper");
}

TEST(trace, local_edits_emit_the_updates_that_yjs_emitted) {
  const std::string log = read_gzip(data / "sveltecomponent.yjs-updates-v1.bin.gz");
  const auto trace = lib0::parse_json(read_gzip(data / "sveltecomponent.json.gz")).value();
  const auto expected = updates_of(log);
  Doc doc({.client_id = 1234567890});
  std::size_t at = 0;
  for (const lib0::Any& transaction : *trace.find("txns")->as_array()) {
    for (const lib0::Any& patch : *transaction.find("patches")->as_array()) {
      const auto& fields = *patch.as_array();
      const auto position = static_cast<Clock>(*fields[0].as_number());
      const auto removed = static_cast<Clock>(*fields[1].as_number());
      const std::string& inserted = *fields[2].as_string();
      const Bytes update = doc.transact([&](Doc& in) {
        Text text = in.text("text");
        EXPECT_TRUE(text.remove(position, removed).ok());
        EXPECT_TRUE(text.insert(position, inserted).ok());
      });
      ASSERT_LT(at, expected.size());
      ASSERT_EQ(as_text(update), as_text(expected[at])) << "update " << at;
      ++at;
    }
  }
  EXPECT_EQ(at, expected.size());
  EXPECT_EQ(doc.text_of("text"), *trace.find("endContent")->as_string());
}

}  // namespace
}  // namespace syncline::crdt
