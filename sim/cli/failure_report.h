#pragma once

#include <string>

#include "faults/plan/plan.h"
#include "sim/cli/run_summary.h"
#include "sim/run.h"

namespace syncline::sim {

// What is left behind of a failing run, in files.
struct FailureFiles {
  std::string plan;
  std::string page;  // Empty: it could not be drawn.
};

// Makes a failing plan as small as it gets within `budget` of real time while the same checker
// fails, and says on stderr what came of it. What cannot be made smaller comes back as it was.
faults::FaultPlan shrink_failure(const faults::FaultPlan& plan, const RunSummary& summary,
                                 const RunOptions& options, Duration budget);

// The one command that repeats the run of a plan's file; `bug`: planted, or empty.
std::string replay_line(const std::string& plan_path, const std::string& bug);

// Writes the plan to `path`, and beside it the page with the picture of its run.
// `options`: as it failed.
FailureFiles write_failure(const faults::FaultPlan& plan, const RunOptions& options,
                           const std::string& path, const std::string& bug);

// Runs the plan and writes the page of it, which says that `replay` repeats it. False: it could not
// be written.
bool write_page(const faults::FaultPlan& plan, const RunOptions& options, const std::string& replay,
                const std::string& path);

}  // namespace syncline::sim
