#include "server/adapters/beast/websocket_frame.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "tests/unit/adapters/beast/client_frames.h"

namespace syncline::adapters {
namespace {

using testing::client_frame;
using testing::client_message;
using testing::ClientFrame;
using Kind = FrameReader::Kind;

struct Seen {
  Kind kind;
  std::string payload;

  friend bool operator==(const Seen&, const Seen&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Seen& seen) {
    return out << static_cast<int>(seen.kind) << ":" << seen.payload.size();
  }
};

// Feeds the bytes in pieces of `piece` and lists every event.
std::vector<Seen> read_all(FrameReader& reader, Bytes bytes, std::size_t piece) {
  std::vector<Seen> seen;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    auto input = std::span(bytes).subspan(at, std::min(piece, bytes.size() - at));
    while (true) {
      const auto event = reader.next(input);
      if (event.kind == Kind::need_more) break;
      seen.push_back({event.kind, std::string(as_text(event.payload))});
    }
    EXPECT_TRUE(input.empty());
  }
  return seen;
}

std::vector<Seen> read_all(const Bytes& bytes, std::size_t message_bytes_max = 1 << 20) {
  FrameReader reader(message_bytes_max);
  return read_all(reader, bytes, bytes.size());
}

Bytes joined(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

TEST(FrameReader, UnmasksTheExampleOfTheRfc) {
  // RFC 6455, 5.7: a masked text message "Hello" would be 81 85 37fa213d 7f9f4d5158; here as
  // binary.
  const Bytes frame = client_message(as_bytes("Hello"));
  EXPECT_EQ(frame[6], std::byte{0x7f});
  EXPECT_EQ(frame[10], std::byte{0x58});
  EXPECT_EQ(read_all(frame), (std::vector<Seen>{{Kind::message, "Hello"}}));
}

RC_GTEST_PROP(FrameReader, HowTheBytesAreCutMakesNoDifference, ()) {
  const auto payloads = *rc::gen::container<std::vector<std::string>>(
      rc::gen::container<std::string>(rc::gen::arbitrary<char>()));
  Bytes bytes;
  std::vector<Seen> expected;
  for (const auto& payload : payloads) {
    const auto cut = *rc::gen::inRange<std::size_t>(0, payload.size() + 1);
    const auto first = as_bytes(payload).first(cut);
    const auto second = as_bytes(payload).subspan(cut);
    const auto ping = as_bytes("still there?");
    for (const Bytes& frame :
         {client_frame({.final = false}, first), client_frame({.opcode = Opcode::ping}, ping),
          client_frame({.opcode = Opcode::continuation}, second)}) {
      bytes.insert(bytes.end(), frame.begin(), frame.end());
    }
    expected.push_back({Kind::ping, "still there?"});
    expected.push_back({Kind::message, payload});
  }
  FrameReader reader(1 << 20);
  RC_ASSERT(read_all(reader, bytes, *rc::gen::inRange<std::size_t>(1, 64)) == expected);
}

RC_GTEST_PROP(FrameReader, AnythingMayArrive, (const std::vector<std::uint8_t>& noise)) {
  Bytes bytes;
  for (const auto byte : noise) bytes.push_back(static_cast<std::byte>(byte));
  FrameReader reader(1024);
  read_all(reader, bytes, *rc::gen::inRange<std::size_t>(1, 32));
  RC_ASSERT(reader.buffered_bytes() <= 2048U);
}

TEST(FrameReader, AnAnnouncedSizeCostsNothing) {
  for (const std::uint64_t announced : {std::uint64_t{1} << 60, std::uint64_t{(1 << 20) + 1}}) {
    FrameReader reader(1 << 20);
    const auto seen = read_all(reader, client_frame({.announced = announced}, {}), 3);
    EXPECT_EQ(seen, (std::vector<Seen>{{Kind::too_large, ""}}));
    EXPECT_EQ(reader.buffered_bytes(), 0U);
  }
  FrameReader reader(1 << 20);
  EXPECT_TRUE(read_all(reader, client_frame({.announced = 1 << 20}, as_bytes("abc")), 100).empty());
  EXPECT_LE(reader.buffered_bytes(), 16U);
}

TEST(FrameReader, TheLimitCountsTheWholeMessage) {
  const std::string half(600, 'x');
  const Bytes bytes = joined({client_frame({.final = false}, as_bytes(half)),
                              client_frame({.opcode = Opcode::continuation}, as_bytes(half)),
                              client_frame({.opcode = Opcode::ping}, {})});
  EXPECT_EQ(read_all(bytes, 1199), (std::vector<Seen>{{Kind::too_large, ""}, {Kind::ping, ""}}));
  EXPECT_EQ(read_all(bytes, 1200),
            (std::vector<Seen>{{Kind::message, half + half}, {Kind::ping, ""}}));
}

TEST(FrameReader, ATextMessageIsReportedAtItsHeaderAndSkipped) {
  const Bytes bytes =
      joined({client_frame({.opcode = Opcode::text}, as_bytes("hello")),
              client_message(as_bytes("binary")), client_frame({.opcode = Opcode::close}, {})});
  EXPECT_EQ(read_all(bytes), (std::vector<Seen>{{Kind::text_frame, ""}, {Kind::close, ""}}));
}

TEST(FrameReader, AWholeMessageIsHandedOutWhereItLies) {
  Bytes bytes = client_message(as_bytes("in place"));
  FrameReader reader(100);
  std::span<std::byte> input(bytes);
  const auto event = reader.next(input);
  EXPECT_EQ(event.payload.data(), bytes.data() + 6);
  EXPECT_EQ(reader.buffered_bytes(), 0U);
}

TEST(FrameReader, AnIdleConnectionHoldsNoBuffer) {
  FrameReader reader(1 << 20);
  const std::string large(300'000, 'x');
  EXPECT_EQ(read_all(reader, client_message(as_bytes(large)), 1000).size(), 1U);
  EXPECT_EQ(reader.buffered_bytes(), 0U);
}

TEST(FrameReader, AMessageOutlivesTheDecisionToReadNoMore) {
  Bytes bytes = joined({client_frame({.final = false}, as_bytes("in two ")),
                        client_frame({.opcode = Opcode::continuation}, as_bytes("pieces"))});
  FrameReader reader(100);
  std::span<std::byte> input(bytes);
  const auto event = reader.next(input);
  ASSERT_EQ(event.kind, Kind::message);
  reader.skip_messages();
  ASSERT_GT(reader.buffered_bytes(), 0U);
  EXPECT_EQ(as_text(event.payload), "in two pieces");
  EXPECT_EQ(reader.next(input).kind, Kind::need_more);
  EXPECT_EQ(reader.buffered_bytes(), 0U);
}

struct ViolationCase {
  const char* what;
  std::vector<Bytes> frames;
};

TEST(FrameReader, WhatIsNotWebSocketEndsTheReading) {
  const std::string long_text(126, 'x');
  const std::vector<ViolationCase> cases = {
      {"a frame without a mask", {client_frame({.masked = false}, as_bytes("x"))}},
      {"a reserved bit", {client_frame({.reserved = std::byte{0x40}}, as_bytes("x"))}},
      {"a reserved opcode", {client_frame({.opcode = static_cast<Opcode>(3)}, {})}},
      {"a fragmented ping", {client_frame({.opcode = Opcode::ping, .final = false}, {})}},
      {"a long ping", {client_frame({.opcode = Opcode::ping}, as_bytes(long_text))}},
      {"a length that needs no 16 bits", {client_frame({.length_bits = 16}, as_bytes("x"))}},
      {"a length that needs no 64 bits", {client_frame({.length_bits = 64}, as_bytes("x"))}},
      {"a length of 2^63", {client_frame({.announced = std::uint64_t{1} << 63}, {})}},
      {"a continuation of nothing", {client_frame({.opcode = Opcode::continuation}, {})}},
      {"a message within a message", {client_frame({.final = false}, {}), client_message({})}},
      {"half a close code", {client_frame({.opcode = Opcode::close}, as_bytes("x"))}},
  };
  for (const auto& [what, frames] : cases) {
    FrameReader reader(1024);
    Bytes bytes;
    for (const Bytes& frame : frames) bytes.insert(bytes.end(), frame.begin(), frame.end());
    const Bytes more = client_message(as_bytes("never seen"));
    bytes.insert(bytes.end(), more.begin(), more.end());
    EXPECT_EQ(read_all(reader, bytes, 1), (std::vector<Seen>{{Kind::violation, ""}})) << what;
  }
}

TEST(FrameHeader, UsesTheShortestForm) {
  const auto header = [](std::size_t payload_bytes) {
    const FrameHeader made = frame_header(Opcode::binary, payload_bytes);
    std::vector<int> bytes;
    for (std::size_t i = 0; i < made.size; ++i)
      bytes.push_back(std::to_integer<int>(made.bytes[i]));
    return bytes;
  };
  EXPECT_EQ(header(0), (std::vector<int>{0x82, 0}));
  EXPECT_EQ(header(125), (std::vector<int>{0x82, 125}));
  EXPECT_EQ(header(126), (std::vector<int>{0x82, 126, 0, 126}));
  EXPECT_EQ(header(65535), (std::vector<int>{0x82, 126, 255, 255}));
  EXPECT_EQ(header(65536), (std::vector<int>{0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0}));
}

}  // namespace
}  // namespace syncline::adapters
