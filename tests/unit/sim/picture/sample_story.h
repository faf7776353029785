#pragma once

#include <cstdint>

#include "sim/history/event.h"
#include "sim/picture/scene.h"

namespace syncline::picture {

// A made-up run of a cluster with the write buffer: people type, a node's connection to PostgreSQL
// is slow, Redis loses its tail while a node is down that would have appended it again, and a cold
// read lacks what had been acknowledged.
Scene sample_story(std::uint32_t edits_per_client);

}  // namespace syncline::picture
