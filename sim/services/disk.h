#pragma once

#include "server/base/instant.h"
#include "sim/history/event.h"
#include "sim/random_stream.h"
#include "sim/services/service_reports.h"

namespace syncline::sim {

// The disk under one service: how long it takes, when it is full, and what a crash leaves of a
// write that was on its way.
//
// A write is there once its sync has returned. One that a crash interrupts is there whole or not at
// all (databases tell a torn record from a whole one by its checksum, and drop it), and nobody can
// know which until the service is up again.
class Disk {
 public:
  // `reports` must outlive the disk.
  Disk(history::Party owner, std::uint64_t seed, ServiceReports& reports);

  // Faults.
  void set_full(bool full) { full_ = full; }
  // Every operation takes so much longer. Zero: as usual.
  void slow(Duration by) { slower_by_ = by; }

  // How long it takes until a write is synced.
  Duration sync_time();
  Duration read_time();
  // False if there is no space left for another write.
  bool takes_writes();
  // Whether a write that was being synced when the service crashed is there afterwards.
  bool lands_despite_crash() { return random_.chance(40); }

 private:
  Duration slowed(Duration usual);

  const history::Party owner_;
  ServiceReports& reports_;
  RandomStream random_;
  bool full_ = false;
  Duration slower_by_{0};
};

}  // namespace syncline::sim
