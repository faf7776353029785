// Each checker lets a good history pass, and finds what is wrong in bad ones.

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sim/checkers/story.h"

namespace syncline::checkers {
namespace {

std::vector<BadHistory> all_bad() {
  std::vector<BadHistory> all;
  for (const auto& some :
       {bad_for_canary(), bad_for_causality(), bad_for_convergence(), bad_for_durability(),
        bad_for_forgetting(), bad_for_isolation(), bad_for_liveness(), bad_for_memory(),
        bad_for_presence(), bad_for_readable(), bad_for_reference(), bad_for_sequence(),
        bad_for_session_guarantees(), bad_for_single_effect(), bad_for_snapshots()}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

class BadHistories : public testing::TestWithParam<BadHistory> {};

TEST_P(BadHistories, is_found_by_its_checker) {
  const BadHistory& bad = GetParam();
  Story story(bad.checker, bad.options);
  bad.tell(story);
  ASSERT_FALSE(story.violations().empty());
  EXPECT_EQ(story.violations().front().checker, bad.checker);
  EXPECT_THAT(story.violations().front().what, testing::HasSubstr(std::string(bad.says)));
  const bool liveness = bad.checker == "liveness";
  EXPECT_EQ(story.violations().front().verdict,
            liveness ? Verdict::liveness : Verdict::correctness);
}

INSTANTIATE_TEST_SUITE_P(checkers, BadHistories, testing::ValuesIn(all_bad()), [](const auto& bad) {
  return std::string(bad.param.checker) + "_" + std::string(bad.param.name);
});

TEST(Checkers, each_has_a_history_that_it_must_find) {
  const auto bad = all_bad();
  for (const CheckerInfo& info : all_checkers()) {
    EXPECT_TRUE(std::ranges::any_of(bad, [&](const BadHistory& history) {
      return history.checker == info.name;
    })) << info.name;
  }
}

TEST(Checkers, the_registry_names_those_that_are_made) {
  Story sink;
  CheckerOptions options;
  options.always_fail = true;
  const auto checkers = make_checkers(options, sink);
  ASSERT_EQ(checkers.size(), all_checkers().size());
  for (std::size_t i = 0; i < checkers.size(); ++i) {
    EXPECT_EQ(checkers[i]->name(), all_checkers()[i].name);
    EXPECT_FALSE(all_checkers()[i].what.empty());
  }
}

}  // namespace
}  // namespace syncline::checkers
