#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "faults/plan/plan.h"

namespace syncline::faults {

// What sort of plans the generator makes.
enum class Profile : std::uint8_t {
  ci,      // What every change is tested with: half a minute of everything.
  big,     // Minutes, more of everybody, more at once.
  clocks,  // Everybody's clocks are wrong, and little else happens.
  lite,    // Crashes only, on a small cluster: what fails here is understood soonest.
};

struct ProfileInfo {
  Profile profile;
  std::string_view name;
  std::string_view help;
};

std::span<const ProfileInfo> all_profiles();
std::optional<Profile> parse_profile(std::string_view name);

}  // namespace syncline::faults
