#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>

#include "server/base/bytes.h"
#include "server/base/ids.h"
#include "server/base/instant.h"
#include "server/core/awareness_table.h"
#include "server/core/high_water.h"
#include "server/core/update_ring.h"

namespace syncline::core {

class Room;

// One open WebSocket, as its room sees it: what it still has to be told, as positions in things
// that are shared. Memory per connection is constant, however slowly it reads. Plain data; Room
// keeps its invariants.
struct Connection {
  // An update-carrying message that is not acknowledged yet: durable when `ticket` is.
  struct Unacked {
    std::uint64_t ordinal;
    Ticket ticket;
  };
  // An update of this connection that it gets back once it is durable.
  struct OwedEcho {
    Ticket ticket;
    SharedBytes update;
  };
  // A step 1 that waits for its answer, until what the client wrote before is durable.
  struct WantedSync {
    SharedBytes state_vector;
    Ticket after;
  };

  // Constant after construction.
  ConnectionId id;
  bool acks = false;   // Understands message 110.
  std::string client;  // Where it is, for logs.
  std::string user;    // Whose it is; empty: not known.
  Room* room = nullptr;
  bool registered = false;  // It stands in the session registry.

  // Inbound.
  bool reading = false;
  HighWater owed_high;                // Of owed_bytes.
  bool held_back = false;             // Not read, because the log or the peer itself is behind.
  Instant held_back_since;            // Meaningful while held_back.
  bool leaving = false;               // Is closed (1012) once what it wrote is durable.
  std::uint64_t update_messages = 0;  // Received; the ordinal of the last one.
  Ticket last_ticket;                 // Of its last update.
  std::deque<Unacked> unacked;
  std::deque<OwedEcho> owed;
  std::size_t owed_bytes = 0;  // Invariant: the sum of the bytes in `owed`.

  // Outbound.
  std::size_t in_flight_bytes = 0;  // Given to the transport, not yet sent.
  Instant last_sent_at;             // When the last frame was given.
  Instant progress_at;              // When the operating system last took something.
  std::uint64_t durable_messages = 0;
  std::uint64_t acknowledged_messages = 0;
  bool live = false;         // Has been answered a step 1; reads the ring at `cursor`.
  std::uint64_t cursor = 0;  // The next ring entry it wants.
  bool lagging = false;      // The ring dropped what it wanted; `lag_state_vector` is what it has.
  SharedBytes lag_state_vector;
  std::optional<WantedSync> wanted_sync;
  std::deque<SharedBytes> bulk;  // Encoded first sync or catch-up, before anything of the ring.
  std::uint64_t sync = 0;        // The room's number of what is in `bulk`.
  Instant bulk_deadline;         // When `bulk` must be on its way, or the client is too slow.

  // Awareness.
  std::optional<std::uint64_t> own_client;
  bool announced = false;              // Its first awareness message has come.
  std::set<std::uint64_t> client_ids;  // All that were ever its own.
  AwarenessTable::Version awareness_seen = 0;
  bool awareness_asked = false;  // Wants an answer even if nobody is here.
};

}  // namespace syncline::core
