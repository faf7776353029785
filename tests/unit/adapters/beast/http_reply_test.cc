#include "server/adapters/beast/http_reply.h"

#include <gtest/gtest.h>

namespace syncline::adapters {
namespace {

std::string header_of(const HttpReply& reply, std::string_view name) {
  for (const auto& [key, value] : reply.headers) {
    if (key == name) return value;
  }
  return "";
}

ports::DocumentEntry entry(std::string_view name, std::uint64_t updates) {
  return {.name = *DocumentName::parse(name),
          .head = {updates},
          .forgotten = {1},
          .log_bytes = 10 * updates,
          .created_at = {milliseconds(0)},
          .updated_at = {milliseconds(1'767'225'599'007)}};
}

TEST(HttpReply, ErrorsAreJson) {
  const auto reply = error_reply(404, "no \"such\" page");
  EXPECT_EQ(reply.body, "{\"error\":\"Not Found\",\"message\":\"no \\\"such\\\" page\"}\n");
  EXPECT_EQ(header_of(reply, "content-type"), "application/json");
}

TEST(HttpReply, NothingButHashedAssetsMayBeCached) {
  for (const auto* target : {"/", "/?x=1", "/d/notes", "/d/a/b", "/index.html"}) {
    const auto reply = web_reply({.method = "GET", .target = target});
    ASSERT_TRUE(reply.has_value()) << target;
    EXPECT_EQ(header_of(*reply, "cache-control"), "no-cache, no-store, must-revalidate") << target;
    EXPECT_FALSE(reply->content().empty());
  }
  EXPECT_EQ(header_of(json_reply("{}"), "cache-control"), "no-cache, no-store, must-revalidate");
  EXPECT_EQ(header_of(error_reply(400, ""), "cache-control"),
            "no-cache, no-store, must-revalidate");
}

TEST(HttpReply, AnUnknownPathIsNobodysFile) {
  for (const auto* target : {"/nothing", "/../etc/passwd", "/d", "//", "", "/%2e%2e/x"}) {
    EXPECT_FALSE(web_reply({.method = "GET", .target = target}).has_value()) << target;
  }
}

TEST(HttpReply, AKnownEtagIsNotSentAgain) {
  const auto first = web_reply({.method = "GET", .target = "/"});
  const std::string etag = header_of(*first, "etag");
  const auto again = web_reply({.method = "GET", .target = "/", .if_none_match = etag});
  EXPECT_EQ(again->status, 304U);
  EXPECT_TRUE(again->content().empty());
}

TEST(HttpReply, HeaderTextCarriesLengthAndSecurity) {
  const std::string text = header_text(json_reply("{}"), false);
  EXPECT_TRUE(text.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_NE(text.find("content-length: 2\r\n"), std::string::npos);
  EXPECT_NE(text.find("x-content-type-options: nosniff\r\n"), std::string::npos);
  EXPECT_NE(text.find("frame-ancestors 'none'"), std::string::npos);
  EXPECT_TRUE(text.ends_with("connection: close\r\n\r\n"));
}

TEST(DocumentQuery, DecodesItsParameters) {
  const auto query =
      parse_document_query("/api/v1/documents?limit=5&after=a%2Fb%20c&filter=%C3%BC");
  ASSERT_TRUE(query.ok());
  EXPECT_EQ(query->limit, 5U);
  EXPECT_EQ(query->after, "a/b c");
  EXPECT_EQ(query->filter, "\xc3\xbc");
  EXPECT_EQ(parse_document_query("/api/v1/documents")->limit, 100U);
  for (const auto* wrong : {"?limit=0", "?limit=1001", "?limit=x", "?limit=", "?after=%zz"}) {
    EXPECT_FALSE(parse_document_query(std::string("/api/v1/documents") + wrong).ok()) << wrong;
  }
}

TEST(DocumentsJson, SaysWhereThePageAfterBegins) {
  EXPECT_EQ(documents_json({.limit = 1}, {entry("a", 1), entry("b", 2)}),
            "{\"documents\":[{\"name\":\"a\",\"updates\":1,\"updates_kept\":0,\"bytes\":10,"
            "\"created_at\":\"1970-01-01T00:00:00.000Z\","
            "\"updated_at\":\"2025-12-31T23:59:59.007Z\"}],\"next\":\"a\"}\n");
  EXPECT_TRUE(documents_json({.limit = 2}, {entry("a", 1)}).ends_with("\"next\":null}\n"));
}

}  // namespace
}  // namespace syncline::adapters
