#include "server/protocol/y_websocket.h"

#include <initializer_list>
#include <string>
#include <variant>

#include <gtest/gtest.h>

namespace syncline::protocol::y_websocket {
namespace {

Bytes bytes(std::initializer_list<int> values) {
  Bytes out;
  for (const int value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}

// The error's name, or which message it is.
std::string read(std::initializer_list<int> frame) {
  const Bytes owned = bytes(frame);
  const auto message = parse(owned);
  if (!message.ok()) return std::string(name(message.error().code));
  constexpr const char* names[] = {"step1", "step2", "update", "awareness", "query"};
  return names[message->index()];
}

// Frames as captured from y-websocket 3.1.0 (docs/protocol.md).

TEST(YWebsocket, ReadsWhatStockClientsSend) {
  const Bytes step1 = bytes({0x00, 0x00, 0x03, 0x01, 0x01, 0x02});
  const auto opened = parse(step1);
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(to_bytes(std::get<SyncStep1>(*opened).state_vector), bytes({0x01, 0x01, 0x02}));

  const Bytes edit =
      bytes({0x00, 0x02, 0x0a, 0x01, 0x01, 0x01, 0x02, 0x84, 0x01, 0x01, 0x01, 0x21, 0x00});
  const auto edited = parse(edit);
  ASSERT_TRUE(edited.ok());
  EXPECT_EQ(to_bytes(std::get<Update>(*edited).update),
            bytes({0x01, 0x01, 0x01, 0x02, 0x84, 0x01, 0x01, 0x01, 0x21, 0x00}));

  const Bytes answer = bytes({0x00, 0x01, 0x02, 0x00, 0x00});
  const auto answered = parse(answer);
  ASSERT_TRUE(answered.ok());
  EXPECT_EQ(to_bytes(std::get<SyncStep2>(*answered).update), bytes({0x00, 0x00}));

  EXPECT_EQ(read({0x01, 0x08, 0x01, 0x01, 0x01, 0x04, 'n', 'u', 'l', 'l'}), "awareness");
  EXPECT_EQ(read({0x03}), "query");
}

TEST(YWebsocket, WritesWhatStockClientsRead) {
  EXPECT_EQ(sync_step1(bytes({0x01, 0x01, 0x02})), bytes({0x00, 0x00, 0x03, 0x01, 0x01, 0x02}));
  EXPECT_EQ(sync_step2(bytes({0x00, 0x00})), bytes({0x00, 0x01, 0x02, 0x00, 0x00}));
  EXPECT_EQ(update(bytes({0x00, 0x00})), bytes({0x00, 0x02, 0x02, 0x00, 0x00}));
  EXPECT_EQ(awareness(bytes({0x00})), bytes({0x01, 0x01, 0x00}));
  EXPECT_EQ(keepalive(), bytes({0x01, 0x01, 0x00}));
  EXPECT_EQ(permission_denied("no"), bytes({0x02, 0x00, 0x02, 'n', 'o'}));
}

TEST(YWebsocket, AcknowledgementIsMessage110AndACount) {
  EXPECT_EQ(acknowledgement(0), bytes({0x6e, 0x00}));
  EXPECT_EQ(acknowledgement(1), bytes({0x6e, 0x01}));
  EXPECT_EQ(acknowledgement(300), bytes({0x6e, 0xac, 0x02}));
}

TEST(YWebsocket, RefusesMessagesThatOnlyAServerSends) {
  EXPECT_EQ(read({0x02, 0x00, 0x02, 'n', 'o'}), "unknown_type");
  EXPECT_EQ(read({0x6e, 0x01}), "unknown_type");
}

TEST(YWebsocket, RefusesUnknownTypes) {
  EXPECT_EQ(read({0x04}), "unknown_type");
  EXPECT_EQ(read({0x00, 0x03, 0x00}), "unknown_type");
  EXPECT_EQ(read({0x66, 0x01, 0x00}), "unknown_type");
  EXPECT_EQ(read({0x80, 0x80, 0x01}), "unknown_type");
}

TEST(YWebsocket, RefusesFramesThatEndTooSoon) {
  EXPECT_EQ(read({}), "truncated");
  EXPECT_EQ(read({0x80}), "truncated");
  EXPECT_EQ(read({0x00}), "truncated");
  EXPECT_EQ(read({0x00, 0x02}), "truncated");
  EXPECT_EQ(read({0x00, 0x02, 0x03, 0x00, 0x00}), "truncated");
  EXPECT_EQ(read({0x01}), "truncated");
  EXPECT_EQ(read({0x01, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x00}), "truncated");
}

TEST(YWebsocket, RefusesNumbersThatJavaScriptCannotHold) {
  EXPECT_EQ(read({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}), "number_too_large");
  EXPECT_EQ(read({0x00, 0x02, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10}), "number_too_large");
}

TEST(YWebsocket, RefusesASecondMessageInTheFrame) {
  EXPECT_EQ(read({0x03, 0x03}), "trailing_bytes");
  EXPECT_EQ(read({0x00, 0x02, 0x02, 0x00, 0x00, 0x00}), "trailing_bytes");
  EXPECT_EQ(read({0x01, 0x01, 0x00, 0x00}), "trailing_bytes");
}

}  // namespace
}  // namespace syncline::protocol::y_websocket
