#include "server/adapters/beast/http_reply.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <utility>

#include <boost/beast/http/status.hpp>
#include <boost/json.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "server/protocol/cache_control.h"
#include "server/web/assets.h"

namespace syncline::adapters {
namespace {

namespace json = boost::json;

constexpr std::size_t documents_per_page_max = 1000;

// The editor loads nothing from elsewhere; its styles are partly set by scripts.
constexpr std::string_view security_headers =
    "content-security-policy: default-src 'self'; connect-src 'self' ws: wss:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'\r\n"
    "x-content-type-options: nosniff\r\n"
    "referrer-policy: no-referrer\r\n";

const web::Asset* find_asset(std::string_view path) {
  const auto assets = web::assets();
  const auto it = std::lower_bound(
      assets.begin(), assets.end(), path,
      [](const web::Asset& asset, std::string_view wanted) { return asset.path < wanted; });
  return it != assets.end() && it->path == path ? &*it : nullptr;
}

bool accepts_gzip(std::string_view accept_encoding) {
  const auto at = accept_encoding.find("gzip");
  return at != std::string_view::npos && !accept_encoding.substr(at + 4).starts_with(";q=0");
}

HttpReply asset_reply(const web::Asset& asset, const HttpRequest& request) {
  HttpReply reply;
  reply.headers.emplace_back("content-type", asset.content_type);
  reply.headers.emplace_back("cache-control",
                             asset.immutable ? protocol::cached_for_ever : protocol::never_cached);
  reply.headers.emplace_back("etag", asset.etag);
  if (!asset.gzip.empty()) reply.headers.emplace_back("vary", "accept-encoding");
  const bool unchanged =
      !asset.etag.empty() && request.if_none_match.find(asset.etag) != std::string_view::npos;
  if (unchanged) {
    reply.status = 304;
  } else if (!asset.gzip.empty() && accepts_gzip(request.accept_encoding)) {
    reply.headers.emplace_back("content-encoding", "gzip");
    reply.static_body = asset.gzip;
  } else {
    reply.static_body = asset.bytes;
  }
  return reply;
}

Result<std::size_t> parse_limit(std::string_view text) {
  std::size_t limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error != std::errc() || end != text.data() + text.size() || limit < 1 ||
      limit > documents_per_page_max) {
    return Error{ErrorCode::invalid_argument, "limit must be a number from 1 to 1000"};
  }
  return limit;
}

}  // namespace

HttpReply text_reply(unsigned status, std::string_view content_type, std::string body) {
  HttpReply reply;
  reply.status = status;
  reply.headers.emplace_back("content-type", content_type);
  reply.headers.emplace_back("cache-control", protocol::never_cached);
  reply.body = std::move(body);
  return reply;
}

HttpReply json_reply(std::string body) {
  return text_reply(200, "application/json", std::move(body));
}

HttpReply error_reply(unsigned status, std::string_view message) {
  const auto reason =
      boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(status));
  const json::object body{{"error", std::string(reason)}, {"message", message}};
  return text_reply(status, "application/json", json::serialize(body) + "\n");
}

std::string header_text(const HttpReply& reply, bool keep_alive) {
  std::string text = "HTTP/1.1 " + std::to_string(reply.status) + " ";
  text += boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(reply.status));
  text += "\r\nserver: syncline\r\n";
  for (const auto& [name, value] : reply.headers) {
    text.append(name).append(": ").append(value).append("\r\n");
  }
  text += security_headers;
  if (reply.status != 304) {
    text += "content-length: " + std::to_string(reply.content().size()) + "\r\n";
  }
  text += keep_alive ? "connection: keep-alive\r\n\r\n" : "connection: close\r\n\r\n";
  return text;
}

std::string rfc3339(WallTime time) {
  const std::chrono::sys_time<milliseconds> at(time.since_epoch);
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(at - day);
  std::array<char, 40> text;
  const int length = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
      static_cast<int>(clock.subseconds().count()));
  return std::string(text.data(), static_cast<std::size_t>(length));
}

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

std::optional<HttpReply> web_reply(const HttpRequest& request) {
  const std::string_view path = path_of(request.target);
  const bool is_page = path == "/" || path.starts_with("/d/");
  const web::Asset* asset = find_asset(is_page ? "/index.html" : path);
  if (asset == nullptr) return std::nullopt;
  return asset_reply(*asset, request);
}

Result<DocumentQuery> parse_document_query(std::string_view target) {
  const auto url = boost::urls::parse_origin_form(target);
  if (url.has_error()) return Error{ErrorCode::invalid_argument, "the query is not well-formed"};
  DocumentQuery query;
  for (const auto& parameter : url->params()) {
    if (parameter.key == "limit") {
      SYNCLINE_ASSIGN(query.limit, parse_limit(parameter.value));
    } else if (parameter.key == "after" && !parameter.value.empty()) {
      query.after = parameter.value;
    } else if (parameter.key == "filter") {
      query.filter = parameter.value;
    }
  }
  return query;
}

std::string documents_json(const DocumentQuery& query, std::vector<ports::DocumentEntry> entries) {
  const bool more = entries.size() > query.limit;
  if (more)
    entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(query.limit), entries.end());
  json::array documents;
  for (const auto& entry : entries) {
    documents.push_back(json::object{{"name", entry.name.text()},
                                     {"updates", entry.head.value},
                                     {"updates_kept", entry.head.value - entry.forgotten.value},
                                     {"bytes", entry.log_bytes},
                                     {"created_at", rfc3339(entry.created_at)},
                                     {"updated_at", rfc3339(entry.updated_at)}});
  }
  json::object body{{"documents", std::move(documents)}, {"next", nullptr}};
  if (more) body["next"] = entries.back().name.text();
  return json::serialize(body) + "\n";
}

}  // namespace syncline::adapters
