#pragma once

#include <string_view>

#include "faults/plan/plan.h"
#include "sim/history/event.h"

namespace syncline::sim {

// What a simulated service tells the world, for the faults' counters and for the faults that wait
// for something to happen.
//
// Told from within the service's own steps. An answer to it that changes the service (a crash that
// waited for this probe) is an event of its own: scheduled, never carried out from within the call.
class ServiceReports {
 public:
  // A fault of this kind at this service made a difference to somebody just now.
  virtual void on_observed(history::Party service, faults::FaultKind kind) = 0;
  // One of faults::probe.
  virtual void on_probe(std::string_view probe) = 0;

 protected:
  ~ServiceReports() = default;
};

}  // namespace syncline::sim
