#pragma once

#include <string_view>

namespace syncline::app {

// As in CMakeLists.txt's project().
extern const std::string_view version;

}  // namespace syncline::app
