#pragma once

#include "sim/history/event.h"
#include "sim/scheduler.h"

namespace syncline::sim {

// Tells the history what happens, with the true time at which it does.
class Chronicle {
 public:
  // Both must outlive the chronicle.
  Chronicle(const Scheduler& scheduler, history::EventSink& sink)
      : scheduler_(scheduler), sink_(sink) {}

  void tell(const history::EventContent& content) const {
    sink_.on_event({.at = scheduler_.now().since_start, .content = content});
  }

 private:
  const Scheduler& scheduler_;
  history::EventSink& sink_;
};

}  // namespace syncline::sim
