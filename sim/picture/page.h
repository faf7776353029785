#pragma once

#include <string>

#include "sim/picture/scene.h"

namespace syncline::picture {

// More than this makes a page that a browser scrolls badly and nobody reads.
inline constexpr std::size_t page_items_max = 20'000;

// One HTML document that needs nothing else: styles, script and data are in it. Everything that
// comes from the run is data to it, whatever characters it holds.
std::string page_of(const Scene& scene);

}  // namespace syncline::picture
