#include "server/lib0/decoder.h"

#include "server/base/utf8.h"

namespace syncline::lib0 {

bool Decoder::take_long_var_uint(std::uint64_t& out) {
  std::uint64_t value = 0;
  const std::byte* at = at_;
  // 2^53 - 1 takes eight groups of seven bits, of which the last holds four.
  for (unsigned shift = 0; shift < 56; shift += 7) {
    if (at == end_) return fail(ErrorCode::truncated);
    const auto byte = std::to_integer<std::uint8_t>(*at++);
    value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) {
      if (byte == 0 && shift > 0) return fail(ErrorCode::malformed);  // Longer than needed.
      if (value > limits::safe_integer_max) return fail(ErrorCode::number_too_large);
      at_ = at;
      out = value;
      return true;
    }
  }
  return fail(ErrorCode::number_too_large);
}

bool Decoder::take_var_int(std::uint64_t& magnitude, bool& negative, std::uint64_t magnitude_max) {
  std::uint8_t byte = 0;
  if (!take_u8(byte)) return false;
  negative = (byte & 0x40) != 0;
  std::uint64_t value = byte & 0x3F;
  // Six bits, then groups of seven: 55 bits in all hold every safe integer.
  for (unsigned shift = 6; (byte & 0x80) != 0; shift += 7) {
    if (shift > 48) return fail(ErrorCode::number_too_large);
    if (!take_u8(byte)) return false;
    value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if (byte == 0) return fail(ErrorCode::malformed);
  }
  if (value > magnitude_max) return fail(ErrorCode::number_too_large);
  magnitude = value;
  return true;
}

bool Decoder::take_var_string(std::string_view& out) {
  BytesView bytes;
  if (!take_var_bytes(bytes)) return false;
  out = as_text(bytes);
  // One character at a time is what an editor sends; most of it is ASCII.
  if (out.size() == 1 && static_cast<unsigned char>(out[0]) < 0x80) return true;
  return is_utf8(out) || fail(ErrorCode::invalid_utf8);
}

Result<std::uint8_t> Decoder::read_u8() {
  std::uint8_t value = 0;
  if (!take_u8(value)) return failure_;
  return value;
}

Result<std::uint64_t> Decoder::read_var_uint() {
  std::uint64_t value = 0;
  if (!take_var_uint(value)) return failure_;
  return value;
}

Result<std::string_view> Decoder::read_var_string() {
  std::string_view value;
  if (!take_var_string(value)) return failure_;
  return value;
}

Result<BytesView> Decoder::read_var_bytes() {
  BytesView value;
  if (!take_var_bytes(value)) return failure_;
  return value;
}

Result<BytesView> Decoder::read_bytes(std::size_t size) {
  BytesView value;
  if (!take_bytes(size, value)) return failure_;
  return value;
}

Result<void> Decoder::expect_end() const {
  if (failed_) return failure_;
  if (at_ != end_) return ErrorCode::trailing_bytes;
  return {};
}

}  // namespace syncline::lib0
