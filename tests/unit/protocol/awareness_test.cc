#include "server/protocol/awareness.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "server/lib0/encoder.h"

namespace syncline::protocol {
namespace {

std::string read(BytesView update, const AwarenessLimits& limits = {}) {
  const auto entries = decode_awareness(update, limits);
  if (!entries.ok()) return std::string(name(entries.error().code));
  std::string out;
  for (const AwarenessEntry& entry : *entries) {
    out += std::to_string(entry.client) + "@" + std::to_string(entry.clock) + "=" + entry.state +
           (entry.gone() ? " (gone)" : "") + ";";
  }
  return out;
}

Bytes one_entry(std::uint64_t client, std::uint64_t clock, std::string_view state) {
  lib0::Encoder encoder;
  encoder.write_var_uint(1);
  encoder.write_var_uint(client);
  encoder.write_var_uint(clock);
  encoder.write_var_string(state);
  return encoder.take();
}

std::string read_state(std::string_view state) { return read(one_entry(1, 1, state)); }

TEST(Awareness, ReadsWhatYProtocolsWrites) {
  EXPECT_EQ(read(as_bytes("\x01\x01\x01\x0c{\"user\":\"A\"}")), R"(1@1={"user":"A"};)");
  EXPECT_EQ(read(as_bytes("\x01\x01\x01\x04null")), "1@1=null (gone);");
  EXPECT_EQ(read(as_bytes("\x02\x07\x01\x02{}\x09\x02\x04null")), "7@1={};9@2=null (gone);");
  EXPECT_EQ(read(Bytes(1)), "");
}

TEST(Awareness, WritesWhatYProtocolsReads) {
  const std::vector<AwarenessEntry> entries = {{1, 1, R"({"user":"A"})"}, {300, 2, "null"}};
  EXPECT_EQ(as_text(encode_awareness(entries)),
            std::string_view("\x02\x01\x01\x0c{\"user\":\"A\"}\xac\x02\x02\x04null"));
  EXPECT_EQ(encode_awareness({}), Bytes(1));
}

TEST(Awareness, AnyJsonValueIsAState) {
  EXPECT_EQ(read_state("5"), "1@1=5;");
  EXPECT_EQ(read_state("\"hi\""), "1@1=\"hi\";");
  EXPECT_EQ(read_state("[1,{\"a\":null}]"), "1@1=[1,{\"a\":null}];");
  EXPECT_EQ(read_state("false"), "1@1=false;");
}

TEST(Awareness, SpacesDoNotHideAClientThatHasGone) {
  EXPECT_EQ(read_state(" null\n"), "1@1=null (gone);");
  EXPECT_EQ(read_state("\t{} "), "1@1={};");
}

TEST(Awareness, RefusesWhatJsonParseWouldThrowOn) {
  for (const char* state : {"", " ", "{", "{a:1}", "{'a':1}", "undefined", "nul", "01", "1 2",
                            "{\"a\":1,}", "[1,]", "NaN", "\"\n\""}) {
    EXPECT_EQ(read_state(state), "invalid_json") << state;
  }
}

TEST(Awareness, RefusesTextThatIsNotUtf8) {
  EXPECT_EQ(read_state("\"\xff\""), "invalid_utf8");
  EXPECT_EQ(read_state("\"\xed\xa0\x80\""), "invalid_utf8");
}

TEST(Awareness, RefusesAbsurdNesting) {
  EXPECT_EQ(read_state(std::string(10'000, '[') + std::string(10'000, ']')), "too_deep");
}

TEST(Awareness, RefusesMoreThanTheLimits) {
  const AwarenessLimits limits{.entries_max = 1, .state_bytes_max = 4};
  EXPECT_EQ(read(one_entry(1, 1, "null"), limits), "1@1=null (gone);");
  EXPECT_EQ(read(one_entry(1, 1, "false"), limits), "too_large");
  EXPECT_EQ(read(as_bytes("\x02\x01\x01\x04null\x02\x01\x04null"), limits), "too_large");
}

TEST(Awareness, ACountBeyondTheBytesCostsNothing) {
  const AwarenessLimits limits{.entries_max = limits::safe_integer_max, .state_bytes_max = 4};
  EXPECT_EQ(read(as_bytes("\xff\xff\xff\xff\xff\xff\xff\x0f"), limits), "truncated");
}

TEST(Awareness, RefusesClocksThatLeaveNoRoom) {
  EXPECT_EQ(read(one_entry(1, awareness_clock_max, "1")),
            "1@" + std::to_string(awareness_clock_max) + "=1;");
  EXPECT_EQ(read(one_entry(1, awareness_clock_max + 1, "1")), "number_too_large");
}

TEST(Awareness, RefusesCutAndOverlongUpdates) {
  const Bytes whole = one_entry(1, 1, "{\"user\":\"A\"}");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_EQ(read(BytesView(whole).first(length)), "truncated") << length;
  }
  Bytes longer = whole;
  longer.push_back(std::byte{0});
  EXPECT_EQ(read(longer), "trailing_bytes");
}

}  // namespace
}  // namespace syncline::protocol
