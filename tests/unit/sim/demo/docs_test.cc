// docs/simulation.md has every checker and every failure, in the words of the program.

#include <fstream>
#include <iterator>
#include <string>

#include "sim/checkers/all.h"
#include "sim/demo/failure.h"

namespace syncline::demo {
namespace {

std::string document() {
  std::ifstream in(SYNCLINE_SOURCE_DIR "/docs/simulation.md");
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(SimulationDocs, HaveEveryChecker) {
  const std::string text = document();
  for (const auto& checker : checkers::all_checkers()) {
    std::string row = "| `";
    row.append(checker.name).append("` | ").append(checker.what).append(" |");
    EXPECT_NE(text.find(row), std::string::npos) << row;
  }
}

TEST(SimulationDocs, HaveEveryFailure) {
  const std::string text = document();
  for (const Failure* failure : all_failures()) {
    std::string row = "| " + std::to_string(failure->number);
    row.append(" | ").append(failure->name).append(" | ").append(failure->promise).append(" |");
    EXPECT_NE(text.find(row), std::string::npos) << row;
  }
}

}  // namespace
}  // namespace syncline::demo
