#pragma once

#include <optional>
#include <string>

namespace syncline::app {

// The process's environment variable, if it is set.
std::optional<std::string> environment_variable(const std::string& name);

}  // namespace syncline::app
