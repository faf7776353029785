#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/base/bytes.h"
#include "server/base/instant.h"
#include "server/ports/document_catalog.h"

// What the server answers to plain HTTP, apart from how it travels.

namespace syncline::adapters {

// The parts of a request that matter here. The views live as long as the request.
struct HttpRequest {
  std::string_view method = {};
  std::string_view target = {};
  std::string_view if_none_match = {};
  std::string_view accept_encoding = {};
  bool from_page = false;  // A page in a browser made it: Origin or Sec-Fetch-Site is there.
};

struct HttpReply {
  unsigned status = 200;
  std::vector<std::pair<std::string_view, std::string>> headers;
  std::string body;
  BytesView static_body;  // Instead of `body`; lives as long as the program.

  BytesView content() const { return static_body.empty() ? as_bytes(body) : static_body; }
};

// {"error": "...", "message": "..."}
HttpReply error_reply(unsigned status, std::string_view message);
HttpReply json_reply(std::string body);
HttpReply text_reply(unsigned status, std::string_view content_type, std::string body);

// The status line and headers, ready to be sent before the content. `has_body` is false for HEAD.
std::string header_text(const HttpReply& reply, bool keep_alive);

// In UTC, to the millisecond: 2026-01-31T12:00:00.000Z.
std::string rfc3339(WallTime time);

// The path of a target, without its query.
std::string_view path_of(std::string_view target);

// The web editor: /, /d/..., and its files. nullopt if the path is none of them.
std::optional<HttpReply> web_reply(const HttpRequest& request);

// GET /api/v1/documents?limit=&after=&filter=
struct DocumentQuery {
  std::size_t limit = 100;
  std::optional<std::string> after = {};
  std::string filter = {};
};

Result<DocumentQuery> parse_document_query(std::string_view target);
// `entries` are the answer to a query for one more than its limit, so that it is known whether more
// follow.
std::string documents_json(const DocumentQuery& query, std::vector<ports::DocumentEntry> entries);

}  // namespace syncline::adapters
