#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "faults/fault_target.h"
#include "faults/plan/fault_kind.h"
#include "faults/plan/plan.h"

namespace syncline::faults {

// How far a fault has come.
enum class FaultStage : std::uint8_t { armed, fired, observed, healed };

// Hears of each fault's stages, the first time that it reaches them. Called from within the
// executor's inputs.
class FaultStageSink {
 public:
  virtual void on_fault_stage(const Fault& fault, FaultStage stage) = 0;

 protected:
  ~FaultStageSink() = default;
};

// A fault proves something only if it happened and somebody noticed.
struct FaultCounts {
  std::uint64_t armed = 0;     // Faults of the plan.
  std::uint64_t fired = 0;     // Of these: the target let them happen.
  std::uint64_t observed = 0;  // Of these: somebody noticed.
  std::uint64_t healed = 0;    // Of those that fired: they are undone.
};

// Walks a plan against a target: begins each fault at its time or event, ends it when it has
// lasted, and keeps the account of what came of it.
//
// A target only ever sees one party or one link at a time, and neither groups nor composites: a
// fault of "nodes" begins at each of them at once, "nodes - redis" at each node's link, and a
// rolling restart becomes one restart after the other, all under the number of the plan's fault. A
// fault counts as fired if one of its parts did. What is over at once is ended right after it
// began.
//
// No clock inside: the owner calls on_time() no later than next_deadline(), which may have become
// earlier after each input. Times are since the run began. Ends come before begins at the same
// instant; begins come in the plan's order.
class Executor final : public FaultReports {
 public:
  static constexpr Duration never = Duration::max();

  // Both must outlive the executor.
  Executor(FaultTarget& target, FaultStageSink& stages);

  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // Inputs.

  // REQUIRES: problem_of(plan) is nothing; not started before.
  void start(FaultPlan plan);
  void on_time(Duration now);
  // The time of faults is over: ends all that still last, in the reverse order of their beginning,
  // and heals the target. Nothing begins any more; observations still count.
  void finish(Duration now);

  // Numbers that the plan has not are ignored: a target may observe what it did by itself.
  void on_observed(std::uint32_t fault_id) override;
  // A fault that waited for it is due at once: it begins with the next on_time().
  void on_probe(std::string_view probe) override;

  // Observers.

  // When on_time() is needed next; a time that has passed means as soon as possible.
  Duration next_deadline() const { return finished_ ? never : next_deadline_; }

  const FaultPlan& plan() const { return plan_; }
  // Of one fault (each count is 0 or 1), of a kind, of all.
  // REQUIRES: the plan has a fault of this number.
  FaultCounts counts_of(std::uint32_t fault_id) const;
  FaultCounts counts_of(FaultKind kind) const;
  FaultCounts counts() const;
  // How often the fault was observed. REQUIRES: the plan has a fault of this number.
  std::uint64_t observations_of(std::uint32_t fault_id) const;
  // The plan has faults, and nobody noticed any of them: the run has proved nothing about them.
  bool vacuous() const;

 private:
  enum class Wait : std::uint8_t {
    time,   // For trigger.at.
    event,  // trigger.at has passed; counts the probe.
    due,    // Begins with the next on_time().
    done,   // Has begun.
  };
  struct Progress {
    Wait wait = Wait::time;
    std::uint32_t probes_seen = 0;
    bool fired = false;
    bool healed = false;
    std::uint32_t parts_active = 0;
    std::uint32_t parts_waiting = 0;
    std::uint64_t observations = 0;
  };
  // What the target is asked for: one party or one link.
  struct Part {
    std::size_t fault;  // Into plan_.faults.
    Fault what;
    Duration begin;
    Duration end;
  };

  static constexpr std::size_t nowhere = std::numeric_limits<std::size_t>::max();

  std::size_t index_of(std::uint32_t fault_id) const;
  FaultCounts counts_of_index(std::size_t index) const;
  void end_parts(Duration now);
  void fire_due_faults(Duration now);
  void begin_parts(Duration now);
  void begin_part(Part part);
  void end_part(const Part& part);
  void settle(std::size_t fault);
  void find_next_deadline();

  // Constant after construction.
  FaultTarget& target_;
  FaultStageSink& stages_;

  // Constant after start().
  FaultPlan plan_;
  std::vector<std::size_t> index_by_id_;  // Into plan_.faults; nowhere: no such fault.

  std::vector<Progress> progress_;    // Of each of plan_.faults.
  std::vector<Part> waiting_;         // In the order in which they begin.
  std::vector<Part> active_;          // In the order in which they began.
  std::uint32_t events_awaited_ = 0;  // Faults with Wait::event, so that on_probe is cheap without.
  Duration next_deadline_ = never;
  bool finished_ = false;
};

}  // namespace syncline::faults
