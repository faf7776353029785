#include "server/lib0/decoder.h"

#include <bit>

#include "server/base/utf8.h"

namespace syncline::lib0 {

namespace {

// The eight bytes at `at`, the first one lowest.
std::uint64_t load_eight(const std::byte* at) {
  std::uint64_t word = 0;
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(&word, at, sizeof word);
  } else {
    for (unsigned i = 0; i < 8; ++i) word |= std::to_integer<std::uint64_t>(at[i]) << 8 * i;
  }
  return word;
}

// Takes the highest bit out of each byte.
std::uint64_t join_groups_of_seven(std::uint64_t word) {
  word = (word & 0x007F007F007F007FU) | (word & 0x7F007F007F007F00U) >> 1;
  word = (word & 0x00003FFF00003FFFU) | (word & 0x3FFF00003FFF0000U) >> 2;
  return (word & 0x000000000FFFFFFFU) | (word & 0x0FFFFFFF00000000U) >> 4;
}

}  // namespace

// 2^53 - 1 takes eight groups of seven bits, of which the last holds four.

bool Decoder::take_long_var_uint(std::uint64_t& out) {
  if (remaining() < 8) return take_last_var_uint(out);
  const std::uint64_t word = load_eight(at_);
  const std::uint64_t ends = ~word & 0x8080808080808080U;
  if (ends == 0) return fail(ErrorCode::number_too_large);
  const auto size = static_cast<unsigned>(std::countr_zero(ends)) / 8 + 1;
  const std::uint64_t value = join_groups_of_seven(word & (ends ^ (ends - 1)));
  if (size > 1 && value >> 7 * (size - 1) == 0) return fail(ErrorCode::malformed);  // Too long.
  if (value > limits::safe_integer_max) return fail(ErrorCode::number_too_large);
  at_ += size;
  out = value;
  return true;
}

// Where fewer than eight bytes are left.
bool Decoder::take_last_var_uint(std::uint64_t& out) {
  std::uint64_t value = 0;
  const std::byte* at = at_;
  for (unsigned shift = 0; at != end_; shift += 7) {
    const auto byte = std::to_integer<std::uint8_t>(*at++);
    value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) {
      if (byte == 0 && shift > 0) return fail(ErrorCode::malformed);
      at_ = at;
      out = value;
      return true;
    }
  }
  return fail(ErrorCode::truncated);
}

bool Decoder::take_repeated_var_uint(RepeatedVarUint& last, std::uint64_t& out) {
  const BytesView before = rest();
  if (!take_var_uint(out)) return false;
  last = {};
  if (before.size() < sizeof last.bytes) return true;
  last.value = out;
  last.size = before.size() - remaining();
  std::memcpy(&last.bytes, before.data(), sizeof last.bytes);
  constexpr std::uint64_t all = ~std::uint64_t{0};
  std::memcpy(&last.mask, &all, last.size);
  last.bytes &= last.mask;
  return true;
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
