#include "server/lib0/encoder.h"

namespace syncline::lib0 {

void Encoder::write_var_int(std::uint64_t magnitude, bool negative) {
  const auto first = static_cast<std::uint8_t>(magnitude & 0x3F);
  magnitude >>= 6;
  write_u8(static_cast<std::uint8_t>((magnitude > 0 ? 0x80 : 0) | (negative ? 0x40 : 0) | first));
  if (magnitude > 0) write_var_uint(magnitude);
}

void Encoder::write_u32_be(std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) write_u8(static_cast<std::uint8_t>(value >> shift));
}

void Encoder::write_u64_be(std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) write_u8(static_cast<std::uint8_t>(value >> shift));
}

std::size_t var_uint_size(std::uint64_t value) {
  std::size_t size = 1;
  while (value >= 0x80) {
    value >>= 7;
    ++size;
  }
  return size;
}

}  // namespace syncline::lib0
