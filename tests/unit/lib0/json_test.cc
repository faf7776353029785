#include "server/lib0/json.h"

#include <string>

#include <gtest/gtest.h>

namespace syncline::lib0 {
namespace {

std::string normal(std::string_view text) { return to_json(parse_json(text).value()); }

TEST(json, accepts_what_json_parse_accepts) {
  for (const char* text :
       {"0", "-0", "1.5e+3", " [ ] ", "{}", "\"\\ud800\"", "\"\\/\"", "[1,[2,{}]]", "\t\r\n true",
        "{\"a\":{\"b\":null}}", "1e999", "\"\x7f\""}) {
    EXPECT_TRUE(check_json(text).ok()) << text;
    EXPECT_TRUE(parse_json(text).ok()) << text;
  }
}

TEST(json, refuses_what_json_parse_refuses) {
  for (const char* text : {"",
                           " ",
                           "01",
                           "1.",
                           ".5",
                           "+1",
                           "-",
                           "1e",
                           "tru",
                           "truex",
                           "[1,]",
                           "[,]",
                           "{,}",
                           "{\"a\"}",
                           "{\"a\":1,}",
                           "{a:1}",
                           "'a'",
                           "\"\n\"",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "\"",
                           "[",
                           "]",
                           "[1 2]",
                           "\xEF\xBB\xBF"
                           "1",
                           "undefined",
                           "NaN",
                           "{\"a\":1}}",
                           "nul"}) {
    EXPECT_FALSE(check_json(text).ok()) << text;
    EXPECT_FALSE(parse_json(text).ok()) << text;
  }
}

TEST(json, comes_out_as_stringify_writes_it) {
  EXPECT_EQ(normal(" { \"b\" : 1.0 , \"1\" : [ 1e2 ] } "), R"({"1":[100],"b":1})");
  EXPECT_EQ(normal(R"("\ud83d\ude00\u0041")"), "\"\U0001F600A\"");
  EXPECT_EQ(normal(R"("\ud83d")"), R"("\ud83d")");
  EXPECT_EQ(normal("1e999"), "null");
  EXPECT_EQ(normal("1e-999"), "0");
  EXPECT_EQ(normal("-0"), "0");
  EXPECT_EQ(normal("12345678901234567890"), "12345678901234567000");
  EXPECT_EQ(normal(R"({"a":1,"a":2})"), R"({"a":2})");
}

TEST(json, depth_is_bounded_without_recursion) {
  const std::string at_limit = std::string(128, '[') + std::string(128, ']');
  EXPECT_TRUE(check_json(at_limit).ok());
  const std::string beyond(1'000'000, '[');
  EXPECT_EQ(check_json(beyond).error().code, ErrorCode::too_deep);
  EXPECT_EQ(parse_json(beyond).error().code, ErrorCode::too_deep);
}

}  // namespace
}  // namespace syncline::lib0
