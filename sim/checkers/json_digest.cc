#include "sim/checkers/json_digest.h"

#include <algorithm>

#include "sim/checkers/digest.h"

namespace syncline::checkers {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view json) : json_(json) {}

  std::uint64_t value() {
    if (take('{')) return members();
    if (take('[')) return elements();
    return scalar();
  }

  bool done() const { return at_ == json_.size(); }

 private:
  bool take(char c) {
    if (at_ == json_.size() || json_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::uint64_t members() {
    std::uint64_t sum = '{';
    while (!done() && !take('}')) {
      const std::uint64_t key = scalar();
      take(':');
      sum += mix(key, value());
      take(',');
    }
    return mix(sum);
  }

  std::uint64_t elements() {
    std::uint64_t row = '[';
    while (!done() && !take(']')) {
      row = mix(row, value());
      take(',');
    }
    return mix(row);
  }

  // A string, or what goes up to the next piece of structure; at least one character.
  std::uint64_t scalar() {
    const std::size_t from = at_;
    if (take('"')) {
      while (!done() && json_[at_] != '"') at_ += json_[at_] == '\\' ? 2 : 1;
      at_ = std::min(at_ + 1, json_.size());
    } else {
      at_ = std::min(json_.find_first_of(",:]}", std::min(at_ + 1, json_.size())), json_.size());
    }
    return digest_of(as_bytes(json_.substr(from, at_ - from)));
  }

  const std::string_view json_;
  std::size_t at_ = 0;
};

}  // namespace

std::uint64_t digest_json(std::string_view json) {
  Reader reader(json);
  std::uint64_t digest = json.size();
  while (!reader.done()) digest = mix(digest, reader.value());
  return digest;
}

}  // namespace syncline::checkers
