#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "server/base/bytes.h"
#include "server/base/ids.h"
#include "server/base/instant.h"
#include "server/protocol/awareness.h"

namespace syncline::core {

// Who is in a room and what they say of themselves: for every client id its last state, never a
// queue of states. A connection remembers only the version up to which it has been told.
//
// Rules beyond those of y-protocols, because a server knows when a connection ends:
//   - A state belongs to the connection whose own client it is (the client id that was alone in the
//     first awareness message of the connection), else to the first that announced it. When that
//     connection ends, exactly its states are removed.
//   - Peers ignore a client that comes back with the clock it left with. Its return is therefore
//     announced with a higher clock; the client adopts that when it hears it.
class AwarenessTable {
 public:
  using Version = std::uint64_t;

  // Increases with every change. 0: nothing ever happened.
  Version version() const { return version_; }

  // Takes what a connection says. `own_client` is the connection's own client id, if known. Returns
  // the entries that changed the table, as it now stands, for the other nodes.
  std::vector<protocol::AwarenessEntry> apply_local(
      ConnectionId connection, std::optional<std::uint64_t> own_client,
      std::span<const protocol::AwarenessEntry> entries, Instant now);

  // Takes what another node says. Returns whether anything changed.
  bool apply_remote(std::span<const protocol::AwarenessEntry> entries, Instant now);

  // The connection has ended: removes its states. Returns their removals, for the other nodes.
  std::vector<protocol::AwarenessEntry> remove_connection(ConnectionId connection);

  // Removes states of other nodes that were not renewed after `renewed_before`; a node that died
  // cannot take its states back. Returns whether anything changed.
  bool expire_remote(Instant renewed_before);

  bool is_owner(ConnectionId connection, std::uint64_t client) const;
  bool has_remote() const { return remote_ > 0; }
  // When the remote state that was renewed longest ago was renewed. REQUIRES: has_remote().
  Instant oldest_remote() const;

  // The states of the clients that are connected here, for a node that asks.
  std::vector<protocol::AwarenessEntry> local_states() const;

  // Everything that changed after `seen`, as an awareness update; present states only if `seen` is
  // 0. nullopt if that is nothing.
  std::optional<SharedBytes> changes_since(Version seen) const;

 private:
  struct Client {
    std::uint64_t clock = 0;
    std::string state;
    bool gone = false;
    ConnectionId owner;  // ConnectionId{0}: a client of another node, or gone.
    Instant renewed_at;
    Version changed = 0;
  };

  void set(Client& client, std::uint64_t clock, const std::string& state, ConnectionId owner,
           Instant now);
  Client& client_or_departed(std::uint64_t id, bool* is_new);
  protocol::AwarenessEntry entry(std::uint64_t id, const Client& client) const;
  void forget_old_departures();

  Version version_ = 0;
  std::map<std::uint64_t, Client> clients_;
  std::size_t departed_ = 0;  // Invariant: how many of clients_ are gone.
  std::size_t remote_ = 0;    // Invariant: how many are present on other nodes.
};

}  // namespace syncline::core
