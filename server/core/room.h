#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "server/base/document_name.h"
#include "server/core/awareness_table.h"
#include "server/core/buffer_follower.h"
#include "server/core/config.h"
#include "server/core/connection.h"
#include "server/core/document_loader.h"
#include "server/core/high_water.h"
#include "server/core/log_writer.h"
#include "server/core/recent_records.h"
#include "server/core/sequence_tracker.h"
#include "server/core/shard.h"
#include "server/core/update_ring.h"
#include "server/crdt/doc.h"
#include "server/ports/gauge_share.h"
#include "server/protocol/y_websocket.h"

namespace syncline::core {

// What the log of a shard gets a line of, at most so often.
enum class Trouble : std::uint8_t {
  load_failed,
  buffer_may_have_forgotten,
  log_went_back,
  writer_closed,
  count_,
};

// Sums over the rooms of a shard.
struct Totals {
  std::size_t unlogged_bytes = 0;
  std::size_t undrained_bytes = 0;
};
class Room;

// What a room needs of its shard.
class RoomHost {
 public:
  virtual const Config& config() const = 0;
  virtual const Ports& ports() = 0;
  // A token whose answer the shard hands to `room`, with the ticket if it is of an append, and with
  // `known`: how much of the log the room had when it asked.
  virtual RequestToken issue_token(Room& room, Ticket ticket, Sequence known) = 0;
  // Closes the socket and forgets the connection. The room has let go of it.
  virtual void close_connection(ConnectionId id, protocol::CloseCode code,
                                std::string_view reason) = 0;
  // The shard's budget for encoded first syncs and catch-ups. take: false if it is used up; the
  // room asks again at its next chance.
  virtual bool catch_up_budget_left() const = 0;
  virtual void charge_catch_up(std::size_t bytes) = 0;
  virtual void release_catch_up(std::size_t bytes) = 0;
  // Where the rooms add up what they have of it. Outlives them.
  virtual Totals& totals() = 0;
  // What all documents together have on its way is too much: no writer is read. When that is over,
  // rooms are told by look_at_writers().
  virtual bool behind() const = 0;
  // Of what may happen to all rooms at once, the log gets a line and not one for each.
  virtual void report(Trouble trouble, ports::LogLevel level, const DocumentName& document,
                      std::string_view problem) = 0;
  // The room's appends begin to fail, or to succeed again.
  virtual void note_appends_fail(const DocumentName& document, ErrorCode error) = 0;
  virtual void note_appends_succeed(const DocumentName& document) = 0;
  // Asks how the buffer, or the log where there is none, stands with the room's document.
  virtual void compare(const Room& room) = 0;
  // The write buffer's memory is nearly used up.
  virtual bool buffer_fills() const = 0;

 protected:
  ~RoomHost() = default;
};

// A document that is open on this node: its replica, the connections editing it, and the updates on
// their way to the log.
//
// A room belongs to one shard and is touched by no other thread. It does no I/O: it asks a port,
// and the answer arrives later as one of the on_... calls.
//
// Whatever fails, this order holds:
//   1. an update is integrated here before it is forwarded;
//   2. it is in the log before its author is acknowledged or gets it back (P3);
//   3. a document that could not be loaded completely is not served.
class Room final : private TokenSource, private AppendPath {
 public:
  // `host` must outlive the room. Loading begins at once.
  Room(RoomHost& host, DocumentName name);
  ~Room();

  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;

  // Inputs, in the order of an edit's life. A connection passed in is in this room.

  void join(Connection& connection);
  // The connection has gone, or is about to be closed by the shard.
  void leave(Connection& connection);
  void on_message(Connection& connection, BytesView message);
  void on_sent(Connection& connection, std::size_t bytes);

  // `known`: how much of the log the room had when it asked, contiguous() of then. A log that only
  // grows had as much.
  void on_append_done(Ticket ticket, Sequence known, const ports::AppendResult& result);
  void on_log_page(Sequence known, Result<ports::LogPage> page);
  void on_log_head(Sequence known, Sequence head);
  void on_buffer_append_done(Ticket ticket, const ports::BufferAppendResult& result);
  void on_buffer_page(Result<ports::BufferPage> page);
  void on_buffer_head(const ports::BufferHead& head);
  void on_snapshot_read(Result<std::optional<ports::Snapshot>> snapshot);
  void on_snapshot_written(ports::SnapshotOutcome outcome);
  void on_broker_update(Sequence sequence, const SharedBytes& update);
  void on_buffer_update(ports::BufferPosition position, const SharedBytes& update);
  void on_broker_awareness(const SharedBytes& awareness);
  void on_broker_awareness_query();
  void on_broker_subscribed();

  // Those who are held back may be read again.
  void look_at_writers();
  // The end of a turn: forwards what it brought.
  void flush();
  void on_deadline();
  // Reads no more of the connection, and closes it (1012) once what it wrote is durable. It may be
  // gone when this returns.
  void hand_off(Connection& connection);
  // Hands off every connection, then makes ready to be dropped.
  void drain();
  // The same, to be loaded anew from the store: what is in memory does not become a snapshot.
  void evict();
  // Closes every connection (1012) at once: the time to drain is over.
  void close_all();

  // Observers.

  const DocumentName& name() const { return name_; }
  // The replica has the log up to here.
  Sequence contiguous() const { return tracker_.contiguous(); }
  bool needs_flush() const;
  Instant next_deadline() const;
  // It wants to be told how the log and the buffer stand.
  bool wants_heads() const;
  // Something is in the buffer, or should be, that is not known to be in the log.
  bool retains() const { return follower_ && follower_->retains(); }
  // Since when it waits for a worker; never() if nothing does.
  Instant undrained_since() const {
    return follower_ ? follower_->waits_since() : Instant::never();
  }
  // It takes no more connections: its successor does, once it is gone.
  bool evicting() const { return evicting_; }
  // Nothing is left to do: the shard destroys the room.
  bool finished() const { return finished_ && outstanding_ == 0; }
  std::size_t connection_count() const { return connections_.size(); }
  const std::vector<Connection*>& connections() const { return connections_; }

  // The shard's notes on when to come back to this room; the room itself does not look at them.
  struct Schedule {
    std::uint64_t opened = 0;  // The number of the room on its shard.
    Instant alarm_at = Instant::never();
    bool to_flush = false;
  };
  Schedule schedule;

 private:
  enum class Status : std::uint8_t {
    loading,
    open,
    abandoned,  // Will be loaded anew, once no answer is awaited that is for the replica it had.
    quarantined,
    failed,
  };

  // An update of this turn, waiting for flush().
  struct Incoming {
    ConnectionId author;
    SharedBytes update;
    Ticket ticket;
    Instant received_at;
  };

  // What a state vector lacks, encoded once for all who ask for it at about the same time: those
  // who join an empty page, those who come back together after a restart.
  struct EncodedSync {
    SharedBytes state_vector;
    std::vector<SharedBytes> frames = {};  // Never empty; the last is the step 2.
    std::size_t bytes = 0;                 // Charged to the shard while this exists.
    std::uint64_t ring_index = 0;          // Goes on in the ring from here.
    Instant made_at;
    std::size_t readers = 0;  // Connections that still send it.
    bool fresh = true;        // New connections may still get it.
  };
  using Syncs = std::map<std::uint64_t, EncodedSync>;  // By number, so by age.

  // TokenSource and AppendPath.
  RequestToken next_token() override;
  void send_append(Ticket ticket, const SharedBytes& update, std::uint64_t checksum) override;

  RequestToken token_for(Ticket ticket);

  Instant now() const;

  // room_loading.cc
  void load();
  bool will_open() const { return status_ == Status::loading || status_ == Status::abandoned; }
  void abandon(std::string_view problem);
  void after_load_step();
  void open_document();
  void fail_loading(const std::string& problem);
  void quarantine(std::string_view problem);
  void refuse_all(protocol::CloseCode code, std::string_view reason, ports::Rejection rejection);
  void refuse(Connection& connection, protocol::CloseCode code, std::string_view reason,
              ports::Rejection rejection);
  void repair();
  void request_log_repair();
  void take_log_records(const ports::LogPage& page);
  void fail_log_repair();
  void request_snapshot(Sequence before);
  void take_snapshot(Result<std::optional<ports::Snapshot>> snapshot);
  void merge_snapshot(Result<std::optional<ports::Snapshot>> snapshot);
  bool everything_is_logged() const;
  bool snapshot_worthwhile() const;
  void make_snapshot();
  void write_held_snapshot();
  void settle();

  // room_inbound.cc
  void greet(Connection& connection);
  void note_announced(Connection& connection, std::optional<std::uint64_t> client);
  bool may_be_here_twice(const Connection& connection) const;
  void on_step1(Connection& connection, BytesView state_vector);
  void on_update(Connection& connection, BytesView update, bool is_step2);
  std::optional<LogWriter::Committed> finish_append(Ticket ticket, ports::Outcome outcome,
                                                    ErrorCode error);
  void on_awareness(Connection& connection, BytesView awareness);
  void refuse_update(Connection& connection, const Error& error);
  void refuse_frame(Connection& connection, const Error& error);
  Instant awareness_now() const;
  void publish_awareness(const std::vector<protocol::AwarenessEntry>& entries);
  void update_reading(Connection& connection);
  void set_held_back(Connection& connection, bool held_back);

  // room_buffer.cc; REQUIRES: follower_.
  void request_buffer_page();
  void request_buffer_repair();
  void take_loading_page(Result<ports::BufferPage> page);
  void take_buffer_page(const ports::BufferPage& page);
  void note_buffer_page(const ports::BufferPage& page);
  void note_lineage(std::uint64_t lineage);
  void append_again_what_is_in_doubt();
  void resolve_doubts();
  void note_doubts();
  void append_again(std::vector<BufferFollower::Retained> entries);
  void note_retained();
  void expect_repair();
  bool goes_around_the_buffer() const;

  // room_outbound.cc
  void seal_turn();
  RingEntry make_entry();
  void mark_overtaken();
  void note_durable(Connection& connection);
  void pump(Connection& connection);
  bool send_next(Connection& connection);
  void send(Connection& connection, SharedBytes frame);
  bool send_acknowledgement(Connection& connection);
  bool send_owed_echo(Connection& connection);
  bool send_ring_entry(Connection& connection);
  void deliver(Connection& connection, RingEntry& entry);
  bool send_awareness(Connection& connection);
  void drop_consumed_entries();
  void close_leavers();

  // room_sync.cc
  bool waits_for_durability(const Connection& connection) const;
  bool prepare_bulk(Connection& connection);
  void start_bulk(Connection& connection, Syncs::iterator sync);
  Syncs::iterator find_fresh_sync(BytesView state_vector);
  Syncs::iterator encode_shared_sync(SharedBytes state_vector);
  Syncs::iterator retire_sync(Syncs::iterator sync);
  void retire_syncs_before(std::uint64_t ring_index);
  void retire_syncs_made_before(Instant instant);
  void release_sync(Connection& connection);
  std::vector<SharedBytes> encode_sync(BytesView state_vector);

  // Constant after construction.
  RoomHost& host_;
  const DocumentName name_;

  Status status_ = Status::loading;
  std::optional<DocumentLoader> loader_;  // Exactly while loading.
  std::optional<crdt::Doc> doc_;          // Exactly while open.
  Instant loading_since_;
  std::size_t outstanding_ = 0;  // Requests whose answers have not come.
  bool finished_ = false;
  bool draining_ = false;
  bool evicting_ = false;  // Implies draining_.

  // In the order of joining, but for the last moving into a gap.
  std::vector<Connection*> connections_;
  // Invariants: how many of them have not said whose they are; how many are a client's own.
  std::size_t unannounced_ = 0;
  std::map<std::uint64_t, std::size_t> connections_of_;

  LogWriter writer_;
  SequenceTracker tracker_;  // What the replica has of the log.
  RecentRecords recent_;
  std::optional<BufferFollower> follower_;  // Exactly if there is a buffer.
  BufferReading reading_;
  Sequence snapshot_sequence_;      // Of the last snapshot that is known to exist.
  Sequence snapshot_before_;        // Of the one before, should this one fail.
  Sequence heard_;                  // The log goes at least up to here.
  bool compare_when_open_ = false;  // Something may have been missed while loading.
  // A snapshot that waits until all that it holds is in the log: the log is the truth, and whoever
  // loads the snapshot takes its content for durable.
  struct HeldSnapshot {
    ports::Snapshot snapshot;
    Ticket after;
  };
  std::optional<HeldSnapshot> held_snapshot_;
  bool snapshot_outstanding_ = false;
  bool log_read_outstanding_ = false;
  bool reading_log_ = false;  // To its end, page by page.
  bool buffer_read_outstanding_ = false;
  bool final_snapshot_tried_ = false;

  // Of the turn that is not flushed yet.
  std::vector<Incoming> turn_;
  // What is forwarded only once it is durable, by ticket.
  std::map<Ticket, Incoming> held_;
  bool durable_changed_ = false;
  AwarenessTable::Version awareness_flushed_ = 0;
  std::size_t leaving_ = 0;  // Invariant: how many connections are leaving.
  // Connections for which a commit or the passing of time may change what they can be sent.
  std::map<ConnectionId, Connection*> waiting_;

  UpdateRing ring_;
  Syncs syncs_;
  std::uint64_t last_sync_ = 0;
  AwarenessTable awareness_;
  // Encoded for those who have seen up to a version; of awareness_frames_of_ only.
  std::map<AwarenessTable::Version, SharedBytes> awareness_frames_;
  AwarenessTable::Version awareness_frames_of_ = 0;

  // Deadlines; never() when not running.
  Instant idle_since_;
  Instant fold_at_ = Instant::never();
  Instant snapshot_at_ = Instant::never();
  Instant repair_at_ = Instant::never();
  Instant doubts_until_ = Instant::never();
  Instant around_buffer_until_;  // Until then, appends go to the log.
  Instant held_back_until_ = Instant::never();
  Instant budget_retry_at_ = Instant::never();
  Instant quarantined_until_ = Instant::never();
  Instant reload_at_;  // Not before, if abandoned.

  ports::GaugeShare open_gauge_;
  ports::GaugeShare quarantined_gauge_;
  ports::GaugeShare memory_gauge_;
  ports::GaugeShare unlogged_gauge_;
  ports::GaugeShare undrained_gauge_;
  ports::GaugeShare ring_gauge_;
  ports::GaugeShare paused_gauge_;
  std::size_t paused_ = 0;
  // What holds back its writers.
  HighWater unlogged_high_;
  HighWater undrained_high_;
};

}  // namespace syncline::core
