#include "sim/cli/plan_file.h"

#include <fstream>
#include <sstream>

#include "faults/plan/parser.h"

namespace syncline::sim {

Result<faults::FaultPlan> read_plan_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) return Error{ErrorCode::io_error, path + " cannot be read"};
  auto plan = faults::parse_plan(text.str());
  if (!plan.ok()) return Error{plan.error().code, path + ": " + plan.error().detail};
  return plan;
}

}  // namespace syncline::sim
