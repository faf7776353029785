#include "tests/compat/probe/message.h"

#include <array>
#include <cstdint>

namespace syncline::probe {

namespace {

std::optional<std::uint32_t> read_u32(std::FILE* in) {
  std::array<unsigned char, 4> bytes{};
  if (std::fread(bytes.data(), 1, bytes.size(), in) != bytes.size()) return std::nullopt;
  std::uint32_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | bytes[i];
  return value;
}

void write_u32(std::FILE* out, std::size_t value) {
  for (int shift = 0; shift < 32; shift += 8) {
    std::fputc(static_cast<int>(value >> shift & 0xff), out);
  }
}

}  // namespace

std::optional<Message> read_message(std::FILE* in) {
  const auto count = read_u32(in);
  if (!count) return std::nullopt;
  Message message;
  for (std::uint32_t i = 0; i < *count; ++i) {
    const auto length = read_u32(in);
    if (!length) return std::nullopt;
    std::string text(*length, '\0');
    if (std::fread(text.data(), 1, text.size(), in) != text.size()) return std::nullopt;
    message.push_back(std::move(text));
  }
  return message;
}

void write_message(std::FILE* out, const Message& message) {
  write_u32(out, message.size());
  for (const std::string& text : message) {
    write_u32(out, text.size());
    std::fwrite(text.data(), 1, text.size(), out);
  }
}

}  // namespace syncline::probe
