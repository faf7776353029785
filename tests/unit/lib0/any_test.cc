#include "server/lib0/any.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "server/lib0/json.h"

namespace syncline::lib0 {
namespace {

std::string number(double value) {
  std::string out;
  append_number(out, value);
  return out;
}

Bytes encoded(const Any& value) {
  Encoder encoder;
  write_any(encoder, value);
  return encoder.take();
}

std::string hex(const Bytes& bytes) {
  std::string out;
  for (const std::byte byte : bytes) {
    constexpr char digits[] = "0123456789abcdef";
    out += digits[std::to_integer<unsigned>(byte) >> 4];
    out += digits[std::to_integer<unsigned>(byte) & 0xF];
  }
  return out;
}

// What String(x) gives in JavaScript.
TEST(append_number, prints_as_javascript) {
  EXPECT_EQ(number(0.0), "0");
  EXPECT_EQ(number(-0.0), "0");
  EXPECT_EQ(number(1.0), "1");
  EXPECT_EQ(number(-12.5), "-12.5");
  EXPECT_EQ(number(0.1), "0.1");
  EXPECT_EQ(number(1e21), "1e+21");
  EXPECT_EQ(number(1e20), "100000000000000000000");
  EXPECT_EQ(number(123456789012345680000.0), "123456789012345680000");
  EXPECT_EQ(number(1e-6), "0.000001");
  EXPECT_EQ(number(1.5e-7), "1.5e-7");
  EXPECT_EQ(number(5e-324), "5e-324");
  EXPECT_EQ(number(1.7976931348623157e308), "1.7976931348623157e+308");
  EXPECT_EQ(number(std::numeric_limits<double>::infinity()), "Infinity");
}

// The bytes are those of lib0's writeAny.
TEST(any, numbers_are_written_by_value) {
  EXPECT_EQ(hex(encoded(Any(1))), "7d01");
  EXPECT_EQ(hex(encoded(Any(-1))), "7d41");
  EXPECT_EQ(hex(encoded(Any(-0.0))), "7d40");
  EXPECT_EQ(hex(encoded(Any(64))), "7d8001");
  EXPECT_EQ(hex(encoded(Any(2147483647.0))), "7dbfffffff0f");
  EXPECT_EQ(hex(encoded(Any(2147483648.0))), "7c4f000000");
  EXPECT_EQ(hex(encoded(Any(0.5))), "7c3f000000");
  EXPECT_EQ(hex(encoded(Any(0.1))), "7b3fb999999999999a");
  EXPECT_EQ(hex(encoded(Any::bigint(-1))), "7affffffffffffffff");
}

TEST(any, every_kind_comes_back_unchanged) {
  const Any value(Any::Array{Any(), Any::null(), Any(true), Any(false), Any(3), Any(0.25),
                             Any(1e100), Any::bigint(7), Any("text"), Any(Bytes{std::byte{1}}),
                             Any::object({{"b", Any(1)}, {"a", Any(Any::Array{})}})});
  const Bytes bytes = encoded(value);
  Decoder decoder(bytes);
  const auto read = read_any(decoder);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, value);
  EXPECT_EQ(encoded(*read), bytes);
  Decoder again(bytes);
  bool canonical = false;
  EXPECT_TRUE(skip_any(again, 10, canonical));
  EXPECT_TRUE(canonical);
  EXPECT_TRUE(again.done());
}

TEST(any, objects_order_their_keys_as_javascript) {
  const Any value = Any::object({{"b", Any(1)}, {"10", Any(2)}, {"9", Any(3)}, {"b", Any(4)}});
  EXPECT_EQ(to_json(value), R"({"9":3,"10":2,"b":4})");
}

TEST(any, prints_json_as_stringify) {
  EXPECT_EQ(to_json(Any(Any::Array{Any(), Any(std::nan(""))})), "[null,null]");
  EXPECT_EQ(to_json(Any::object({{"x", Any()}, {"y", Any("\n\x01\"")}})), R"({"y":"\n\u0001\""})");
  EXPECT_EQ(to_json(Any(Bytes{std::byte{1}, std::byte{255}})), R"({"0":1,"1":255})");
}

TEST(any, refuses_what_nests_too_deeply_and_what_claims_too_much) {
  Bytes deep;
  for (int i = 0; i < 200; ++i) {
    deep.push_back(std::byte{117});
    deep.push_back(std::byte{1});
  }
  deep.push_back(std::byte{126});
  Decoder decoder(deep);
  EXPECT_EQ(read_any(decoder).error().code, ErrorCode::too_deep);
  // An array of 2^40 elements in seven bytes.
  Encoder encoder;
  encoder.write_u8(117);
  encoder.write_var_uint(std::uint64_t{1} << 40);
  const Bytes huge = encoder.take();
  Decoder claims(huge);
  EXPECT_EQ(read_any(claims).error().code, ErrorCode::truncated);
}

}  // namespace
}  // namespace syncline::lib0
