#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "loadgen/net/target.h"
#include "loadgen/run/participant.h"
#include "loadgen/run/schedule.h"
#include "server/base/instant.h"

namespace syncline::loadgen {

// One run, in full: with the same options and a server that is equally fast, the same keystrokes.
struct RunOptions {
  std::vector<Target> targets;
  std::size_t clients = 20;
  std::size_t documents = 4;
  double edits_per_second = 100;  // Of all clients together.
  Duration duration = seconds(10);
  Duration warm_up = seconds(1);
  std::size_t threads = 1;
  std::uint64_t seed = 1;
  Arrivals arrivals = Arrivals::poisson;
  Manners manners;
  double deletes = 0.1;  // Share of keystrokes that take a letter back.
  double readers = 0;    // Share of each document's clients that never type.
  bool keeps_going = false;
  bool fails_over = false;  // A client that cannot reconnect tries the next target.
  bool audits = true;
  Duration join_timeout = seconds(30);
  Duration converge_timeout = seconds(30);
  Duration silence_timeout = seconds(30);  // y-websocket's messageReconnectTimeout.

  // Different in every run, whatever the seed: a client id that came back with its clocks at zero
  // would be another writer under the same name.
  std::uint32_t run_id = 0;
  std::string document_prefix;

  std::string document_name(std::size_t index) const {
    return document_prefix + std::to_string(index);
  }
  // Unique within the run: the factor is odd.
  std::uint64_t client_id(std::size_t index) const {
    return static_cast<std::uint32_t>(run_id + index * 2654435761U);
  }
};

}  // namespace syncline::loadgen
