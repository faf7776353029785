#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "server/base/instant.h"

// What can be seen from outside of a cluster while people type, whatever is inside. Both sides of
// the demo are measured by these alone, with the same functions.

namespace syncline::demo {

// Somebody changes something. Its number is its place in Workload::presses.
struct Press {
  Duration at;  // True time.
  std::uint32_t client;
  std::uint32_t document;
};

// The same for both sides.
struct Workload {
  std::vector<Press> presses;  // By time.
};

using PressNumber = std::size_t;

// What became of a press. A duration that is not there: it never happened.
struct Fate {
  std::optional<Duration> typed = {};         // It is on its author's screen.
  std::optional<Duration> acknowledged = {};  // Its author was told that it is saved.
  std::optional<Duration> stored = {};        // Who reads the store from here on gets it.
  bool remains = false;                       // The document that is left in the end shows it.
};

// A press of somebody else appeared on a client's screen.
struct Sighting {
  PressNumber press;
  std::uint32_t client;
  Duration at;
};

// A client had the document open by way of a node, up to date and without interruption.
struct Stay {
  std::uint32_t client;
  std::uint32_t document;
  std::uint32_t node;
  Duration from;
  Duration until;
};

// A client had to begin anew: its page was loaded again.
struct Reload {
  std::uint32_t client;
  Duration at;
};

struct Observations {
  Workload workload;
  std::vector<Fate> fates;  // Of each press.
  std::vector<Sighting> sightings;
  std::vector<Stay> stays;
  std::vector<Reload> reloads;
  std::vector<Duration> write_transactions;  // When each was committed.
  Duration load{0};                          // How long people typed.
};

}  // namespace syncline::demo
