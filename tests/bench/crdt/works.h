#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "tests/bench/crdt/trace.h"

// What the engine is measured at. tests/bench/peers does the same with yjs and ywasm.

namespace syncline::bench {

// A work: what `prepare` returns is done over and over, and timed; what it needs was made before.
// Called with `verify`, the run also looks whether its result is what yjs recorded, and ends the
// process if not. The trace must outlive the run.
struct Work {
  std::string_view name;
  bool concurrent;  // Of a history with two authors; or of one with one.
  std::function<void(bool verify)> (*prepare)(const Trace& trace);
};

std::span<const Work> all_works();

}  // namespace syncline::bench
