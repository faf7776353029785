#include "faults/plan/duration_text.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace syncline::faults {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

TEST(duration_text, reads_every_unit) {
  EXPECT_EQ(parse_duration("7ns"), Duration(7));
  EXPECT_EQ(parse_duration("7us"), microseconds(7));
  EXPECT_EQ(parse_duration("7ms"), milliseconds(7));
  EXPECT_EQ(parse_duration("7s"), seconds(7));
  EXPECT_EQ(parse_duration("7min"), minutes(7));
  EXPECT_EQ(parse_duration("7h"), hours(7));
  EXPECT_EQ(parse_duration("7d"), hours(7 * 24));
}

TEST(duration_text, reads_fractions_exactly) {
  EXPECT_EQ(parse_duration("10.4s"), milliseconds(10'400));
  EXPECT_EQ(parse_duration("1.5min"), seconds(90));
  EXPECT_EQ(parse_duration("0.000000001s"), Duration(1));
}

TEST(duration_text, reads_signs) {
  EXPECT_EQ(parse_duration("-40s"), seconds(-40));
  EXPECT_EQ(parse_duration("+40s"), seconds(40));
}

TEST(duration_text, refuses_what_is_no_duration) {
  for (const char* text :
       {"", "s", "5", "5 s", "5sec", ".5s", "5.s", "1.2.3s", "--1s", "1e3s", "0.5ns", "-",
        "106752d", "99999999999999999999s", "0.00000000000000000001s"}) {
    EXPECT_FALSE(parse_duration(text).has_value()) << text;
  }
}

TEST(duration_text, prints_as_a_person_writes) {
  EXPECT_EQ(print_duration(Duration(0)), "0s");
  EXPECT_EQ(print_duration(seconds(2)), "2s");
  EXPECT_EQ(print_duration(milliseconds(500)), "500ms");
  EXPECT_EQ(print_duration(milliseconds(10'400)), "10.4s");
  EXPECT_EQ(print_duration(milliseconds(10'050)), "10.05s");
  EXPECT_EQ(print_duration(seconds(90)), "90s");
  EXPECT_EQ(print_duration(minutes(2)), "2min");
  EXPECT_EQ(print_duration(hours(24)), "1d");
  EXPECT_EQ(print_duration(seconds(-3)), "-3s");
  EXPECT_EQ(print_duration(Duration(1'000'000'001)), "1000000001ns");
}

RC_GTEST_PROP(duration_text, what_is_printed_reads_back, (std::int64_t count)) {
  RC_PRE(count != std::numeric_limits<std::int64_t>::min());
  RC_ASSERT(parse_duration(print_duration(Duration(count))) == Duration(count));
  const Duration coarse = milliseconds(count / 1'000'000);
  RC_ASSERT(parse_duration(print_duration(coarse)) == coarse);
}

}  // namespace
}  // namespace syncline::faults
