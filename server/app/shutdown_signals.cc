#include "server/app/shutdown_signals.h"

#include <ctime>

namespace syncline::app {

ShutdownSignals::ShutdownSignals() {
  sigemptyset(&set_);
  sigaddset(&set_, SIGTERM);
  sigaddset(&set_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  // Writing to a pipe that nobody reads (a closed terminal, a log collector) must not end the node.
  std::signal(SIGPIPE, SIG_IGN);
}

bool ShutdownSignals::wait_for(Duration duration) {
  const auto whole = duration_cast<seconds>(duration);
  const timespec limit{whole.count(), (duration - whole).count()};
  return sigtimedwait(&set_, nullptr, &limit) > 0;
}

}  // namespace syncline::app
