#pragma once

#include <compare>
#include <cstdint>
#include <string_view>
#include <variant>

#include "loadgen/client/update_ids.h"
#include "server/base/bytes.h"
#include "server/base/ids.h"
#include "server/base/instant.h"

// What can be seen of a cluster from outside and at its stores, as events. Whoever runs a cluster
// (the simulator; real processes under faults; a load run) writes them; checkers read them and
// nothing else. Not every source can see every event: a checker judges what it is told.
//
// Views and references in an event live until the sink's call returns.

namespace syncline::history {

enum class PartyKind : std::uint8_t {
  client,
  gateway,
  node,
  worker,
  redis,
  postgres,
  store,
  cold_reader
};

// Somebody who takes part: "node-2", "client-17".
struct Party {
  PartyKind kind;
  std::uint32_t number = 1;  // From 1 within its kind.

  friend auto operator<=>(const Party&, const Party&) = default;
};

// A document's number within the run, from 0.
using DocumentNumber = StrongId<struct DocumentNumberTag>;

// What a replica of a document has come to. Two replicas with the same state vector and delete set
// must hold the same elements and read the same, whatever they went through.
struct ReplicaState {
  BytesView state_vector;    // As Doc::encode_state_vector.
  BytesView delete_set;      // As in update format v1, sorted; what is left after the structs.
  BytesView encoded;         // The whole replica as one update.
  std::string_view reading;  // What it shows: Doc::to_json.
  bool pending = false;      // Something waits in it. (`encoded` and `delete_set` may show it.)
};

// Clients.

// A session is about to open a document on a node (told before the node hears of it), or lost it.
// One client has one document.
struct ClientConnected {
  Party client;
  DocumentNumber document;
  std::uint64_t session;  // Of this run of the client: a stale tab that comes back is a new one.
  Party node;
};
struct ClientDisconnected {
  Party client;
  std::uint16_t code;  // As the client saw it; 1006 if there was none.
};
// The user changed something; it is in the client's replica.
struct ClientEdited {
  Party client;
  DocumentNumber document;
  std::uint64_t edit;  // Unique in the run.
  const client::UpdateIds& ids;
  BytesView update;
  BytesView depends_on;  // The replica's state vector before.
};
// The server said, by whichever sign its protocol has, that these are saved.
struct ClientAcknowledged {
  Party client;
  DocumentNumber document;
  const client::UpdateIds& ids;
};
// An update came from the server and is in the client's replica, or waits there for what it lacks.
struct ClientApplied {
  Party client;
  DocumentNumber document;
  const client::UpdateIds& ids;
  bool readable;  // False: a stock client would have thrown.
};
// The handshake is complete: the client has what the server offered.
struct ClientSynced {
  Party client;
  DocumentNumber document;
  BytesView offered_state_vector;  // The server's step 1.
};
// A look at a replica (a client's; a node's, where the source can see it).
struct ReplicaSeen {
  Party party;
  DocumentNumber document;
  ReplicaState state;
};
// A frame left a node for a client's connection.
struct FrameSent {
  Party node;
  Party client;
  DocumentNumber document;  // That of the connection.
  BytesView frame;
};

// Stores. Told at the store itself, at the instant of the commit: nobody's opinion.

struct LogAppended {
  DocumentNumber document;
  Sequence sequence;
  BytesView update;
};
// Somebody was given this entry of the log.
struct LogRead {
  Party reader;
  DocumentNumber document;
  Sequence sequence;
  BytesView update;
};
// As the writer meant it, whatever the disk makes of it.
struct SnapshotWritten {
  Party writer;
  DocumentNumber document;
  Sequence sequence;
  BytesView state;
};
// What the store has of a snapshot, as it is stored; told before the LogForgotten that relies on
// it.
struct SnapshotKept {
  DocumentNumber document;
  Sequence sequence;
  BytesView state;
};
// The log's entries up to here are gone.
struct LogForgotten {
  DocumentNumber document;
  Sequence through;
};
struct BufferAppended {
  DocumentNumber document;
  std::uint64_t lineage;
  std::uint64_t offset;
  BytesView update;
  // Who appended it, and so keeps it until it is in the log; number 0 if the source cannot tell.
  Party writer{PartyKind::node, 0};
};
struct BufferTrimmed {
  DocumentNumber document;
  std::uint64_t lineage;
  std::uint64_t offset;
};
// The buffer forgot the last entries that it had acknowledged and not trimmed.
struct BufferForgot {
  DocumentNumber document;
  std::uint64_t entries;
};

// Processes and faults.

struct ProcessStarted {
  Party party;
};
struct ProcessEnded {
  Party party;
  bool crashed;  // Else it ended by itself, after a drain.
};
enum class FaultStage : std::uint8_t { armed, fired, observed, healed };
struct FaultChanged {
  std::uint32_t fault;  // Its number in the plan.
  std::string_view kind;
  std::string_view text;  // Its line in the plan.
  FaultStage stage;
};

// Messages between parties, for pictures. `what` is a few words.
struct MessageSent {
  std::uint64_t message;
  Party from;
  Party to;
  std::string_view what;
};
struct MessageReceived {
  std::uint64_t message;
};
struct MessageLost {
  std::uint64_t message;
};

// Something worth a note in pictures, without consequence for checkers.
struct Remarked {
  Party party;
  std::string_view what;
};

// Sizes of one node or worker, now.
struct MemorySeen {
  Party party;
  std::uint64_t ring_bytes;
  std::uint64_t unlogged_bytes;
  std::uint64_t pending_bytes;
  std::uint64_t send_queue_bytes_max;  // Of the fullest connection.
  std::uint64_t document_bytes;
};

// Phases.

// No more faults from here on; everything that was wrong has been made right.
struct Healed {};
// `converge_within` after Healed everything must be connected, converged and quiet. Comes at that
// instant; then come the final looks.
struct TimeIsUp {};
// Who the client says is there, itself included, by awareness: (client id, state as JSON), sorted.
struct PresenceSeen {
  Party client;
  DocumentNumber document;
  std::string_view presence;  // One line a state: "ID JSON".
};
// What a client is in the end. Told of each that is still somebody's open editor: who closed it for
// good is not asked.
struct ClientFinal {
  Party client;
  DocumentNumber document;
  bool connected;
  bool synced;
  std::uint64_t unsaved_edits;
  std::uint64_t client_id;
  std::string_view own_state;  // "null" if it has left.
};
// What is read from the store alone, by nobody's cache: the log from its beginning, or where that
// is forgotten, the second newest snapshot with the log after it; and the newest one.
struct ColdRead {
  DocumentNumber document;
  ReplicaState from_log;
  ReplicaState from_snapshot;
  bool at_end;  // Else after a crash in the middle of the run.
};
// After everybody has left and everything idle is dropped: what a node still holds.
struct LeftBehind {
  Party party;
  std::uint64_t rooms;
  std::uint64_t connections;
  std::uint64_t subscriptions;
  std::uint64_t bytes;
};

// The history is complete: nothing follows.
struct Ended {};

using EventContent =
    std::variant<ClientConnected, ClientDisconnected, ClientEdited, ClientAcknowledged,
                 ClientApplied, ClientSynced, ReplicaSeen, FrameSent, LogAppended, LogRead,
                 SnapshotWritten, SnapshotKept, LogForgotten, BufferAppended, BufferTrimmed,
                 BufferForgot, ProcessStarted, ProcessEnded, FaultChanged, MessageSent,
                 MessageReceived, MessageLost, Remarked, MemorySeen, Healed, TimeIsUp, PresenceSeen,
                 ClientFinal, ColdRead, LeftBehind, Ended>;

struct Event {
  Duration at;  // True time since the run began.
  const EventContent& content;
};

class EventSink {
 public:
  virtual void on_event(const Event& event) = 0;

 protected:
  ~EventSink() = default;
};

}  // namespace syncline::history
