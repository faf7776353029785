#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "server/base/instant.h"

namespace syncline::loadgen {

// Counts durations so that a quantile is right to one part in a thousand, whatever its size, in a
// fixed amount of memory. The bucketing is HdrHistogram's with three significant digits, in
// nanoseconds: values below 2048 ns are exact, above that each power of two is cut into 1024 equal
// parts. Longer ones than `longest` count as that.
//
// Merging adds counts and loses nothing, so each thread keeps its own. Percentiles of percentiles
// mean nothing and are not offered.
class Histogram {
 public:
  static constexpr Duration longest = Duration((std::int64_t{1} << 38) - 1);  // 275 s.

  Histogram();

  // Negative durations count as zero.
  void record(Duration duration);
  void add(const Histogram& other);

  std::uint64_t count() const { return count_; }
  Duration min() const { return count_ == 0 ? Duration::zero() : min_; }
  Duration max() const { return max_; }
  Duration mean() const;

  // The largest value of the bucket in which at least `fraction` of all values have been passed;
  // zero if there are none. REQUIRES: 0 <= fraction <= 1.
  Duration quantile(double fraction) const;

 private:
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  Duration min_ = Duration::max();
  Duration max_ = Duration::zero();
  double sum_ns_ = 0;
};

}  // namespace syncline::loadgen
