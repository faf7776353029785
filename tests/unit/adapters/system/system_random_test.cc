#include "server/adapters/system/system_random.h"

#include <array>
#include <cstdint>
#include <set>

#include <gtest/gtest.h>

namespace syncline::adapters {
namespace {

TEST(SystemRandomTest, gives_every_instance_numbers_of_its_own) {
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 100; ++i) {
    SystemRandom random;
    for (int n = 0; n < 100; ++n) seen.insert(random.next());
  }
  EXPECT_EQ(seen.size(), 10'000u);
}

// Within 6 standard deviations: fails about once in 10^7 runs if all is well.
TEST(SystemRandomTest, sets_every_bit_half_of_the_time) {
  constexpr int draws = 10'000;
  SystemRandom random;
  std::array<int, 64> ones = {};
  for (int i = 0; i < draws; ++i) {
    const std::uint64_t value = random.next();
    for (std::size_t bit = 0; bit < 64; ++bit) ones[bit] += static_cast<int>(value >> bit & 1);
  }
  for (const int count : ones) EXPECT_NEAR(count, draws / 2, 6 * 50);
}

TEST(SystemRandomTest, stays_below_its_bound_and_reaches_all_below_it) {
  SystemRandom random;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random.below(7));
  EXPECT_EQ(seen, (std::set<std::uint64_t>{0, 1, 2, 3, 4, 5, 6}));
}

}  // namespace
}  // namespace syncline::adapters
