#include "sim/services/planted_service_bug.h"

#include <array>
#include <cstddef>

namespace syncline::sim {
namespace {

constexpr std::array bugs = {
    ServiceBugInfo{ServiceBug::commit_not_synced, "commit-not-synced",
                   "PostgreSQL answers before its record is synced (synchronous_commit = off): a "
                   "crash takes back what was committed just before",
                   "sequence", false},
    ServiceBugInfo{ServiceBug::sequence_outside_lock, "sequence-outside-lock",
                   "the sequence number is read before the document's row is locked: two nodes "
                   "write the same number",
                   "sequence", false},
    ServiceBugInfo{ServiceBug::snapshot_unfenced, "snapshot-unfenced",
                   "a snapshot is written whatever is there: an older one replaces a newer one",
                   "snapshots", false},
    ServiceBugInfo{ServiceBug::drain_ignores_lineage, "drain-ignores-lineage",
                   "the log remembers drained offsets without their lineage: entries of a new "
                   "lineage count as drained",
                   "durability", true},
    ServiceBugInfo{ServiceBug::drain_survives_rollback, "drain-survives-rollback",
                   "the drained offset is written outside of the transaction: when that is rolled "
                   "back, its entries count as drained",
                   "durability", true},
    ServiceBugInfo{ServiceBug::trim_ignores_lineage, "trim-ignores-lineage",
                   "a trim does not compare the lineage: it drops entries that were never drained",
                   "durability", true},
    ServiceBugInfo{ServiceBug::published_to_next_document, "published-to-next-document",
                   "one of many messages is published on the next document's channel", "isolation",
                   false},
    ServiceBugInfo{ServiceBug::run_id_learnt_once, "run-id-learnt-once",
                   "an adapter keeps the run id of its first connection to Redis: no lineage "
                   "begins after a restart, and positions are given out again",
                   "sequence", true},
    ServiceBugInfo{ServiceBug::resubscribe_forgotten, "resubscribe-forgotten",
                   "an adapter does not renew its subscriptions when it has connected again",
                   "presence", false},
};

static_assert(bugs.size() == static_cast<std::size_t>(ServiceBug::count_) - 1,
              "every bug needs its row");

}  // namespace

std::span<const ServiceBugInfo> all_service_bugs() { return bugs; }

}  // namespace syncline::sim
