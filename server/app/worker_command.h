#pragma once

#include <span>
#include <string>

namespace syncline::app {

// `syncline-server worker`: moves updates from the write buffer into the log until it is told to
// stop. Returns the exit code.
int worker_command(std::span<const std::string> arguments);

}  // namespace syncline::app
