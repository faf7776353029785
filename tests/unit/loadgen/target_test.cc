#include "loadgen/net/target.h"

#include <string>

#include <gtest/gtest.h>

namespace syncline::loadgen {
namespace {

std::string shown(std::string_view text) {
  const auto target = parse_target(text);
  if (!target.ok()) return "refused";
  return target->host + ' ' + std::to_string(target->port) + ' ' + target->path;
}

TEST(Target, AddressesAreTakenApart) {
  EXPECT_EQ(shown("ws://127.0.0.1:8080/ws"), "127.0.0.1 8080 /ws");
  EXPECT_EQ(shown("ws://example.org"), "example.org 80 /ws");
  EXPECT_EQ(shown("ws://example.org:81/"), "example.org 81 /ws");
  EXPECT_EQ(shown("ws://[::1]:9000/a/b//"), "::1 9000 /a/b");
  EXPECT_EQ(shown("ws://[::1]"), "::1 80 /ws");
}

TEST(Target, WhatIsNoAddressIsRefused) {
  for (const char* text :
       {"", "127.0.0.1:8080", "http://x/ws", "wss://x/ws", "ws://", "ws://:80/ws", "ws://x:/ws",
        "ws://x:0/ws", "ws://x:65536/ws", "ws://x:8o/ws", "ws://[::1/ws", "ws://[::1]8/ws",
        "ws://x/ws?a=1", "ws://x/ws#a"}) {
    EXPECT_EQ(shown(text), "refused") << text;
  }
}

TEST(Target, SeveralAreSeparatedByCommas) {
  const auto targets = parse_targets("ws://a:1/ws,ws://b:2/ws");
  ASSERT_TRUE(targets.ok());
  ASSERT_EQ(targets->size(), 2U);
  EXPECT_EQ((*targets)[1].port, 2);
  EXPECT_FALSE(parse_targets("ws://a:1/ws,").ok());
  EXPECT_FALSE(parse_targets("ws://a:1/ws,,ws://b").ok());
}

TEST(Target, DocumentsAreEncodedInThePath) {
  const auto target = parse_target("ws://a/ws");
  ASSERT_TRUE(target.ok());
  EXPECT_EQ(target->document_path("notes/a b?#%\xc3\xbc", true),
            "/ws/notes/a%20b%3F%23%25%C3%BC?acks=1");
  EXPECT_EQ(target->document_path("x-1_2.3~", false), "/ws/x-1_2.3~");
}

TEST(Target, WhereNobodyListensIsUnavailable) {
  const auto target = parse_target("ws://127.0.0.1:1/ws");
  ASSERT_TRUE(target.ok());
  const auto probed = probe(*target);
  ASSERT_FALSE(probed.ok());
  EXPECT_EQ(probed.error().code, ErrorCode::unavailable);
  EXPECT_EQ(probed.error().detail.substr(0, 23), "ws://127.0.0.1:1/ws: Co");
}

}  // namespace
}  // namespace syncline::loadgen
