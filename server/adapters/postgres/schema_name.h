#pragma once

#include <string_view>

namespace syncline::adapters::postgres {

// All tables and functions are in a schema of their own; connections have it as search path.
inline constexpr std::string_view schema_name = "syncline";

}  // namespace syncline::adapters::postgres
