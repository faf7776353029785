#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/transcripts/transcript.h"
#include "tests/world/world.h"

namespace syncline::transcripts {

// Plays a transcript's inputs once more, in the world, where the store answers by itself and
// clients behave as clients do: what the script says about the store and about the handshake is
// left out. Afterwards all is healed, and the promises are checked.
struct Replay {
  std::vector<std::string> violations;
  std::vector<world::StoreStep> steps;  // What the store was asked to do, in order.
};

Replay replay(const Transcript& transcript, std::uint64_t seed,
              world::World::FaultChooser chooser = nullptr);

}  // namespace syncline::transcripts
