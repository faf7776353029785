#pragma once

namespace syncline::sim {

// syncline-sim's command line: reads it, does what it says, and returns the exit code.
int run_command_line(int argc, const char* const* argv);

}  // namespace syncline::sim
