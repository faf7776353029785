// The expected bytes are those of lib0 0.2.117.

#include "server/lib0/rle.h"

#include <initializer_list>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace syncline::lib0 {
namespace {

using Numbers = std::vector<std::uint64_t>;
using Octets = std::vector<unsigned>;

Bytes bytes(const Octets& values) {
  Bytes out;
  for (const unsigned value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}

Octets octets(BytesView view) {
  Octets out;
  for (const std::byte value : view) out.push_back(std::to_integer<unsigned>(value));
  return out;
}

template <class Codec>
Octets encoded(const Numbers& values) {
  Codec codec;
  for (const std::uint64_t value : values) codec.write(value);
  return octets(codec.finish());
}

// Takes `count` values; nothing if that fails, or leaves something over.
template <class Codec>
Numbers decoded(const Octets& from, std::size_t count) {
  const Bytes input = bytes(from);
  Codec codec(input);
  Numbers out(count);
  for (std::uint64_t& value : out) {
    if (!codec.take(value)) return {};
  }
  return codec.finished() ? out : Numbers{};
}

template <class Codec>
ErrorCode refusal(const Octets& from) {
  const Bytes input = bytes(from);
  Codec codec(input);
  std::uint64_t value = 0;
  while (codec.take(value)) {
    if (codec.finished()) return ErrorCode::unavailable;  // Not refused.
  }
  return codec.failure();
}

struct Case {
  Numbers values;
  Octets bytes;
};

constexpr std::uint64_t largest = limits::safe_integer_max;

TEST(uint_opt_rle, writes_and_reads_what_lib0_does) {
  const std::initializer_list<Case> cases = {
      {{1, 2, 3, 3, 3}, {0x01, 0x02, 0x43, 0x01}},
      {{0, 0, 0}, {0x40, 0x01}},
      {{0}, {0x00}},
      {{}, {}},
      {{largest, largest, 64, 63},
       {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x1F, 0x00, 0x80, 0x01, 0x3F}},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(encoded<UintOptRleEncoder>(one.values), one.bytes);
    EXPECT_EQ(decoded<UintOptRleDecoder>(one.bytes, one.values.size()), one.values);
  }
}

TEST(uint_opt_rle, refuses_what_lib0_does_not_write) {
  EXPECT_EQ(refusal<UintOptRleDecoder>({}), ErrorCode::truncated);
  EXPECT_EQ(refusal<UintOptRleDecoder>({0x43}), ErrorCode::truncated) << "a run without length";
  EXPECT_EQ(refusal<UintOptRleDecoder>({0x03, 0x03}), ErrorCode::malformed) << "two runs of 3";
  EXPECT_EQ(refusal<UintOptRleDecoder>({0x43, 0x00, 0x03}), ErrorCode::malformed);
  EXPECT_TRUE(decoded<UintOptRleDecoder>({0x43, 0x01}, 2).empty()) << "one value is left";
  EXPECT_TRUE(decoded<UintOptRleDecoder>({0x01, 0x02}, 1).empty()) << "a run is left";
}

TEST(int_diff_opt_rle, writes_and_reads_what_lib0_does) {
  const std::initializer_list<Case> cases = {
      {{1, 2, 3, 2}, {0x03, 0x01, 0x42}},
      {{0, 0, 5}, {0x01, 0x00, 0x0A}},
      {{}, {}},
      {{10, 7, 4, 1}, {0x14, 0x45, 0x01}},
      {{(std::uint64_t{1} << 52) - 1, 0},
       {0xBE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x1F,  //
        0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x1F}},
      // The double of a lone difference need not be a safe integer.
      {{largest, 0, 5},
       {0xBE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x3F,  //
        0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x3F, 0x0A}},
      {{largest, (std::uint64_t{1} << 52), 1},
       {0xBE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x3F,  //
        0xFD, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x1F, 0x00}},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(encoded<IntDiffOptRleEncoder>(one.values), one.bytes);
    EXPECT_EQ(decoded<IntDiffOptRleDecoder>(one.bytes, one.values.size()), one.values);
  }
}

TEST(int_diff_opt_rle, refuses_what_lib0_does_not_write) {
  EXPECT_EQ(refusal<IntDiffOptRleDecoder>({0x42}), ErrorCode::number_too_large) << "below 0";
  EXPECT_EQ(refusal<IntDiffOptRleDecoder>({0x02, 0x02}), ErrorCode::malformed) << "two runs of +1";
  EXPECT_EQ(refusal<IntDiffOptRleDecoder>({0x40}), ErrorCode::malformed) << "-0";
  EXPECT_EQ(refusal<IntDiffOptRleDecoder>({0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20, 0x00}),
            ErrorCode::number_too_large)
      << "a run of 2^53 a step";
  // 2^52 a step, two steps.
  const Octets steps = {0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10, 0x03};
  EXPECT_EQ(refusal<IntDiffOptRleDecoder>(steps), ErrorCode::number_too_large);
}

Octets rle(const Octets& values) {
  RleEncoder codec;
  for (const unsigned value : values) codec.write(static_cast<std::uint8_t>(value));
  return octets(codec.view());
}

// Empty if the bytes do not hold exactly `count` values.
Octets unrle(const Octets& from, std::size_t count) {
  const Bytes input = bytes(from);
  RleDecoder codec(input);
  Octets out;
  for (std::uint8_t value = 0; count > 0; --count) {
    if (!codec.take(value)) return {};
    out.push_back(value);
  }
  return codec.finished() ? out : Octets{};
}

TEST(rle, writes_and_reads_what_lib0_does) {
  for (const auto& [values, expected] : std::initializer_list<std::pair<Octets, Octets>>{
           {{1, 1, 1, 7}, {1, 2, 7}}, {{}, {}}, {{0}, {0}}, {{5, 6, 6}, {5, 0, 6}}}) {
    EXPECT_EQ(rle(values), expected);
    EXPECT_EQ(unrle(expected, values.size()), values);
  }
  EXPECT_EQ(unrle({9}, 100).size(), 100u) << "the last run has no end";
}

TEST(rle, refuses_what_lib0_does_not_write) {
  EXPECT_TRUE(unrle({}, 1).empty());
  EXPECT_TRUE(unrle({1, 2}, 3).empty()) << "the length of the last run";
  EXPECT_TRUE(unrle({1, 0, 1}, 2).empty()) << "two runs of 1";
  EXPECT_TRUE(unrle({1, 2, 7}, 2).empty()) << "values are left";
  EXPECT_TRUE(unrle({1, 2, 7}, 3).empty()) << "the last run is left";
}

// A slice as JavaScript would hold it, with U+FFFD for a half pair.
std::string text_of(const StringSlice& slice) {
  std::string text;
  if (slice.half_before) text += "\uFFFD";
  text += slice.text;
  if (slice.half_after) text += "\uFFFD";
  return text;
}

std::vector<std::string> strings(const Octets& from, std::size_t count) {
  const Bytes input = bytes(from);
  StringDecoder codec(input);
  std::vector<std::string> out;
  StringSlice slice;
  for (; count > 0; --count) {
    if (!codec.take(slice)) return {};
    out.push_back(text_of(slice));
  }
  return codec.finished() ? out : std::vector<std::string>{};
}

TEST(string_codec, writes_and_reads_what_lib0_does) {
  StringEncoder codec;
  codec.write("a", 1);
  codec.write("", 0);
  codec.write("bc", 2);
  codec.write("ü😀", 3);
  const Octets expected = {0x09, 0x61, 0x62, 0x63, 0xC3, 0xBC, 0xF0,
                           0x9F, 0x98, 0x80, 0x01, 0x00, 0x02, 0x03};
  EXPECT_EQ(octets(codec.finish()), expected);
  EXPECT_EQ(strings(expected, 4), (std::vector<std::string>{"a", "", "bc", "ü😀"}));
  EXPECT_EQ(octets(StringEncoder().finish()), Octets{0});
  const Bytes nothing = bytes({0});
  EXPECT_TRUE(StringDecoder(nothing).finished());
}

TEST(string_codec, cuts_surrogate_pairs_as_javascript_does) {
  const Octets pair = {0x04, 0xF0, 0x9F, 0x98, 0x80, 0x41, 0x00};
  EXPECT_EQ(strings(pair, 2), (std::vector<std::string>{"\uFFFD", "\uFFFD"}));
  const Octets between = {0x06, 0x61, 0xF0, 0x9F, 0x98, 0x80, 0x62, 0x42, 0x00};
  EXPECT_EQ(strings(between, 2), (std::vector<std::string>{"a\uFFFD", "\uFFFDb"}));
  const Octets empty_between = {0x04, 0xF0, 0x9F, 0x98, 0x80, 0x01, 0x00, 0x01};
  EXPECT_EQ(strings(empty_between, 3), (std::vector<std::string>{"\uFFFD", "", "\uFFFD"}));
}

TEST(string_codec, refuses_lengths_that_do_not_fit) {
  EXPECT_TRUE(strings({0x02, 0x61, 0x62, 0x03}, 1).empty()) << "longer than the text";
  EXPECT_TRUE(strings({0x02, 0x61, 0x62, 0x01}, 1).empty()) << "text is left";
  EXPECT_TRUE(strings({0x04, 0xF0, 0x9F, 0x98, 0x80, 0x01}, 1).empty()) << "half a pair is left";
  EXPECT_TRUE(strings({0x02, 0xC3, 0xBC, 0x02}, 1).empty()) << "units, not bytes";
  EXPECT_TRUE(strings({0x01, 0xFF, 0x01}, 1).empty()) << "no UTF-8";
  EXPECT_TRUE(strings({}, 1).empty());
}

}  // namespace
}  // namespace syncline::lib0
