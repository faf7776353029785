#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/base/bytes.h"

namespace syncline::world {

// Everything that was asked of the world, in order: as lines for people, and as one number with
// which two runs of a seed are compared.
class History {
 public:
  explicit History(bool keep_lines) : keep_lines_(keep_lines) {}

  void note(std::string line) {
    mix(line);
    mix("\n");
    if (keep_lines_) lines_.push_back(std::move(line));
  }
  // Takes part in the hash only.
  void note_bytes(BytesView bytes) { mix(as_text(bytes)); }

  std::uint64_t hash() const { return hash_; }
  const std::vector<std::string>& lines() const { return lines_; }
  std::vector<std::string> take_lines() { return std::exchange(lines_, {}); }

 private:
  void mix(std::string_view text) {
    for (const char c : text) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }

  const bool keep_lines_;
  std::vector<std::string> lines_;
  std::uint64_t hash_ = 0xcbf29ce484222325ULL;
};

}  // namespace syncline::world
