#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "server/base/bytes.h"
#include "server/base/ids.h"
#include "server/base/instant.h"

namespace syncline::core {

// The number of an append within its room: 1, 2, 3, ... An update is durable once the room's
// durable ticket has reached its own.
using Ticket = StrongId<struct TicketTag>;

// The part of a ring entry that one connection wrote. ConnectionId{0} is another node.
struct RingPart {
  ConnectionId author;
  SharedBytes update;
};

// What one turn of the event loop brought to a room: one encoded frame that all connections share.
struct RingEntry {
  SharedBytes frame;            // All parts, merged, as one message.
  std::vector<RingPart> parts;  // One an author, in the order of their first update.
  std::size_t updates = 0;      // How many client updates were merged.
  Ticket ticket;                // Durable when this is; 0: it came from the log.
  Instant received_at;          // Of its oldest update.
  bool delivered = false;       // Some connection has been given it.

  // The part written by `connection`, or nullptr.
  const RingPart* part_of(ConnectionId connection) const;
};

// The recent updates of a room, encoded once, read by every connection through a cursor of its own.
//
// A queue for each connection would cost memory for each slow reader. Here a connection is only an
// index; who is so slow that its entry is dropped gets one merged update made from the document
// instead. To make that small, the ring remembers the document's state vector from time to time.
//
// Entries are numbered from 0, for ever.
class UpdateRing {
 public:
  UpdateRing(std::size_t bytes_max, std::size_t frames_max)
      : bytes_max_(bytes_max), frames_max_(frames_max) {}

  // The index of the next entry to come, and of the oldest that is still here.
  std::uint64_t head() const { return tail_ + entries_.size(); }
  std::uint64_t tail() const { return tail_; }
  std::size_t bytes() const { return bytes_; }

  // REQUIRES: tail() <= index < head().
  RingEntry& at(std::uint64_t index);

  void push(RingEntry entry);

  // True if the ring is over its limits. trim() then drops the oldest quarter or what is over,
  // whichever is more, so that the caller looks for overtaken cursors seldom.
  bool overfull() const { return bytes_ > bytes_max_ || entries_.size() > frames_max_; }
  void trim();

  // Drops the entries below `index`. REQUIRES: index <= head().
  void drop_below(std::uint64_t index);

  // Drops everything, for a room that nobody reads.
  void clear();

  // True if enough was pushed since the last checkpoint that another is worth its cost.
  bool wants_checkpoint() const;
  // The document's state vector when head() entries had been pushed.
  void add_checkpoint(SharedBytes state_vector);
  // A state vector that everyone who has read up to `cursor` includes; empty if there is none.
  SharedBytes checkpoint_before(std::uint64_t cursor) const;
  // Forgets checkpoints that only a cursor below `cursor` could use.
  void forget_checkpoints_below(std::uint64_t cursor);

 private:
  void drop_oldest();

  const std::size_t bytes_max_;
  const std::size_t frames_max_;

  std::uint64_t tail_ = 0;
  std::deque<RingEntry> entries_;
  std::size_t bytes_ = 0;  // Invariant: the sum of the entries' frames and parts.
  std::map<std::uint64_t, SharedBytes> checkpoints_;
};

}  // namespace syncline::core
