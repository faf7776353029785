#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/base/instant.h"

namespace syncline::faults {

// "2s", "10.4s", "500ms", "1.5min", "350640h", "-40s", "+40s". Units: ns, us, ms, s, min, h, d.
// Nothing if the text is something else, not a whole number of nanoseconds, or beyond what a
// Duration holds (292 years).
std::optional<Duration> parse_duration(std::string_view text);

// As a person would write it; parse_duration reads the same value back.
std::string print_duration(Duration duration);

}  // namespace syncline::faults
