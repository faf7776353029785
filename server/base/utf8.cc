#include "server/base/utf8.h"

#include <cstdint>
#include <cstring>

namespace syncline {
namespace {

// The length of the well-formed sequence at `at`, or 0.
std::size_t sequence_length(const unsigned char* at, std::size_t left) {
  const auto continues = [&](std::size_t index, unsigned char low, unsigned char high) {
    return index < left && at[index] >= low && at[index] <= high;
  };
  const unsigned char first = at[0];
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continues(1, 0x80, 0xBF) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const unsigned char low = first == 0xE0 ? 0xA0 : 0x80;   // Overlong below.
    const unsigned char high = first == 0xED ? 0x9F : 0xBF;  // Surrogates above.
    return continues(1, low, high) && continues(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const unsigned char low = first == 0xF0 ? 0x90 : 0x80;
    const unsigned char high = first == 0xF4 ? 0x8F : 0xBF;
    return continues(1, low, high) && continues(2, 0x80, 0xBF) && continues(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

template <class Word>
Word load(const char* at) {
  Word word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

constexpr std::uint64_t high_bits = 0x8080808080808080ULL;

// True if the eight bytes at `at` are all ASCII.
bool eight_ascii(const char* at) { return (load<std::uint64_t>(at) & high_bits) == 0; }

// Nearly all texts are, and most are short: the last word overlaps the one before it.
bool is_ascii(std::string_view text) {
  const char* at = text.data();
  const std::size_t size = text.size();
  if (size >= 8) {
    const char* last = at + size - 8;
    for (; at < last; at += 8) {
      if (!eight_ascii(at)) return false;
    }
    return eight_ascii(last);
  }
  if (size >= 4) {
    const auto both = load<std::uint32_t>(at) | load<std::uint32_t>(at + size - 4);
    return (both & static_cast<std::uint32_t>(high_bits)) == 0;
  }
  if (size == 0) return true;
  return ((at[0] | at[size / 2] | at[size - 1]) & 0x80) == 0;
}

}  // namespace

bool is_utf8(std::string_view text) {
  if (is_ascii(text)) return true;
  std::size_t at = 0;
  while (at < text.size()) {
    if (text.size() - at >= 8 && eight_ascii(text.data() + at)) {
      at += 8;
      continue;
    }
    const std::size_t length =
        sequence_length(reinterpret_cast<const unsigned char*>(text.data()) + at, text.size() - at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

std::size_t utf16_length(std::string_view text) {
  if (is_ascii(text)) return text.size();
  std::size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) != 0x80) ++units;  // Each character starts once...
    if (byte >= 0xF0) ++units;           // ...and those beyond U+FFFF are surrogate pairs.
  }
  return units;
}

}  // namespace syncline
