#include "server/adapters/postgres/text_format.h"

#include <array>
#include <charconv>
#include <utility>

namespace syncline::adapters::postgres {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

int value_of(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return -1;
}

}  // namespace

void append_bytea_text(std::string& text, BytesView bytes) {
  text += "\\x";
  const std::size_t begin = text.size();
  text.resize(begin + 2 * bytes.size());
  char* out = text.data() + begin;
  for (const std::byte byte : bytes) {
    const auto value = std::to_integer<unsigned>(byte);
    *out++ = digits[value >> 4];
    *out++ = digits[value & 15U];
  }
}

std::string bytea_text(BytesView bytes) {
  std::string text;
  append_bytea_text(text, bytes);
  return text;
}

Result<Bytes> bytea_of(std::string_view text) {
  const Error unreadable{ErrorCode::unavailable,
                         "PostgreSQL sends bytes in another format than bytea_output = hex"};
  if (!text.starts_with("\\x") || text.size() % 2 != 0) return unreadable;
  text.remove_prefix(2);
  Bytes bytes(text.size() / 2);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const int high = value_of(text[2 * at]);
    const int low = value_of(text[2 * at + 1]);
    if (high < 0 || low < 0) return unreadable;
    bytes[at] = static_cast<std::byte>(high << 4 | low);
  }
  return bytes;
}

void ArrayText::separate() {
  if (text_.size() > 1) text_ += ',';
}

void ArrayText::add(std::int64_t number) {
  separate();
  std::array<char, 24> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  text_.append(buffer.data(), end);
}

void ArrayText::add(std::string_view text) {
  separate();
  text_ += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') text_ += '\\';
    text_ += c;
  }
  text_ += '"';
}

void ArrayText::add(BytesView bytes) {
  separate();
  text_ += "\"\\";  // The backslash of \x, escaped.
  append_bytea_text(text_, bytes);
  text_ += '"';
}

std::string ArrayText::take() {
  text_ += '}';
  return std::move(text_);
}

}  // namespace syncline::adapters::postgres
