#include "server/lib0/decoder.h"

#include <vector>

#include <gtest/gtest.h>

#include "server/lib0/encoder.h"

namespace syncline::lib0 {
namespace {

Bytes bytes(std::initializer_list<unsigned> values) {
  Bytes out;
  for (const unsigned value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}

TEST(decoder, reads_what_the_encoder_wrote) {
  Encoder encoder;
  encoder.write_var_uint(0);
  encoder.write_var_uint(127);
  encoder.write_var_uint(128);
  encoder.write_var_uint(limits::safe_integer_max);
  encoder.write_var_string("a\u00fc\U0001F600");
  encoder.write_u8(7);
  const Bytes written = encoder.take();
  Decoder decoder(written);
  EXPECT_EQ(*decoder.read_var_uint(), 0u);
  EXPECT_EQ(*decoder.read_var_uint(), 127u);
  EXPECT_EQ(*decoder.read_var_uint(), 128u);
  EXPECT_EQ(*decoder.read_var_uint(), limits::safe_integer_max);
  EXPECT_EQ(*decoder.read_var_string(), "a\u00fc\U0001F600");
  EXPECT_FALSE(decoder.expect_end().ok());
  EXPECT_EQ(*decoder.read_u8(), 7);
  EXPECT_TRUE(decoder.expect_end().ok());
}

TEST(decoder, reads_numbers_of_every_size_wherever_they_end) {
  for (unsigned bits = 1; bits <= 53; ++bits) {
    const std::uint64_t largest = (std::uint64_t{1} << bits) - 1;
    for (const std::uint64_t number : {largest, largest / 2 + 1}) {
      for (std::size_t behind = 0; behind <= 9; ++behind) {
        Encoder encoder;
        encoder.write_var_uint(number);
        const std::size_t size = encoder.view().size();
        for (std::size_t i = 0; i < behind; ++i) encoder.write_u8(0xFF);
        Decoder decoder(encoder.view());
        EXPECT_EQ(*decoder.read_var_uint(), number);
        EXPECT_EQ(decoder.position(), size);
        Decoder cut(encoder.view().first(size - 1));
        EXPECT_EQ(cut.read_var_uint().error().code, ErrorCode::truncated);
      }
    }
  }
}

TEST(decoder, tells_a_repeated_number_from_another) {
  const std::vector<std::uint64_t> numbers = {300, 300, 300, 301,      5,
                                              5,   300, 300, 1u << 30, 1u << 30};
  Encoder encoder;
  for (const std::uint64_t number : numbers) encoder.write_var_uint(number);
  Decoder decoder(encoder.view());
  RepeatedVarUint last;
  for (const std::uint64_t number : numbers) {
    std::uint64_t read = 0;
    ASSERT_TRUE(decoder.take_var_uint(last, read));
    EXPECT_EQ(read, number);
  }
  std::uint64_t more = 0;
  EXPECT_FALSE(decoder.take_var_uint(last, more));
}

TEST(decoder, refuses_numbers_beyond_the_safe_integers) {
  // 2^53 in eight groups; and one that never ends.
  const Bytes too_large = bytes({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10});
  EXPECT_EQ(Decoder(too_large).read_var_uint().error().code, ErrorCode::number_too_large);
  const Bytes endless(20, std::byte{0xFF});
  EXPECT_EQ(Decoder(endless).read_var_uint().error().code, ErrorCode::number_too_large);
}

TEST(decoder, refuses_longer_varints_than_needed) {
  const Bytes longer = bytes({0x80, 0x00});
  EXPECT_EQ(Decoder(longer).read_var_uint().error().code, ErrorCode::malformed);
}

TEST(decoder, fails_once_and_for_all) {
  const Bytes data = bytes({0x05, 'a', 'b'});
  Decoder decoder(data);
  EXPECT_EQ(decoder.read_var_string().error().code, ErrorCode::truncated);
  EXPECT_EQ(decoder.read_u8().error().code, ErrorCode::truncated);
  EXPECT_FALSE(decoder.expect_end().ok());
}

TEST(decoder, refuses_ill_formed_utf8) {
  const Bytes surrogate = bytes({0x03, 0xED, 0xA0, 0x80});
  EXPECT_EQ(Decoder(surrogate).read_var_string().error().code, ErrorCode::invalid_utf8);
}

}  // namespace
}  // namespace syncline::lib0
