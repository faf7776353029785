#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "server/base/bytes.h"

namespace syncline::lib0 {

// Writes lib0's encoding into a buffer that it owns. Nothing here can fail.
class Encoder {
 public:
  Encoder() = default;
  explicit Encoder(std::size_t capacity) { bytes_.reserve(capacity); }

  void write_u8(std::uint8_t value) { bytes_.push_back(std::byte{value}); }

  // The shortest unsigned varint: seven bits a byte, least significant first.
  void write_var_uint(std::uint64_t value) {
    while (value >= 0x80) {
      write_u8(static_cast<std::uint8_t>(value) | 0x80);
      value >>= 7;
    }
    write_u8(static_cast<std::uint8_t>(value));
  }

  // lib0's signed varint; the sign stands apart because JavaScript has a -0.
  void write_var_int(std::uint64_t magnitude, bool negative);

  void write_bytes(BytesView bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  void write_var_bytes(BytesView bytes) {
    write_var_uint(bytes.size());
    write_bytes(bytes);
  }
  // REQUIRES: `text` is UTF-8.
  void write_var_string(std::string_view text) { write_var_bytes(as_bytes(text)); }

  // Big-endian, as DataView writes.
  void write_u32_be(std::uint32_t value);
  void write_u64_be(std::uint64_t value);

  std::size_t size() const { return bytes_.size(); }
  // Valid until the next write.
  BytesView view() const { return bytes_; }
  Bytes take() { return std::move(bytes_); }
  // Empties the buffer and keeps its memory.
  void clear() { bytes_.clear(); }
  // Drops what was written after the first `size` bytes.
  void truncate(std::size_t size) { bytes_.resize(size); }
  void reserve(std::size_t capacity) { bytes_.reserve(capacity); }

 private:
  Bytes bytes_;
};

// The number of bytes that write_var_uint(value) writes.
std::size_t var_uint_size(std::uint64_t value);

}  // namespace syncline::lib0
