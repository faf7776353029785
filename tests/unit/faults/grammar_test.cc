#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "faults/plan/fault_kind.h"
#include "faults/plan/option.h"
#include "faults/plan/parser.h"
#include "faults/plan/probe.h"

// faults/plan/grammar.md says what the registries say, and its example is a plan.

namespace syncline::faults {
namespace {

using ::testing::HasSubstr;

std::string grammar() {
  std::ifstream file(SYNCLINE_SOURCE_DIR "/faults/plan/grammar.md");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string targets_of(const FaultKindInfo& info) {
  if (info.hits == Hits::link) return "A - B";
  if (info.hits == Hits::direction) return "A > B";
  if (info.hits == Hits::all_nodes) return "nodes";
  std::string targets;
  for (std::size_t at = 0; at < role_count; ++at) {
    if (!info.roles.contains(static_cast<Role>(at))) continue;
    targets += (targets.empty() ? "" : ", ") + std::string(name(static_cast<Role>(at)));
  }
  return targets;
}

std::string parameter_of(const FaultKindInfo& info) {
  switch (info.parameter) {
    case Parameter::none:
      return "";
    case Parameter::amount:
      return "DURATION";
    case Parameter::signed_amount:
      return "±DURATION";
    case Parameter::ppm:
      return "Nppm";
    case Parameter::every:
      return "every N";
  }
  return {};
}

std::string row(std::initializer_list<std::string_view> cells) {
  std::string line = "|";
  for (const std::string_view cell : cells) {
    line += cell.empty() ? " |" : " " + std::string(cell) + " |";
  }
  return line + "\n";
}

std::string in_backquotes(std::string_view name) { return "`" + std::string(name) + "`"; }

TEST(grammar, lists_every_kind) {
  std::string table;
  for (const FaultKindInfo& info : all_fault_kinds()) {
    table += row({in_backquotes(info.name), targets_of(info), parameter_of(info),
                  info.lasts ? "for" : "", info.help});
  }
  EXPECT_THAT(grammar(), HasSubstr(table));
}

TEST(grammar, lists_every_event) {
  std::string table;
  for (const ProbeInfo& info : all_probes()) table += row({in_backquotes(info.name), info.help});
  EXPECT_THAT(grammar(), HasSubstr(table));
}

TEST(grammar, lists_every_option) {
  std::string table;
  for (const OptionInfo& info : all_options()) table += row({in_backquotes(info.name), info.help});
  EXPECT_THAT(grammar(), HasSubstr(table));
}

TEST(grammar, its_example_is_a_plan) {
  const std::string text = grammar();
  const std::string begin = "```plan\n";
  const std::size_t from = text.find(begin);
  ASSERT_NE(from, std::string::npos);
  const std::size_t to = text.find("```", from + begin.size());
  const Result<FaultPlan> plan =
      parse_plan(std::string_view(text).substr(from + begin.size(), to - from - begin.size()));
  ASSERT_TRUE(plan.ok()) << plan.error().detail;
  EXPECT_EQ(plan->faults.size(), 5U);
}

}  // namespace
}  // namespace syncline::faults
