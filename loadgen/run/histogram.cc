#include "loadgen/run/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "server/base/assert.h"

namespace syncline::loadgen {
namespace {

// A value is its highest bits: 11 of them, so that a bucket is at most a 1024th of it.
constexpr unsigned parts_log = 10;
constexpr std::uint64_t parts = std::uint64_t{1} << parts_log;

unsigned shift_of(std::uint64_t value) {
  const auto width = static_cast<unsigned>(std::bit_width(value));
  return width <= parts_log + 1 ? 0 : width - (parts_log + 1);
}

std::size_t bucket_of(std::uint64_t value) {
  const unsigned shift = shift_of(value);
  return (std::size_t{shift} << parts_log) + (value >> shift);
}

// The largest value of a bucket.
std::uint64_t last_of(std::size_t bucket) {
  if (bucket < 2 * parts) return bucket;
  const std::size_t shift = (bucket >> parts_log) - 1;
  const std::uint64_t part = bucket - (shift << parts_log);
  return ((part + 1) << shift) - 1;
}

}  // namespace

Histogram::Histogram() : counts_(bucket_of(static_cast<std::uint64_t>(longest.count())) + 1) {}

void Histogram::record(Duration duration) {
  const Duration kept = std::clamp(duration, Duration::zero(), longest);
  ++counts_[bucket_of(static_cast<std::uint64_t>(kept.count()))];
  ++count_;
  min_ = std::min(min_, kept);
  max_ = std::max(max_, kept);
  sum_ns_ += static_cast<double>(kept.count());
}

void Histogram::add(const Histogram& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  sum_ns_ += other.sum_ns_;
}

Duration Histogram::mean() const {
  if (count_ == 0) return Duration::zero();
  return Duration(std::llround(sum_ns_ / static_cast<double>(count_)));
}

Duration Histogram::quantile(double fraction) const {
  SYNCLINE_ASSERT(fraction >= 0 && fraction <= 1);
  if (count_ == 0) return Duration::zero();
  const auto wanted = std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(std::ceil(fraction * static_cast<double>(count_))));
  std::uint64_t passed = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    passed += counts_[i];
    if (passed >= wanted) return std::min(max_, Duration(static_cast<std::int64_t>(last_of(i))));
  }
  return max_;
}

}  // namespace syncline::loadgen
