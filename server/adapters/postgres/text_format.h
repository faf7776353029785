#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "server/base/bytes.h"
#include "server/base/result.h"

// Values as PostgreSQL reads and writes them in its text format.

namespace syncline::adapters::postgres {

// \x68656c6c6f
std::string bytea_text(BytesView bytes);
void append_bytea_text(std::string& text, BytesView bytes);
// `unavailable`: not of this format (the server has bytea_output = escape).
Result<Bytes> bytea_of(std::string_view text);

// Builds the text of an array: {1,2} or {"a","b"}.
class ArrayText {
 public:
  void add(std::int64_t number);
  void add(std::string_view text);
  void add(BytesView bytes);
  void reserve(std::size_t bytes) { text_.reserve(bytes); }

  // To be called once, at the end.
  std::string take();

 private:
  void separate();

  std::string text_ = "{";
};

// A 64-bit checksum as the signed integer with the same bits, and back.
inline std::int64_t to_signed(std::uint64_t bits) { return static_cast<std::int64_t>(bits); }
inline std::uint64_t to_unsigned(std::int64_t bits) { return static_cast<std::uint64_t>(bits); }

}  // namespace syncline::adapters::postgres
