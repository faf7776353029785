#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace syncline::sim {

// Bugs on purpose in the simulated services and in the fakes that ask them: what a database that is
// set up wrongly would do, or an adapter that is written wrongly. With them the simulator proves,
// as with those of the core (server/base/planted_bug.h), that its checkers would find real ones.
enum class ServiceBug : std::uint8_t {
  none,

  commit_not_synced,
  sequence_outside_lock,
  snapshot_unfenced,
  drain_ignores_lineage,
  drain_survives_rollback,
  trim_ignores_lineage,
  published_to_next_document,
  run_id_learnt_once,
  resubscribe_forgotten,

  count_
};

struct ServiceBugInfo {
  ServiceBug bug;
  std::string_view name;
  std::string_view what;     // A sentence.
  std::string_view checker;  // That must find it.
  bool needs_buffer;         // Only with durability=buffer can it do harm.
};

// All but none.
std::span<const ServiceBugInfo> all_service_bugs();

namespace planted_service_bug_detail {
inline ServiceBug the_bug = ServiceBug::none;
}

// From now on this one is planted, in this process; `none` ends it.
inline void plant(ServiceBug bug) { planted_service_bug_detail::the_bug = bug; }

inline bool planted(ServiceBug bug) { return planted_service_bug_detail::the_bug == bug; }

}  // namespace syncline::sim
