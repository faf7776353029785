#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/planted_bug.h"

namespace syncline::sim {

// A bug on purpose, in the server's core or in the simulated services, by its name on the command
// line.
struct BugInfo {
  std::string_view name;
  std::string_view what;  // A sentence.
  // Those of which one must find it; more than one where it shows differently from run to run.
  std::vector<std::string_view> checkers;
};

// All of both.
const std::vector<BugInfo>& all_bugs();

// Plants it in this process. False, and somebody is told, if there is no such bug, or this program
// has no place for it.
bool plant_by_name(const std::string& name);

// Of this program, as it is called: "syncline-sim", "syncline-sim-planted".
std::string program_name();

}  // namespace syncline::sim
