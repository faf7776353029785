#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/base/instant.h"

namespace syncline::world {

// What may happen in a random run. Everything else follows from the seed.
struct RandomRunOptions {
  std::uint64_t seed = 1;
  std::size_t nodes = 2;
  std::size_t documents = 2;
  std::size_t clients = 5;
  int actions = 150;
  // Chances in percent.
  unsigned store_fault_percent = 10;  // Per step of the store.
  unsigned read_fault_percent = 3;
  unsigned broker_loss_percent = 20;
  unsigned slow_percent = 3;
  bool crashes = true;
  bool drains = true;
  bool orders = true;  // Documents are evicted, connections revoked.
  bool keep_history = false;
  // durability=buffer, if there are any.
  std::size_t workers = 0;
  bool buffer_accidents = true;  // It crashes with the loss of what came last, or is flushed.
};

struct RandomRunResult {
  std::vector<std::string> violations;
  std::uint64_t history_hash = 0;
  std::vector<std::string> history;  // If it was to be kept.
  std::uint64_t store_steps = 0;
  std::uint64_t faults = 0;
  std::uint64_t edits = 0;
  std::uint64_t crashes = 0;
  std::uint64_t orders = 0;
  std::uint64_t buffer_accidents = 0;
};

// People type, come and go; nodes die and drain; the store and the broker fail. Then everything
// heals, and the promises are checked.
RandomRunResult random_run(const RandomRunOptions& options);

}  // namespace syncline::world
