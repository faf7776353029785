#include "loadgen/cli/option_text.h"

#include <gtest/gtest.h>

namespace syncline::loadgen {
namespace {

TEST(OptionText, DurationsHaveAUnit) {
  EXPECT_EQ(parse_duration("250ms"), Duration(milliseconds(250)));
  EXPECT_EQ(parse_duration("30s"), Duration(seconds(30)));
  EXPECT_EQ(parse_duration("1.5m"), Duration(seconds(90)));
  EXPECT_EQ(parse_duration("2h"), Duration(seconds(7200)));
  EXPECT_EQ(parse_duration("7"), Duration(seconds(7)));
  EXPECT_EQ(parse_duration("0s"), Duration(0));
}

TEST(OptionText, WhatIsNoDurationIsNothing) {
  for (const char* text : {"", "s", "-1s", "1 s", "1d", "long", "nan", "inf", "1e9h", "721h"}) {
    EXPECT_FALSE(parse_duration(text).has_value()) << text;
  }
}

TEST(OptionText, NumbersAreNothingElse) {
  EXPECT_EQ(parse_number("0.25"), 0.25);
  EXPECT_EQ(parse_number("1e3"), 1000);
  for (const char* text : {"", "x", "1x", "1 ", " 1"}) EXPECT_FALSE(parse_number(text)) << text;
}

}  // namespace
}  // namespace syncline::loadgen
