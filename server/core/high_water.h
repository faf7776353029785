#pragma once

#include <cstddef>

namespace syncline::core {

// Whether there is too much of something: from above a mark on, until half of the mark is gone, so
// that whatever is held back for it does not stop and go with each update. Things that are bounded
// each have one of their own: what has never been too much must not keep waiting for half.
class HighWater {
 public:
  void update(std::size_t level, std::size_t mark) {
    above_ = above_ ? level > mark / 2 : level > mark;
  }
  bool above() const { return above_; }

 private:
  bool above_ = false;
};

}  // namespace syncline::core
