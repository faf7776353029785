#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "faults/plan/fault_kind.h"
#include "faults/plan/option.h"
#include "faults/plan/probe.h"
#include "sim/checkers/all.h"
#include "sim/cli/commands.h"
#include "sim/cli/exit_code.h"
#include "sim/cli/planted_bugs.h"
#include "sim/demo/demo.h"

namespace syncline::sim {
namespace {

void print_row(std::string_view name, std::string_view what) {
  std::printf("  %-30s %s\n", std::string(name).c_str(), std::string(what).c_str());
}

void list_plans(const std::string& folder) {
  std::vector<std::string> plans;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, error)) {
    if (entry.path().extension() == ".plan") plans.push_back(entry.path().string());
  }
  std::sort(plans.begin(), plans.end());
  std::printf("Plans in %s\n", folder.c_str());
  for (const std::string& plan : plans) std::printf("  %s\n", plan.c_str());
}

}  // namespace

int list_command(const std::string& folder) {
  list_plans(folder);
  std::printf("\nCheckers\n");
  for (const checkers::CheckerInfo& info : checkers::all_checkers()) {
    print_row(info.name, info.what);
  }
  std::printf("\nKinds of faults\n");
  for (const faults::FaultKindInfo& info : faults::all_fault_kinds()) {
    print_row(info.name, info.help);
  }
  std::printf("\nEvents that a fault can wait for\n");
  for (const faults::ProbeInfo& info : faults::all_probes()) print_row(info.name, info.help);
  std::printf("\nOptions of a cluster\n");
  for (const faults::OptionInfo& info : faults::all_options()) print_row(info.name, info.help);
  std::printf("\nBugs that syncline-sim-planted can plant\n");
  for (const BugInfo& bug : all_bugs()) print_row(bug.name, bug.what);
  return exit_success;
}

int demo_command(const DemoCommand& command) {
  const bool as_promised = demo::run_demo({.first_seed = command.first_seed,
                                           .seeds = command.seeds,
                                           .failure = command.failure,
                                           .pictures = command.pictures},
                                          std::cout);
  return as_promised ? exit_success : exit_correctness;
}

}  // namespace syncline::sim
