#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "faults/plan/plan.h"

namespace syncline::faults {

// Runs plans for the shrinker.
class TrialRun {
 public:
  // Runs the plan. When the same checker failed as at first; nothing if it did not.
  virtual std::optional<Duration> failure_of(const FaultPlan& plan) = 0;
  // Asked before each run: true ends the shrinking with the best plan so far.
  virtual bool is_time_up() = 0;

 protected:
  ~TrialRun() = default;
};

// How much there is to understand about a plan.
struct PlanSize {
  std::size_t faults = 0;
  Duration fault_time{0};  // Of all faults together.
  std::uint32_t nodes = 0;
  std::uint32_t shards = 0;
  std::uint32_t workers = 0;  // 0 if there are none.
  std::uint32_t clients = 0;
  std::uint32_t documents = 0;
  std::uint32_t edits = 0;  // Of each client; 0: no limit.
  std::size_t options = 0;
  Duration load{0};

  friend bool operator==(const PlanSize&, const PlanSize&) = default;
};

PlanSize size_of(const FaultPlan& plan);
// "3 faults of 4s, 2 nodes, 3 clients, 1 document, 12s of load, ...".
std::string print_size(const PlanSize& size);

struct Shrunk {
  FaultPlan plan;  // Fails; the given one if nothing smaller did.
  PlanSize before;
  PlanSize after;
  std::uint32_t runs = 0;
  bool minimal = false;  // No step makes it smaller; else the budget came to its end.
};

// Makes a failing plan as small as it gets while the same checker fails: nothing after the failure,
// fewer faults (delta debugging), fewer clients, documents, nodes, workers and edits, no options,
// short and simple faults, a short load; round after round, until nothing helps any more.
//
// Everything random in a run has a stream of its own by seed and name, and faults keep their
// numbers, so that leaving one thing out changes little else.
//
// `failed_at`: when the given plan failed. At most `runs_max` plans are run.
Shrunk shrink(const FaultPlan& failing, Duration failed_at, TrialRun& trial,
              std::uint32_t runs_max);

}  // namespace syncline::faults
