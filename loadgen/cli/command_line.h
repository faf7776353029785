#pragma once

namespace syncline::loadgen {

// Exit codes: 0 everything converged and nothing acknowledged is missing; 1 not so, or nothing
// could be found out; 2 wrong options.
int run_command_line(int argc, char** argv);

}  // namespace syncline::loadgen
