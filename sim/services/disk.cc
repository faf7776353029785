#include "sim/services/disk.h"

#include <string>

namespace syncline::sim {
namespace {

// What a server's SSD does, with the stall that each of them has now and then.
constexpr Duration sync_min = microseconds(150);
constexpr Duration sync_max = microseconds(900);
constexpr Duration stall_min = milliseconds(3);
constexpr Duration stall_max = milliseconds(40);
constexpr std::uint64_t stall_percent = 2;
constexpr Duration read_min = microseconds(40);
constexpr Duration read_max = microseconds(400);

std::string stream_name(history::Party owner) {
  return "service-" + std::to_string(static_cast<int>(owner.kind)) + "-" +
         std::to_string(owner.number);
}

}  // namespace

Disk::Disk(history::Party owner, std::uint64_t seed, ServiceReports& reports)
    : owner_(owner), reports_(reports), random_(seed, stream_name(owner), "disk") {}

Duration Disk::sync_time() {
  const bool stalls = random_.chance(stall_percent);
  return slowed(stalls ? random_.between(stall_min, stall_max)
                       : random_.between(sync_min, sync_max));
}

Duration Disk::read_time() { return slowed(random_.between(read_min, read_max)); }

bool Disk::takes_writes() {
  if (full_) reports_.on_observed(owner_, faults::FaultKind::disk_full);
  return !full_;
}

Duration Disk::slowed(Duration usual) {
  if (slower_by_ > Duration::zero()) reports_.on_observed(owner_, faults::FaultKind::slow_disk);
  return usual + slower_by_;
}

}  // namespace syncline::sim
