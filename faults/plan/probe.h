#pragma once

#include <span>
#include <string_view>

namespace syncline::faults {

// Moments that a fault can wait for: a blind fault rarely falls between a commit and its answer, an
// aimed one always does. Whoever runs the cluster reports them (FaultReports::on_probe) by these
// names.
namespace probe {

inline constexpr std::string_view append_arrives = "append-arrives";
inline constexpr std::string_view commit_starts = "commit-starts";
inline constexpr std::string_view commit_done = "commit-done";
inline constexpr std::string_view snapshot_write_starts = "snapshot-write-starts";
inline constexpr std::string_view snapshot_read = "snapshot-read";
inline constexpr std::string_view log_read = "log-read";
inline constexpr std::string_view claim = "claim";
inline constexpr std::string_view drain_starts = "drain-starts";
inline constexpr std::string_view drain_commit = "drain-commit";
inline constexpr std::string_view trim = "trim";
inline constexpr std::string_view redis_reconnect = "redis-reconnect";
inline constexpr std::string_view redis_forgets = "redis-forgets";
inline constexpr std::string_view node_drains = "node-drains";
inline constexpr std::string_view node_starts = "node-starts";
inline constexpr std::string_view client_reconnects = "client-reconnects";

}  // namespace probe

struct ProbeInfo {
  std::string_view name;
  std::string_view help;
  bool needs_buffer;    // Reported only with durability=buffer.
  bool needs_services;  // Not reported on the embedded store.
};

std::span<const ProbeInfo> all_probes();

// Null if there is no such probe.
const ProbeInfo* find_probe(std::string_view name);

}  // namespace syncline::faults
