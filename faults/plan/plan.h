#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/base/instant.h"

namespace syncline::faults {

// What can be done to a cluster. The names in plans are those of fault_kind_info (fault_kind.h).
enum class FaultKind : std::uint8_t {
  // Links. `target` is one end, `other` the other.
  cut,        // Existing connections are reset, new ones are refused.
  partition,  // Nothing arrives, in neither direction; nobody is told.
  one_way,    // The same, from `target` to `other` only.
  delay,      // Every message takes `amount` longer.
  stall,      // Bytes stop for a while and then all arrive: a full buffer, a frozen switch.

  // Processes.
  crash,    // SIGKILL; comes back when the fault ends.
  restart,  // SIGTERM, drain, and up again.
  pause,    // SIGSTOP and SIGCONT: memory stays, all clocks go on.
  suspend,  // The whole machine: its monotonic clock stands still, its wall clock jumps afterwards.

  // Clocks of one process. Undone when the fault ends.
  skew,    // The wall clock is wrong by `amount`.
  drift,   // Both clocks run at `ppm` millionths more (or fewer) than true time.
  freeze,  // The wall clock stands still.
  strobe,  // The wall clock jumps to and fro by `amount`.

  // PostgreSQL, or the embedded store.
  disk_full,       // Writes are refused.
  slow_disk,       // Every operation takes `amount` longer.
  lost_answers,    // Every `every`-th write is done or not, and its answer lost.
  serialization,   // Every `every`-th transaction is refused and must be tried again.
  pool_exhausted,  // No connection is free.
  torn_snapshot,   // Every `every`-th snapshot is stored damaged.

  // Redis.
  lose_tail,      // Crashes, and comes back without the last `amount` of its log.
  failover,       // A replica that is `amount` behind takes over.
  flush,          // Comes back empty.
  drop_messages,  // Every `every`-th published message does not arrive.

  // Clients.
  slow_reader,      // Takes nothing from its socket.
  reconnect_storm,  // Everybody loses the connection at once and comes back at once.
  malformed,        // Sends a frame that nobody can read.
  offline,          // Types without a connection.
  stale,            // Comes back with the state it had when the fault began, under a new identity.

  // All nodes, one after the other: drain, stop, start.
  rolling_restart,
  count_,
};

// When a fault begins: at a time, or at an event.
struct FaultTrigger {
  // Since the run began; for an event: not before this.
  Duration at{0};
  // The name of a probe that the cluster reports ("snapshot-write-starts"; see probe.h), if the
  // fault waits for one. It then begins the `occurrence`-th time that the probe is reported.
  std::string probe = {};
  std::uint32_t occurrence = 1;

  friend bool operator==(const FaultTrigger&, const FaultTrigger&) = default;
};

// One fault: what, where, when, for how long.
struct Fault {
  std::uint32_t id = 0;  // Its number in the plan, from 1; it keeps it while the plan is shrunk.
  FaultKind kind = FaultKind::cut;
  // "node-1", "redis", "client-3", "nodes", "clients"; with links: one end.
  std::string target = {};
  std::string other = {};  // With links: the other end.
  FaultTrigger trigger = {};
  Duration duration{0};  // Zero: it is over at once (flush, malformed).
  Duration amount{0};
  std::int64_t ppm = 0;
  std::uint32_t every = 1;

  friend bool operator==(const Fault&, const Fault&) = default;
};

enum class Durability : std::uint8_t { commit, buffer };

// The cluster on which a plan runs, and how much happens on it.
struct PlanCluster {
  std::uint32_t nodes = 3;
  std::uint32_t shards = 1;   // Of each node.
  std::uint32_t workers = 2;  // Only with durability=buffer.
  bool embedded = false;      // One node on the embedded store: no Redis, no PostgreSQL.
  bool gateway = true;        // Else clients choose a node by themselves.
  Durability durability = Durability::commit;
  std::uint32_t clients = 6;
  std::uint32_t documents = 2;
  Duration load{seconds(30)};  // How long people type.
  std::uint32_t edits = 0;     // Each client stops after so many; 0: no limit.
  // Names of workload and tuning options that are switched on, in alphabetical order (option.h).
  std::vector<std::string> options = {};

  friend bool operator==(const PlanCluster&, const PlanCluster&) = default;
};

// What is done to a cluster while people type, from one seed; ends healed. A text of one screen:
// grammar.md, parser.h, printer.h.
struct FaultPlan {
  std::uint64_t seed = 1;
  PlanCluster cluster = {};
  std::vector<Fault> faults = {};  // By time.

  friend bool operator==(const FaultPlan&, const FaultPlan&) = default;
};

// Those of the same time keep their order.
inline void sort_by_time(FaultPlan& plan) {
  std::stable_sort(plan.faults.begin(), plan.faults.end(),
                   [](const Fault& a, const Fault& b) { return a.trigger.at < b.trigger.at; });
}

}  // namespace syncline::faults
