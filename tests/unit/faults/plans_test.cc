#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "faults/plan/fault_kind.h"
#include "faults/plan/parser.h"
#include "faults/plan/printer.h"
#include "faults/plan/recoverable.h"

// The plans that people wrote: faults/plans.

namespace syncline::faults {
namespace {

std::vector<std::filesystem::path> plan_files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(SYNCLINE_SOURCE_DIR "/faults/plans")) {
    if (entry.path().extension() == ".plan") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class PlansTest : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(PlansTest, reads_and_reads_back) {
  const std::string text = text_of(GetParam());
  const Result<FaultPlan> plan = parse_plan(text);
  ASSERT_TRUE(plan.ok()) << plan.error().detail;
  EXPECT_FALSE(plan->faults.empty());
  EXPECT_EQ(*parse_plan(print_plan(*plan)), *plan);
  EXPECT_TRUE(text.starts_with("# ")) << "says what it is about";
}

TEST_P(PlansTest, leaves_a_copy_of_every_edit) {
  const Result<FaultPlan> plan = parse_plan(text_of(GetParam()));
  ASSERT_TRUE(plan.ok()) << plan.error().detail;
  // Its point is that Redis forgets while a node leaves: the clients' copies are what is left.
  const bool on_purpose = GetParam().stem() == "failover_during_drain";
  EXPECT_EQ(is_recoverable(*plan), !on_purpose);
}

INSTANTIATE_TEST_SUITE_P(corpus, PlansTest, ::testing::ValuesIn(plan_files()),
                         [](const auto& test) { return test.param.stem().string(); });

TEST(plans, have_every_kind_of_fault_and_seeds_of_their_own) {
  std::set<FaultKind> kinds;
  std::set<std::uint64_t> seeds;
  for (const std::filesystem::path& path : plan_files()) {
    const Result<FaultPlan> plan = parse_plan(text_of(path));
    ASSERT_TRUE(plan.ok()) << plan.error().detail;
    EXPECT_TRUE(seeds.insert(plan->seed).second) << path;
    for (const Fault& fault : plan->faults) kinds.insert(fault.kind);
  }
  for (const FaultKindInfo& info : all_fault_kinds()) {
    EXPECT_TRUE(kinds.contains(info.kind)) << info.name;
  }
}

}  // namespace
}  // namespace syncline::faults
