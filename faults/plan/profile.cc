#include "faults/plan/profile.h"

#include <array>

namespace syncline::faults {
namespace {

constexpr std::array profiles = {
    ProfileInfo{Profile::ci, "ci", "half a minute of everything, mostly on three nodes"},
    ProfileInfo{Profile::big, "big", "minutes of load, more of everybody, more at once"},
    ProfileInfo{Profile::clocks, "clocks", "everybody's clocks are wrong, and little else happens"},
    ProfileInfo{Profile::lite, "lite", "crashes only, on a small cluster"},
};

}  // namespace

std::span<const ProfileInfo> all_profiles() { return profiles; }

std::optional<Profile> parse_profile(std::string_view name) {
  for (const ProfileInfo& known : profiles) {
    if (known.name == name) return known.profile;
  }
  return {};
}

}  // namespace syncline::faults
