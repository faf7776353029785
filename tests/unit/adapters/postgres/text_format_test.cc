#include "server/adapters/postgres/text_format.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace syncline::adapters::postgres {
namespace {

TEST(TextFormat, WritesArraysAsTheServerReadsThem) {
  ArrayText numbers;
  numbers.add(std::int64_t{-1});
  numbers.add(std::int64_t{20});
  EXPECT_EQ(numbers.take(), "{-1,20}");
  ArrayText texts;
  texts.add(std::string_view("a\"b\\c,{}"));
  texts.add(std::string_view(""));
  EXPECT_EQ(texts.take(), R"({"a\"b\\c,{}",""})");
  ArrayText bytes;
  bytes.add(as_bytes("hi"));
  EXPECT_EQ(bytes.take(), R"({"\\x6869"})");
  EXPECT_EQ(ArrayText().take(), "{}");
}

RC_GTEST_PROP(TextFormat, ByteaIsReadAsItWasWritten, (const std::vector<std::uint8_t>& values)) {
  Bytes bytes;
  for (const std::uint8_t value : values) bytes.push_back(std::byte{value});
  RC_ASSERT(bytea_of(bytea_text(bytes)).value() == bytes);
}

TEST(TextFormat, ByteaOfAnotherFormatIsAnError) {
  for (const char* text : {"", "x", "hello", "\\000\\001", "\\x0", "\\x0g", "\\x0G"}) {
    EXPECT_EQ(bytea_of(text).error().code, ErrorCode::unavailable) << text;
  }
}

}  // namespace
}  // namespace syncline::adapters::postgres
