#pragma once

#include <span>
#include <string>

namespace syncline::app {

// `syncline-server doc list | show | export | import`. Returns the exit code.
int doc_command(std::span<const std::string> arguments);

}  // namespace syncline::app
