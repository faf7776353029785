#pragma once

#include <cstdint>

// Bugs on purpose, with which the simulator proves that its checkers would find real ones. Each is
// a deviation of a line or two at the place where it could have been made; exactly one is planted
// at a time, and only in the library syncline_core_planted. Anywhere else planted() is the constant
// false, and nothing of this is left in the binary.

namespace syncline {

enum class PlantedBug : std::uint8_t {
  none,

  // The way of an edit into the log.
  ack_before_log,            // Every update that was sent counts as durable.
  ack_of_all_received,       // When one update is durable, all that were received are acknowledged.
  echo_before_durable,       // An author gets its update back before it is in the log.
  unknown_is_committed,      // An append whose answer was lost counts as committed.
  failed_append_is_final,    // A refused or unknown append is forgotten and never tried again.
  retry_of_the_oldest_only,  // Of several failed appends only the oldest is tried again.

  // Between the nodes.
  gap_ignored,             // An entry heard of counts as if all before it had been heard, too.
  gap_repair_skips_one,    // The first entry that is read from the log to fill a gap is left out.
  heads_are_not_compared,  // Anti-entropy asks for the heads and ignores them.
  remote_update_not_forwarded,  // What other nodes say is integrated, but not sent to anybody.
  heard_counts_as_loaded,       // What the broker said while a document was loading counts as read.
  cross_document_delivery,  // A document that is not open is taken for the next in the alphabet.

  // With a write buffer.
  buffer_tail_not_loaded,  // Loading does not apply what is still in the buffer.
  lineage_change_ignored,  // Positions of a new lineage are taken for those of the old one.
  doubts_forgotten,        // What was retained is dropped when the lineage changes.
  released_when_buffered,  // What is in the buffer is not retained until it is in the log.
  trims_unknown_drain,     // A worker trims though it does not know that the log has the entries.
  trims_one_too_many,      // A worker trims one entry more than it has drained.

  // Snapshots.
  snapshot_claims_one_more,   // A snapshot says that it holds an entry that came after it.
  snapshot_before_durable,    // A snapshot is written before all that it holds is in the log.
  damaged_snapshot_accepted,  // The checksum of a snapshot is not compared.
  snapshot_is_first_chunk,    // Of a state of several chunks a snapshot holds the first.

  // History.
  compacts_beyond_older_snapshot,  // Entries go that only the newest snapshot holds.
  compacts_unverified,             // Snapshots are relied on that nobody has looked at.

  // To the connections.
  overrun_reader_skips,  // A reader that the ring has overtaken goes on with its oldest entry.
  catch_up_from_now,     // A reader that was overtaken gets what comes after the present state.
  late_joiner_misses_meanwhile,  // Who gets a state encoded for others misses what came since.
  window_ignored,                // A connection that does not read is sent everything all the same.

  // Awareness, time and order.
  awareness_never_expires,        // The people of a node that died stay for ever.
  awareness_outlives_connection,  // Whoever disconnects stays visible.
  wall_clock_expires_awareness,   // The time of day decides when awareness expires.
  address_order_decides,          // Rooms are flushed in the order of their addresses.

  count_
};

#ifdef SYNCLINE_PLANTED_BUGS
bool planted(PlantedBug bug);
#else
constexpr bool planted(PlantedBug) { return false; }
#endif

// From now on `bug` is in the core of this process. Only in syncline_core_planted.
void plant(PlantedBug bug);

}  // namespace syncline
