#include "faults/plan/probe.h"

#include <array>

namespace syncline::faults {
namespace {

constexpr std::array probes = {
    ProbeInfo{probe::append_arrives, "an update reached the log's store, or the write buffer",
              false, false},
    ProbeInfo{probe::commit_starts, "the log's store begins to commit a transaction", false, false},
    ProbeInfo{probe::commit_done, "a transaction is in the log, and its answer not yet heard",
              false, false},
    ProbeInfo{probe::snapshot_write_starts, "a snapshot reached its store", false, false},
    ProbeInfo{probe::snapshot_read, "somebody asked for a snapshot: a document is being loaded",
              false, false},
    ProbeInfo{probe::log_read, "somebody asked for entries of the log", false, false},
    ProbeInfo{probe::claim, "a worker was given dirty documents", true, true},
    ProbeInfo{probe::drain_starts, "a worker's entries reached the log's store", true, true},
    ProbeInfo{probe::drain_commit,
              "a worker's entries are in the log, and the worker does not know yet", true, true},
    ProbeInfo{probe::trim, "a worker's trim reached the write buffer", true, true},
    ProbeInfo{probe::redis_reconnect, "somebody has a connection to Redis again", false, true},
    ProbeInfo{probe::redis_forgets, "Redis came back without something it had acknowledged", false,
              true},
    ProbeInfo{probe::node_drains, "a node began to drain", false, false},
    ProbeInfo{probe::node_starts, "a node was started again", false, false},
    ProbeInfo{probe::client_reconnects, "a client came back after it had lost its connection",
              false, false},
};

}  // namespace

std::span<const ProbeInfo> all_probes() { return probes; }

const ProbeInfo* find_probe(std::string_view name) {
  for (const ProbeInfo& known : probes) {
    if (known.name == name) return &known;
  }
  return nullptr;
}

}  // namespace syncline::faults
