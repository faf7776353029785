#include "loadgen/run/histogram.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace syncline::loadgen {
namespace {

// Of every size, not only of the large ones that random bits mostly are.
rc::Gen<std::int64_t> duration_ns() {
  return rc::gen::map(rc::gen::pair(rc::gen::inRange(0, 38), rc::gen::arbitrary<std::uint64_t>()),
                      [](const std::pair<int, std::uint64_t>& drawn) {
                        const auto bits = static_cast<unsigned>(drawn.first);
                        return static_cast<std::int64_t>(drawn.second % (std::uint64_t{2} << bits));
                      });
}

Histogram filled(const std::vector<std::int64_t>& values) {
  Histogram histogram;
  for (const std::int64_t value : values) histogram.record(Duration(value));
  return histogram;
}

RC_GTEST_PROP(Histogram, QuantilesAreRightToOnePartInAThousand, ()) {
  auto values = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::int64_t>>(duration_ns()));
  const Histogram histogram = filled(values);
  for (std::int64_t& value : values) value = std::min(value, Histogram::longest.count());
  std::sort(values.begin(), values.end());
  for (const double fraction : {0.0, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = std::max<std::size_t>(
        1, static_cast<std::size_t>(std::ceil(fraction * static_cast<double>(values.size()))));
    const std::int64_t exact = values[rank - 1];
    const std::int64_t said = histogram.quantile(fraction).count();
    RC_ASSERT(said >= exact);
    RC_ASSERT(said <= exact + exact / 1024);
  }
  RC_ASSERT(histogram.min().count() == values.front());
  RC_ASSERT(histogram.max().count() == values.back());
  RC_ASSERT(histogram.count() == values.size());
}

RC_GTEST_PROP(Histogram, MergingIsRecordingEverythingInOne, ()) {
  const auto values = rc::gen::container<std::vector<std::int64_t>>(duration_ns());
  const auto a = *values;
  const auto b = *values;
  Histogram merged = filled(a);
  merged.add(filled(b));
  auto both = a;
  both.insert(both.end(), b.begin(), b.end());
  const Histogram whole = filled(both);
  RC_ASSERT(merged.count() == whole.count());
  RC_ASSERT(merged.min() == whole.min());
  RC_ASSERT(merged.max() == whole.max());
  for (const double fraction : {0.0, 0.25, 0.5, 0.99, 1.0}) {
    RC_ASSERT(merged.quantile(fraction) == whole.quantile(fraction));
  }
}

TEST(Histogram, WithoutValuesEverythingIsZero) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.min(), Duration::zero());
  EXPECT_EQ(histogram.max(), Duration::zero());
  EXPECT_EQ(histogram.mean(), Duration::zero());
  EXPECT_EQ(histogram.quantile(0.99), Duration::zero());
}

TEST(Histogram, WhatIsOutOfRangeCountsAtItsEnd) {
  Histogram histogram;
  histogram.record(Duration(-5));
  histogram.record(std::chrono::hours(24));
  EXPECT_EQ(histogram.min(), Duration::zero());
  EXPECT_EQ(histogram.max(), Histogram::longest);
  EXPECT_EQ(histogram.quantile(1), Histogram::longest);
}

TEST(Histogram, TheMeanIsExact) {
  Histogram histogram;
  for (const int value : {1, 2, 3, 1'000'000'006}) histogram.record(Duration(value));
  EXPECT_EQ(histogram.mean(), Duration(250'000'003));
}

}  // namespace
}  // namespace syncline::loadgen
