#include <gtest/gtest.h>

#include "server/adapters/beast/http_server.h"

namespace syncline::adapters {
namespace {

TEST(Endpoint, ReadsWhatOperatorsWrite) {
  const auto text = [](std::string_view input) {
    const auto endpoint = Endpoint::parse(input);
    return endpoint.ok() ? endpoint->text() : endpoint.error().detail;
  };
  EXPECT_EQ(text("127.0.0.1:8080"), "127.0.0.1:8080");
  EXPECT_EQ(text(":80"), "0.0.0.0:80");
  EXPECT_EQ(text("localhost:0"), "localhost:0");
  EXPECT_EQ(text("[::1]:443"), "[::1]:443");
  EXPECT_EQ(text("8080"), "expected HOST:PORT");
  EXPECT_EQ(text("::1:443"), "an IPv6 address is written [ADDRESS]:PORT");
  for (const auto* wrong : {"host:", "host:65536", "host:-1", "host:80x"}) {
    EXPECT_EQ(text(wrong), "the port must be a number from 0 to 65535") << wrong;
  }
}

}  // namespace
}  // namespace syncline::adapters
