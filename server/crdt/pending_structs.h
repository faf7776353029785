#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "server/crdt/decoded_update.h"
#include "server/crdt/id_ranges.h"
#include "server/crdt/struct_store.h"

namespace syncline::crdt {

// The structs that wait in a replica for others which have not come.
//
// It holds what yjs holds as one encoded update, which it merges and reads again whenever some is
// added or may go on: each struct of it stands for itself here, under its first id. Of each client
// only the first is tried, since the others come after it; it is listed under the id that it lacks.
// (As in yjs that goes for one whose elements are known by now, too: a client that has collected
// something may say so before others' word of what it was can be understood.) So an update costs
// what it adds and what it sets free, times a logarithm, whatever waits: a struct is read when it
// is free, and until then only which ids it refers to, of which there are three at most.
class PendingStructs {
 public:
  // Takes in the runs of an update that have to wait, the highest client first. The outcome is that
  // of yjs' mergeUpdates on what is here and those runs: of structs that overlap, those stay whole
  // that stand in the row which begins first. (But for GC structs that follow each other in one
  // update, which yjs never writes: its merge may then go on with another row.) Returns whether
  // anything has changed.
  // REQUIRES: the store has integrated the rest of the update.
  bool add(const DecodedUpdate& update, const std::vector<ClientRun>& runs,
           const StructStore& store);

  // Moves to `out`, which owns the bytes, what can be integrated now that these clients have got
  // structs, and what is known by now; all of it, also what only becomes free by other structs that
  // do. One call after each change of the store, or what is free may stay.
  void release(const StructStore& store, const std::vector<ClientSlot>& advanced,
               DecodedUpdate& out);

  bool empty() const { return structs_.empty(); }
  std::size_t size() const { return structs_.size(); }
  std::size_t client_count() const { return heads_.size(); }
  // About what it takes in memory.
  std::size_t memory_bytes() const;
  // What `add` would add to that, at most. What is here already counts nothing.
  std::size_t growth(const DecodedUpdate& update, const std::vector<ClientRun>& runs) const;

  // All of it as an update, with Skips for holes; `out` points into it, until it changes.
  void view(DecodedUpdate& out) const;

  // Every invariant, and that nothing waits which could go on. Not that if it `is_behind`: the
  // store has changed since the last release.
  Result<void> check(const StructStore& store, bool is_behind) const;

 private:
  struct Waiting {
    StructKind kind;
    Clock length;
    Clock offset = 0;          // So many elements in front of it are cut off what is encoded.
    std::string encoded = {};  // In format v1; a GC struct is told by its length.
  };
  using Structs = std::map<Id, Waiting, EncodingOrder>;

  // What a client's first struct is, and the id that it lacks.
  struct Head {
    Id first;
    Id lacks;
  };

  class Merge;
  class Release;

  Structs::const_iterator first_of(ClientId client) const {
    const auto first = structs_.lower_bound({client, 0});
    return first == structs_.end() || first->first.client != client ? structs_.end() : first;
  }
  void put(const Id& id, Waiting waiting);
  Structs::iterator erase(Structs::const_iterator at);
  // Its kind, and which ids it refers to.
  static DecodedStruct references(const Id& id, const Waiting& waiting);
  // The struct itself. `encoded` is what waiting.encoded says, and what it points into.
  static DecodedStruct decode(const Id& id, const Waiting& waiting, BytesView encoded,
                              DecodedUpdate& out);
  template <class StateOf>
  static std::optional<Id> missing_for(const Structs::value_type& entry, const StateOf& state_of);
  void forget_if_head(const Id& id);
  void forget_head(ClientId client);
  void set_head(ClientId client, const Id& first, const Id& lacks);

  Structs structs_;
  IdRanges rows_;  // Where structs follow each other without a hole.
  std::map<ClientId, Head> heads_;
  std::set<std::pair<Id, ClientId>> lacked_;  // What the heads lack, and whose they are.
  std::set<ClientId> ready_;                  // Clients whose first struct can go on.
  std::size_t encoded_bytes_ = 0;
};

}  // namespace syncline::crdt
