#pragma once

#include <csignal>

#include "server/base/instant.h"

namespace syncline::app {

// SIGTERM and SIGINT, waited for instead of handled: no code of ours ever runs inside a signal
// handler. Construct before any other thread starts, since threads inherit which signals are
// blocked.
class ShutdownSignals {
 public:
  ShutdownSignals();

  // True if one came within the time.
  bool wait_for(Duration duration);

 private:
  sigset_t set_;
};

}  // namespace syncline::app
