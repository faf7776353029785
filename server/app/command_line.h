#pragma once

#include <span>
#include <string>

namespace syncline::app {

// Runs what `arguments` (without the program's name) ask for and returns the process's exit code.
int run_command_line(std::span<const std::string> arguments);

}  // namespace syncline::app
