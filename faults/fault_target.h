#pragma once

#include <string_view>

#include "faults/plan/plan.h"

namespace syncline::faults {

// What a plan is carried out against: the simulated cluster (sim/), or real processes
// (faults/chaos/). The executor calls; the target reports back through FaultReports.
class FaultTarget {
 public:
  virtual ~FaultTarget() = default;

  // Makes the fault happen, until end(). It names one party ("node-1") or one link of two; groups
  // and rolling restarts come as their parts, several with the same number (fault_parts.h). False
  // if it cannot now (the process is down already): the fault then counts as not fired. REQUIRES:
  // the fault is not active.
  virtual bool begin(const Fault& fault) = 0;

  // Undoes it. REQUIRES: begin() returned true and end() has not been called since.
  virtual void end(const Fault& fault) = 0;

  // The time of faults is over: whatever is still wrong is made right (processes up, links open,
  // clocks true), whoever made it so.
  virtual void heal() = 0;
};

// What a target tells the executor, on the executor's thread, not from within begin(), end() or
// heal().
class FaultReports {
 public:
  // Somebody noticed the fault: a message was held, an answer lost, a timer missed. Counted once or
  // many times; a fault that nobody noticed proves nothing.
  virtual void on_observed(std::uint32_t fault_id) = 0;
  // Something happened that a fault may be waiting for (probe.h).
  virtual void on_probe(std::string_view probe) = 0;

 protected:
  ~FaultReports() = default;
};

}  // namespace syncline::faults
