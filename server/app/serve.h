#pragma once

#include <span>
#include <string>

namespace syncline::app {

// `syncline-server serve`: runs a node until SIGTERM or SIGINT. Returns the exit code.
int serve_command(std::span<const std::string> arguments);

}  // namespace syncline::app
