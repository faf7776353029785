#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>

namespace syncline::demo {

struct DemoOptions {
  std::uint64_t first_seed = 1;
  std::uint64_t seeds = 20;
  int failure = 0;            // Only this one; 0: all.
  std::string pictures = {};  // A folder for pages of one seed of each side; empty: none are made.
};

// Runs both sides of each failure and prints the table to `out`. True if the usual architecture
// fails in each, and Syncline in none.
bool run_demo(const DemoOptions& options, std::ostream& out);

}  // namespace syncline::demo
