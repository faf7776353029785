#include "server/adapters/beast/websocket_handshake.h"

#include <gtest/gtest.h>

namespace syncline::adapters {
namespace {

constexpr std::string_view rfc_key = "dGhlIHNhbXBsZSBub25jZQ==";

std::string response_text(const HandshakeRequest& request) {
  const auto response = handshake_response(request);
  return response.ok() ? std::string(as_text(*response)) : std::string(name(response.error().code));
}

TEST(Handshake, AnswersTheExampleOfTheRfc) {
  EXPECT_EQ(response_text({.version = "13", .key = rfc_key, .protocols = ""}),
            "HTTP/1.1 101 Switching Protocols\r\n"
            "upgrade: websocket\r\n"
            "connection: upgrade\r\n"
            "server: syncline\r\n"
            "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
            "\r\n");
}

TEST(Handshake, TakesTheFirstProtocolOffered) {
  const auto text =
      response_text({.version = "13", .key = rfc_key, .protocols = " yjs-v1 , something.else"});
  EXPECT_NE(text.find("\r\nsec-websocket-protocol: yjs-v1\r\n"), std::string::npos);
}

TEST(Handshake, RefusesOtherVersionsAndKeys) {
  EXPECT_EQ(response_text({.version = "8", .key = rfc_key, .protocols = ""}),
            "unsupported_version");
  for (const auto* key : {"", "short==", "dGhlIHNhbXBsZSBub25jZQ=x", "dGhlIHNhbXBsZSBu\r\nY2U=="}) {
    EXPECT_EQ(response_text({.version = "13", .key = key, .protocols = ""}), "malformed") << key;
  }
}

TEST(Origin, IsCheckedOnlyWhenTheOperatorSaysSo) {
  const std::vector<std::string> nothing;
  const std::vector<std::string> listed = {"https://docs.example.org"};
  const std::vector<std::string> same = {"same"};
  EXPECT_TRUE(origin_allowed("https://evil.example", "docs.example.org", nothing));
  EXPECT_TRUE(origin_allowed("", "docs.example.org", listed));
  EXPECT_TRUE(origin_allowed("https://DOCS.example.org", "x", listed));
  EXPECT_FALSE(origin_allowed("https://evil.example", "docs.example.org", listed));
  EXPECT_FALSE(origin_allowed("http://docs.example.org", "docs.example.org", listed));
  EXPECT_TRUE(origin_allowed("http://localhost:8080", "localhost:8080", same));
  EXPECT_FALSE(origin_allowed("http://localhost:9090", "localhost:8080", same));
  EXPECT_FALSE(origin_allowed("null", "localhost:8080", same));
}

}  // namespace
}  // namespace syncline::adapters
