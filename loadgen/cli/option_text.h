#pragma once

#include <optional>
#include <string_view>

#include "server/base/instant.h"

namespace syncline::loadgen {

// "250ms", "30s", "1.5m", "2h"; a bare number is seconds. Nothing if it is none of these, negative,
// or beyond 30 days.
std::optional<Duration> parse_duration(std::string_view text);

// A decimal number and nothing else.
std::optional<double> parse_number(std::string_view text);

}  // namespace syncline::loadgen
