// Runs of thousands of elements, looked into and cut in their middle: what is found there must not
// depend on how it was found, and must not cost what the whole run costs.

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "server/crdt/array.h"
#include "server/crdt/doc.h"
#include "server/crdt/text.h"
#include "server/lib0/encoder.h"
#include "tests/unit/crdt/update_builder.h"

namespace syncline::crdt {
namespace {

using lib0::Any;

constexpr std::size_t steps = 400;

// A JavaScript string, whose pairs are lost where it is cut inside them.
class Units {
 public:
  void insert(std::size_t at, const std::u16string& text) {
    cut(at);
    units_.insert(at, text);
  }
  void remove(std::size_t at, std::size_t count) {
    cut(at);
    cut(at + count);
    units_.erase(at, count);
  }
  std::size_t size() const { return units_.size(); }

  std::string utf8() const {
    std::string out;
    for (std::size_t i = 0; i < units_.size(); ++i) {
      const unsigned unit = units_[i];
      if (is_high(i)) {
        const unsigned code = 0x10000U + ((unit & 0x3FFU) << 10 | (units_[++i] & 0x3FFU));
        out += static_cast<char>(0xF0U | code >> 18);
        out += static_cast<char>(0x80U | (code >> 12 & 0x3FU));
        out += static_cast<char>(0x80U | (code >> 6 & 0x3FU));
        out += static_cast<char>(0x80U | (code & 0x3FU));
      } else if (unit < 0x80) {
        out += static_cast<char>(unit);
      } else {
        out += static_cast<char>(0xE0U | unit >> 12);
        out += static_cast<char>(0x80U | (unit >> 6 & 0x3FU));
        out += static_cast<char>(0x80U | (unit & 0x3FU));
      }
    }
    return out;
  }

 private:
  bool is_high(std::size_t i) const { return units_[i] >= 0xD800 && units_[i] < 0xDC00; }
  void cut(std::size_t at) {
    if (at == 0 || at >= units_.size() || !is_high(at - 1)) return;
    units_[at - 1] = units_[at] = 0xFFFD;
  }

  std::u16string units_;
};

void expect_sound(const Doc& doc, bool gc = true) {
  const auto checked = doc.check();
  EXPECT_TRUE(checked.ok()) << checked.error().message();
  const Bytes whole = doc.encode_state_as_update(empty_state_vector()).value();
  Doc again({.gc = gc});
  ASSERT_TRUE(again.apply_update(whole).ok());
  EXPECT_EQ(again.encode_state_as_update(empty_state_vector()).value(), whole);
  EXPECT_EQ(again.to_json(), doc.to_json());
}

void edit_text(bool gc) {
  const std::string pattern = "\u65E5\U0001F600a\u672C\U0001F600\U0001F600";
  const std::u16string pattern_units = u"\u65E5\U0001F600a\u672C\U0001F600\U0001F600";
  std::string text;
  std::u16string units;
  for (int i = 0; i < 300; ++i) {
    text += pattern;
    units += pattern_units;
  }
  std::mt19937 random(7);  // The same numbers everywhere.
  Doc doc({.client_id = 1, .gc = gc});
  Units model;
  ASSERT_TRUE(doc.text("t").insert(0, text).ok());
  model.insert(0, units);
  for (std::size_t step = 0; step < steps; ++step) {
    const std::size_t at = random() % model.size();
    switch (random() % 4) {
      case 0:
        ASSERT_TRUE(doc.text("t").insert(at, "\U0001F600").ok());
        model.insert(at, u"\U0001F600");
        break;
      case 1:
        ASSERT_TRUE(doc.text("t").insert(at, text).ok());
        model.insert(at, units);
        break;
      default: {
        const std::size_t count = std::min<std::size_t>(1 + random() % 3000, model.size() - at);
        ASSERT_TRUE(doc.text("t").remove(at, count).ok());
        model.remove(at, count);
        if (model.size() > 0) break;
        ASSERT_TRUE(doc.text("t").insert(0, "x").ok());
        model.insert(0, u"x");
      }
    }
    ASSERT_EQ(doc.text_of("t"), model.utf8()) << "step " << step;
    if (step % 50 == 0) expect_sound(doc, gc);
  }
  expect_sound(doc, gc);
}

TEST(long_run, a_text_is_cut_anywhere) { edit_text(true); }
TEST(long_run, a_text_whose_history_is_kept_is_cut_anywhere) { edit_text(false); }

TEST(long_run, a_list_is_cut_anywhere) {
  std::mt19937 random(11);
  Doc doc({.client_id = 1});
  std::vector<std::string> model;
  for (std::size_t step = 0; step < steps; ++step) {
    const std::size_t at = model.empty() ? 0 : random() % model.size();
    if (model.size() < 500 || random() % 3 == 0) {
      std::vector<Any> values;
      std::vector<std::string> texts;
      for (std::size_t i = random() % 200; i > 0; --i) {
        const std::string text(random() % 40, 'v');
        values.emplace_back(text);
        texts.push_back('"' + text + '"');
      }
      ASSERT_TRUE(doc.array("a").insert(at, values).ok());
      model.insert(model.begin() + static_cast<std::ptrdiff_t>(at), texts.begin(), texts.end());
    } else {
      const std::size_t count = std::min<std::size_t>(random() % 30, model.size() - at);
      ASSERT_TRUE(doc.array("a").remove(at, count).ok());
      const auto from = model.begin() + static_cast<std::ptrdiff_t>(at);
      model.erase(from, from + static_cast<std::ptrdiff_t>(count));
    }
    std::string json = "[";
    for (const std::string& value : model) json += (json.size() > 1 ? "," : "") + value;
    ASSERT_EQ(doc.array_json("a"), json + "]") << "step " << step;
    if (step % 50 == 0) expect_sound(doc);
  }
  expect_sound(doc);
}

// One struct of client 1: "t" is `text`.
Bytes text_update(std::string_view text) {
  lib0::Encoder encoder;
  encoder.write_bytes(from_hex("01 01 01 00 04 01 01 74"));
  encoder.write_var_string(text);
  encoder.write_u8(0);
  return encoder.take();
}

std::string repeated(std::string_view text, std::size_t count) {
  std::string out;
  for (; count > 0; --count) out += text;
  return out;
}

// The head of an update with structs of client 2 that lie within pairs of client 1.
void write_between(lib0::Encoder& encoder, std::uint64_t pair) {
  encoder.write_u8(0xC4);
  encoder.write_var_uint(1);
  encoder.write_var_uint(2 * pair);
  encoder.write_var_uint(1);
  encoder.write_var_uint(2 * pair + 1);
  encoder.write_var_string("x");
}

// Each cut once moved what lies before it: 200 kB took 15 s, and made garbage of 800 MB.
TEST(long_run, cutting_every_pair_moves_nothing) {
  constexpr std::uint64_t pairs = 20'000;
  Doc doc;
  ASSERT_TRUE(doc.apply_update(text_update(repeated("\U0001F600", pairs))).ok());
  lib0::Encoder encoder;
  encoder.write_bytes(from_hex("01"));
  encoder.write_var_uint(pairs);
  encoder.write_bytes(from_hex("02 00"));
  for (std::uint64_t pair = pairs; pair-- > 0;) write_between(encoder, pair);
  encoder.write_u8(0);
  ASSERT_TRUE(doc.apply_update(encoder.view()).ok());
  EXPECT_EQ(doc.text_of("t"), repeated("\uFFFDx\uFFFD", pairs));
  EXPECT_LT(doc.memory_bytes(), 100 * 3 * pairs);
  EXPECT_TRUE(doc.check().ok());
}

// What is known already still cuts a pair, whose halves then are one run again.
TEST(long_run, cutting_pairs_for_what_is_known_leaves_nothing_behind) {
  constexpr std::uint64_t pairs = 2'000;
  Doc doc;
  ASSERT_TRUE(doc.apply_update(text_update(repeated("\U0001F600", pairs))).ok());
  const Bytes somewhere = from_hex("01 01 02 00 04 01 01 75 01 78 00");
  ASSERT_TRUE(doc.apply_update(somewhere).ok());
  const std::size_t before = doc.memory_bytes();
  for (std::uint64_t pair = 0; pair < pairs; ++pair) {
    lib0::Encoder encoder;
    encoder.write_bytes(from_hex("01 01 02 00"));
    write_between(encoder, pair);
    encoder.write_u8(0);
    ASSERT_TRUE(doc.apply_update(encoder.view()).ok());
  }
  EXPECT_EQ(doc.text_of("t"), repeated("\uFFFD\uFFFD", pairs));
  EXPECT_EQ(doc.struct_count(), 2u);
  EXPECT_LT(doc.memory_bytes(), before + 2'000) << "some marks";
  EXPECT_TRUE(doc.check().ok());
}

// A text of 900 kB and a delete of every other character: to look through what is left at each
// would be 10^10 steps. (Nothing here measures time; it would take minutes.)
TEST(long_run, cutting_a_run_into_many_is_not_quadratic) {
  constexpr std::uint64_t characters = 300'000;
  Doc doc;
  ASSERT_TRUE(doc.apply_update(text_update(repeated("\u65E5", characters))).ok());
  lib0::Encoder encoder;
  encoder.write_bytes(from_hex("00 01 01"));
  encoder.write_var_uint(characters / 2);
  for (std::uint64_t at = 0; at < characters; at += 2) {
    encoder.write_var_uint(at);
    encoder.write_var_uint(1);
  }
  ASSERT_TRUE(doc.apply_update(encoder.view()).ok());
  EXPECT_EQ(doc.text_of("t"), repeated("\u65E5", characters / 2));
  EXPECT_TRUE(doc.check().ok());
}

// Marks are for those who look into a run, not for those who read it.
TEST(long_run, reading_costs_no_memory) {
  Doc doc({.client_id = 1});
  ASSERT_TRUE(doc.array("a").insert(0, std::vector<Any>(10'000, Any(1))).ok());
  const std::size_t before = doc.memory_bytes();
  expect_sound(doc);
  EXPECT_EQ(doc.memory_bytes(), before);
  ASSERT_TRUE(doc.array("a").remove(5'000, 1).ok());
  EXPECT_GT(doc.memory_bytes(), before + 2'000);
  EXPECT_LT(doc.memory_bytes(), before + 20'000);
}

}  // namespace
}  // namespace syncline::crdt
