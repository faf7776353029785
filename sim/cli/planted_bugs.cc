#include "sim/cli/planted_bugs.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>

#include "server/base/assert.h"
#include "sim/services/planted_service_bug.h"

namespace syncline::sim {
namespace {

struct CoreBug {
  PlantedBug bug;
  BugInfo info;
};

// server/base/planted_bug.h, with whom each must answer to.
const std::vector<CoreBug>& core_bugs() {
  static const std::vector<CoreBug> bugs = {
      {PlantedBug::ack_before_log,
       {"ack-before-log", "every update that was sent counts as durable", {"durability"}}},
      {PlantedBug::ack_of_all_received,
       {"ack-of-all-received",
        "when one update is durable, all that were received are acknowledged",
        {"durability"}}},
      {PlantedBug::echo_before_durable,
       {"echo-before-durable",
        "an author gets its update back before it is in the log",
        {"durability"}}},
      {PlantedBug::unknown_is_committed,
       {"unknown-is-committed",
        "an append whose answer was lost counts as committed",
        {"durability", "liveness", "convergence"}}},
      {PlantedBug::failed_append_is_final,
       {"failed-append-is-final",
        "a refused or unknown append is forgotten and never tried again",
        {"durability", "liveness", "convergence"}}},
      {PlantedBug::retry_of_the_oldest_only,
       {"retry-of-the-oldest-only",
        "of several failed appends only the oldest is tried again",
        {"durability", "liveness", "convergence"}}},
      {PlantedBug::gap_ignored,
       {"gap-ignored",
        "an entry heard of counts as if all before it had been heard, too",
        {"convergence", "liveness", "session_guarantees"}}},
      {PlantedBug::gap_repair_skips_one,
       {"gap-repair-skips-one",
        "the first entry that is read from the log to fill a gap is left out",
        {"convergence", "liveness", "session_guarantees"}}},
      {PlantedBug::heads_are_not_compared,
       {"heads-are-not-compared",
        "anti-entropy asks for the heads and ignores them",
        {"convergence", "liveness", "session_guarantees"}}},
      {PlantedBug::remote_update_not_forwarded,
       {"remote-update-not-forwarded",
        "what other nodes say is integrated, but not sent to anybody",
        {"convergence", "liveness"}}},
      {PlantedBug::heard_counts_as_loaded,
       {"heard-counts-as-loaded",
        "what the broker said while a document was loading counts as read",
        {"convergence", "liveness", "session_guarantees", "snapshots"}}},
      {PlantedBug::cross_document_delivery,
       {"cross-document-delivery",
        "a document that is not open is taken for the next in the alphabet",
        {"isolation", "single_effect"}}},
      {PlantedBug::buffer_tail_not_loaded,
       {"buffer-tail-not-loaded",
        "loading does not apply what is still in the buffer",
        {"session_guarantees", "convergence", "liveness"}}},
      {PlantedBug::lineage_change_ignored,
       {"lineage-change-ignored",
        "positions of a new lineage are taken for those of the old one",
        {"convergence", "liveness", "durability", "session_guarantees"}}},
      {PlantedBug::doubts_forgotten,
       {"doubts-forgotten",
        "what was retained is dropped when the lineage changes",
        {"durability", "convergence"}}},
      {PlantedBug::released_when_buffered,
       {"released-when-buffered",
        "an entry is retained until it is in the buffer, not until it is logged",
        {"durability"}}},
      {PlantedBug::trims_unknown_drain,
       {"trims-unknown-drain",
        "a worker trims though it does not know that the log has the entries",
        {"durability"}}},
      {PlantedBug::trims_one_too_many,
       {"trims-one-too-many", "a worker trims one entry more than it has drained", {"durability"}}},
      {PlantedBug::snapshot_claims_one_more,
       {"snapshot-claims-one-more",
        "a snapshot says that it holds an entry that came after it",
        {"snapshots"}}},
      {PlantedBug::snapshot_before_durable,
       {"snapshot-before-durable",
        "a snapshot is written before all that it holds is in the log",
        {"snapshots"}}},
      {PlantedBug::damaged_snapshot_accepted,
       {"damaged-snapshot-accepted",
        "the checksum of a snapshot is not compared",
        {"session_guarantees", "convergence", "liveness", "crash"}}},
      {PlantedBug::snapshot_is_first_chunk,
       {"snapshot-is-first-chunk",
        "of a state of several chunks a snapshot holds the first",
        {"snapshots"}}},
      {PlantedBug::compacts_beyond_older_snapshot,
       {"compacts-beyond-older-snapshot",
        "entries of the log go that only the newest snapshot holds",
        {"forgetting", "durability", "snapshots"}}},
      {PlantedBug::compacts_unverified,
       {"compacts-unverified",
        "history is forgotten for the sake of snapshots that nobody has looked at",
        {"forgetting", "durability", "snapshots"}}},
      {PlantedBug::overrun_reader_skips,
       {"overrun-reader-skips",
        "a reader that the ring has overtaken goes on with its oldest entry",
        {"convergence", "liveness"}}},
      {PlantedBug::catch_up_from_now,
       {"catch-up-from-now",
        "a reader that was overtaken gets what comes after the present state",
        {"convergence", "liveness"}}},
      {PlantedBug::late_joiner_misses_meanwhile,
       {"late-joiner-misses-meanwhile",
        "who gets a state encoded for others misses what came since",
        {"convergence", "liveness"}}},
      {PlantedBug::window_ignored,
       {"window-ignored",
        "a connection that does not read is sent everything all the same",
        {"memory"}}},
      {PlantedBug::awareness_never_expires,
       {"awareness-never-expires", "the people of a node that died stay for ever", {"presence"}}},
      {PlantedBug::awareness_outlives_connection,
       {"awareness-outlives-connection", "whoever disconnects stays visible", {"presence"}}},
      {PlantedBug::wall_clock_expires_awareness,
       {"wall-clock-expires-awareness",
        "the time of day decides when awareness expires",
        {"presence", "skew_invariance"}}},
      {PlantedBug::address_order_decides,
       {"address-order-decides",
        "rooms are flushed in the order of their addresses",
        {"determinism"}}},
  };
  return bugs;
}

const std::size_t core_bug_count = static_cast<std::size_t>(PlantedBug::count_) - 1;

}  // namespace

const std::vector<BugInfo>& all_bugs() {
  static const std::vector<BugInfo> bugs = [] {
    SYNCLINE_ASSERT(core_bugs().size() == core_bug_count, core_bugs().size());
    std::vector<BugInfo> all;
    for (const CoreBug& bug : core_bugs()) all.push_back(bug.info);
    for (const ServiceBugInfo& bug : all_service_bugs()) {
      all.push_back({bug.name, bug.what, {bug.checker}});
    }
    return all;
  }();
  return bugs;
}

bool plant_by_name(const std::string& name) {
#ifdef SYNCLINE_PLANTED_BUGS
  for (const CoreBug& bug : core_bugs()) {
    if (bug.info.name != name) continue;
    plant(bug.bug);
    return true;
  }
  for (const ServiceBugInfo& bug : all_service_bugs()) {
    if (bug.name != name) continue;
    plant(bug.bug);
    return true;
  }
#endif
  std::fprintf(stderr, "%s: no bug '%s' can be planted here; list shows those that there are\n",
               program_name().c_str(), name.c_str());
  return false;
}

std::string program_name() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "syncline-sim" : self.filename().string();
}

}  // namespace syncline::sim
