// The files of the web editor, compiled into the server.

#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace syncline::web {

struct Asset {
  std::string_view path;          // As in the URL: "/index.html", "/assets/index-abc123.js".
  std::string_view content_type;  // The header's value, with the charset where there is one.
  bool immutable;                 // The name carries a hash of the content: may be cached for ever.
  std::string_view etag;          // The header's value, quotes included; from the content alone.
  std::span<const std::byte> bytes;
  std::span<const std::byte> gzip;  // The same, gzipped; empty where that would save little.
};

// All assets, sorted by path. Built without the editor (SYNCLINE_WEB=OFF) it is one /index.html
// that says so. Everything in it lives as long as the program.
std::span<const Asset> assets();

}  // namespace syncline::web
