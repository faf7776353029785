#pragma once

#include <string>

#include "loadgen/run/options.h"

namespace syncline::loadgen {

inline constexpr int exit_success = 0;
inline constexpr int exit_failure = 1;  // It did not converge, or could not be found out.
inline constexpr int exit_usage = 2;    // The options are wrong.

struct RunCommand {
  RunOptions options;
  std::string json;          // A file's path, "-" for stdout, or empty.
  std::string acknowledged;  // The same.
};

int run_command(const RunCommand& command);

}  // namespace syncline::loadgen
