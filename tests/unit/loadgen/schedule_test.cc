#include "loadgen/run/schedule.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace syncline::loadgen {
namespace {

std::vector<Schedule::Due> taken(const Schedule::Options& options, std::size_t count) {
  Schedule schedule(options);
  std::vector<Schedule::Due> out;
  for (std::size_t i = 0; i < count; ++i) {
    out.push_back(schedule.next());
    schedule.take();
  }
  return out;
}

RC_GTEST_PROP(Schedule, TheSameSeedTypesTheSame, (std::uint64_t seed, std::uint64_t stream)) {
  const Schedule::Options options{
      .edits_per_second = 1000,
      .writers = *rc::gen::inRange<std::size_t>(1, 50),
      .arrivals = *rc::gen::element(Arrivals::poisson, Arrivals::uniform),
      .seed = seed,
      .stream = stream};
  const auto once = taken(options, 100);
  const auto again = taken(options, 100);
  for (std::size_t i = 0; i < once.size(); ++i) {
    RC_ASSERT(once[i].at == again[i].at);
    RC_ASSERT(once[i].writer == again[i].writer);
    RC_ASSERT(once[i].writer < options.writers);
    RC_ASSERT(once[i].at >= (i == 0 ? Duration(0) : once[i - 1].at));
  }
}

RC_GTEST_PROP(Schedule, TheRateIsWhatWasAskedFor, (std::uint64_t seed)) {
  constexpr std::size_t count = 20'000;
  const double rate = *rc::gen::element(1.0, 100.0, 12'345.0);
  for (const Arrivals arrivals : {Arrivals::poisson, Arrivals::uniform}) {
    const auto due =
        taken({.edits_per_second = rate, .writers = 3, .arrivals = arrivals, .seed = seed}, count);
    const double achieved =
        static_cast<double>(count) / std::chrono::duration<double>(due.back().at).count();
    // Poisson: the standard deviation of the time for n edits is sqrt(n) gaps; five of them.
    RC_ASSERT(std::abs(achieved / rate - 1) < 5 / std::sqrt(static_cast<double>(count)));
  }
}

TEST(Schedule, PoissonGapsVaryAsMuchAsTheirMean) {
  const auto due = taken({.edits_per_second = 1000, .writers = 1, .seed = 7}, 50'000);
  double sum = 0;
  double squares = 0;
  for (std::size_t i = 1; i < due.size(); ++i) {
    const double gap = std::chrono::duration<double, std::milli>(due[i].at - due[i - 1].at).count();
    sum += gap;
    squares += gap * gap;
  }
  const double n = static_cast<double>(due.size() - 1);
  const double mean = sum / n;
  EXPECT_NEAR(mean, 1, 0.03);
  EXPECT_NEAR(std::sqrt(squares / n - mean * mean) / mean, 1, 0.03);
}

TEST(Schedule, UniformGapsAreEqualAndEveryWriterHasHisTurn) {
  const auto due =
      taken({.edits_per_second = 100, .writers = 3, .arrivals = Arrivals::uniform, .seed = 7}, 10);
  EXPECT_LT(due[0].at, milliseconds(10));
  for (std::size_t i = 1; i < due.size(); ++i) {
    EXPECT_NEAR(static_cast<double>((due[i].at - due[i - 1].at).count()), 1e7, 2);
    EXPECT_EQ(due[i].writer, i % 3);
  }
}

TEST(Schedule, PoissonWritersShareEqually) {
  constexpr std::size_t writers = 10;
  std::vector<int> edits(writers);
  for (const auto& due : taken({.edits_per_second = 1, .writers = writers, .seed = 3}, 100'000)) {
    ++edits[due.writer];
  }
  for (const int count : edits) EXPECT_NEAR(count, 10'000, 500);
}

TEST(Schedule, StreamsOfASeedDiffer) {
  const auto one = taken({.edits_per_second = 100, .writers = 5, .seed = 1, .stream = 0}, 20);
  const auto other = taken({.edits_per_second = 100, .writers = 5, .seed = 1, .stream = 1}, 20);
  int same = 0;
  for (std::size_t i = 0; i < one.size(); ++i) same += one[i].at == other[i].at;
  EXPECT_EQ(same, 0);
}

TEST(Schedule, NobodyTypesWithoutARateOrWriters) {
  EXPECT_EQ(Schedule({.edits_per_second = 0, .writers = 5}).next().at, Duration::max());
  EXPECT_EQ(Schedule({.edits_per_second = 5, .writers = 0}).next().at, Duration::max());
}

}  // namespace
}  // namespace syncline::loadgen
