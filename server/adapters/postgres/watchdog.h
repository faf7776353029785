#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <thread>

#include "server/base/instant.h"
#include "server/ports/clock.h"

namespace syncline::adapters::postgres {

// Cuts off connections on which nothing is heard in time. libpq waits for an answer for as long as
// the peer's TCP lives, which it does on a machine whose PostgreSQL is stopped or hangs.
//
// All calls may be made from any thread.
class Watchdog {
 public:
  // `clock` must outlive it.
  explicit Watchdog(ports::Clock& clock);
  ~Watchdog();

  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  // While it lives, the socket is shut down if `limit` passes: whoever reads it is told at once
  // that the connection is lost. The socket must stay open as long.
  class Watch {
   public:
    Watch(Watchdog& watchdog, int socket, Duration limit);
    ~Watch();

    // Something was heard: `limit` begins again.
    void renew();

    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    Watchdog& watchdog_;
    const Duration limit_;
    std::uint64_t id_;
  };

  // Cuts off everything that is watched, now and later: for a process that ends.
  void cut_all();

 private:
  struct Watched {
    int socket;
    Instant deadline;
  };

  void run();

  ports::Clock& clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint64_t, Watched> watched_;  // With mutex_, by id.
  std::uint64_t last_id_ = 0;                 // With mutex_.
  bool idle_ = false;                         // The thread waits for a first watch. With mutex_.
  bool cut_ = false;                          // With mutex_.
  bool ending_ = false;                       // With mutex_.
  std::thread thread_;                        // Last: it uses all of the above.
};

}  // namespace syncline::adapters::postgres
