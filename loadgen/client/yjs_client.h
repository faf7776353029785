#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "loadgen/client/update_ids.h"
#include "server/base/bytes.h"
#include "server/base/instant.h"
#include "server/crdt/doc.h"
#include "server/protocol/awareness.h"

namespace syncline::client {

// Who wants to know what becomes of a client's replica. Views and references live until the call
// returns.
class YjsClientObserver {
 public:
  // The user changed something; `depends_on` is the state vector before.
  virtual void on_edited(const UpdateIds& ids, BytesView update, BytesView depends_on) = 0;
  // An update came and was applied; not `readable`: a stock client would have thrown.
  virtual void on_applied(const UpdateIds& ids, bool readable) = 0;
  // The server said that these are saved, by an acknowledgement or because they came back.
  virtual void on_saved(const UpdateIds& ids) = 0;
  // The server said what it has; comes before on_synced().
  virtual void on_offered(BytesView state_vector) = 0;
  // The handshake is complete.
  virtual void on_synced() = 0;

 protected:
  ~YjsClientObserver() = default;
};

// What y-websocket 3.1 with y-protocols 1.0 does, on our own engine: the handshake, offline edits,
// the awareness protocol with its timers, and the habit of sending back every awareness change it
// hears. It also keeps the books on what the server has told it to be saved.
//
// Frames that it wants to send are collected in an outbox; it does no I/O and keeps no time.
class YjsClient {
 public:
  explicit YjsClient(crdt::ClientId id, bool gc = true);

  // Must outlive the client, or be replaced by null.
  void set_observer(YjsClientObserver* observer) { observer_ = observer; }

  // The connection.
  void on_open(Instant now);
  void on_frame(BytesView frame, Instant now);
  void on_close(Instant now);
  // REQUIRES: called about every 3 s, connected or not.
  void on_timer(Instant now);
  std::vector<Bytes> take_outbox();

  // The user.

  // One transaction. Sent at once if connected, else with the next handshake.
  void edit(const std::function<void(crdt::Doc&)>& change);
  // "null" leaves.
  void set_state(std::string json, Instant now);
  // Takes in an update, whichever way it came.
  void apply(BytesView update);

  // Messages that the handshake sends by itself, for scripts that send them one by one.
  Bytes make_step1() const;
  Bytes make_step2(BytesView server_state_vector);
  Bytes make_awareness() const;

  // Observers.

  crdt::ClientId id() const { return id_; }
  const crdt::Doc& doc() const { return doc_; }
  bool connected() const { return connected_; }
  bool synced() const { return synced_; }
  // Who is here, by the client's own book, itself included: client id to state.
  const std::map<std::uint64_t, std::string>& states() const { return states_; }
  // "null" if it has left.
  std::string own_state() const;

  // Every edit ever made, and which of them the server has said are saved.
  const std::vector<UpdateIds>& edits() const { return edits_; }
  std::size_t unsaved_edits() const { return unsaved_.size(); }
  // What the server has said since the last call to be saved: by an acknowledgement, or because it
  // came back (y-websocket 4's rule).
  UpdateIds take_saved();
  // What a stock client would have thrown on.
  std::vector<std::string> take_problems();

 private:
  struct Meta {
    std::uint64_t clock;
    Instant updated_at;
  };

  void send(Bytes frame) { outbox_.push_back(std::move(frame)); }
  void on_acknowledgement(std::uint64_t durable);
  void on_awareness(BytesView update, Instant now);
  void on_server_message(BytesView frame);
  bool apply_entry(const protocol::AwarenessEntry& entry, Instant now);
  void send_states(const std::vector<std::uint64_t>& clients);
  void note_saved(const UpdateIds& ids);
  void mark_saved(std::size_t edit);
  void mark_returned(const UpdateIds& ids);

  const crdt::ClientId id_;
  YjsClientObserver* observer_ = nullptr;
  crdt::Doc doc_;
  bool connected_ = false;
  bool synced_ = false;
  std::vector<Bytes> outbox_;
  std::vector<std::string> problems_;

  std::map<std::uint64_t, std::string> states_;
  std::map<std::uint64_t, Meta> meta_;

  std::vector<UpdateIds> edits_;
  // By index into edits_: what of it has not come back.
  std::map<std::size_t, UpdateIds> unsaved_;
  UpdateIds saved_;
  // For each update-carrying message of this connection, the edits it brought.
  std::vector<std::vector<std::size_t>> messages_;
  std::uint64_t acknowledged_ = 0;
};

}  // namespace syncline::client
