#pragma once

#include <string>

#include "sim/history/event.h"

namespace syncline::sim {

// "node-2"; those of which there is one only go without a number: "redis".
std::string name_of(history::Party party);

}  // namespace syncline::sim
