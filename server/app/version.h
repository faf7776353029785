#pragma once

#include <string_view>

namespace syncline::app {

inline constexpr std::string_view version = SYNCLINE_VERSION;  // CMakeLists.txt's project().

}  // namespace syncline::app
