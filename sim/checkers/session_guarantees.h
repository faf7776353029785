#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "sim/checkers/buffer_model.h"
#include "sim/checkers/checker_of.h"
#include "sim/checkers/dependencies.h"
#include "sim/checkers/flat_map.h"
#include "sim/checkers/id_set.h"
#include "sim/checkers/state_vector.h"

namespace syncline::checkers {

// Read your writes and monotonic reads, across reconnects and nodes.
//
// A client reads its own replica, so for its user both hold by the model: the replica never gets
// smaller within a session. That is checked while it is connected. (It need not hold what it was
// offered at once: of what others wrote offline, a node offers what it does not forward before it
// is durable. That it comes in the end is a matter of liveness.)
//
// What a node offers at a handshake (its step 1) is less. It forwards edits before they are
// durable, so that an edit that a session has seen may vanish with its node and come back only from
// its author; and a node that cut off from the broker lags behind the log until it compares itself
// with it. But whatever was durable (in the log; in the buffer, until that forgets it)
//   - when the node's process started, was there when the node loaded the document, whenever that
//     was;
//   - when somebody was sent it or offered it by this node, or told by it that it is saved, was in
//     the node's replica, and if the room has been dropped since, the node has loaded it again.
// So an offer covers all of this that there was when the session began to connect; but for what may
// still wait in the node's replica, because something that it stands on has not got there.
class SessionGuarantees final : public CheckerOf<SessionGuarantees> {
 public:
  static constexpr std::string_view checker_name = "session_guarantees";

  explicit SessionGuarantees(ViolationSink& sink) : CheckerOf(sink) {}

  void on(const history::ClientEdited& event);
  void on(const history::ClientConnected& event);
  void on(const history::ClientDisconnected& event);
  void on(const history::ClientAcknowledged& event);
  void on(const history::ClientApplied& event);
  void on(const history::ClientSynced& event);
  void on(const history::ReplicaSeen& event);
  void on(const history::LogAppended& event);
  void on(const history::BufferAppended& event);
  void on(const history::BufferTrimmed& event);
  void on(const history::BufferForgot& event);
  void on(const history::ProcessStarted& event);
  void on(const history::ProcessEnded& event);

 private:
  struct Document {
    IdSet durable;
    IdSet forgotten;  // By the buffer; some of it may have come back.
    BufferModel buffer;
    Dependencies dependencies;
  };
  // A node's process.
  struct Node {
    std::uint64_t life = 0;    // Counts its starts and ends.
    std::vector<IdSet> holds;  // What it must have, by document.
  };
  struct Client {
    std::uint64_t session = 0;
    history::Party node;
    std::uint64_t life = 0;  // The node's when the connection was begun.
    bool connected = false;
    std::vector<Known> owed;  // What the node must have.
    StateVector offered;      // At the last handshake of this session.
    StateVector had;          // When its replica was last seen in this session.
  };

  // Of what the client is owed and was not offered, what cannot be waiting.
  client::IdRanges withheld(const Client& client, const Document& document) const;
  Document& document(history::DocumentNumber number);
  IdSet& held(Node& node, history::DocumentNumber number);
  void shown(history::Party client, history::DocumentNumber document, const client::IdRanges& ids);

  std::vector<Document> documents_;  // By number.
  std::map<history::Party, Node> nodes_;
  FlatMap<Client> clients_;  // By number.
  client::UpdateScan scan_;
  StateVector vector_;
};

}  // namespace syncline::checkers
