// What comes in: joins, messages, commits, other nodes.

#include <algorithm>
#include <type_traits>
#include <variant>

#include "server/base/planted_bug.h"
#include "server/core/checksum.h"
#include "server/core/room.h"
#include "server/lib0/decoder.h"

namespace syncline::core {
namespace {

namespace y_websocket = protocol::y_websocket;

// Whether an update has structs, or only deletions; its first number counts the clients with
// structs.
bool has_structs(BytesView update) { return !update.empty() && update[0] != std::byte{0}; }

// True if the update holds nothing that another client may have written. Others' writing that a
// connection brings (after a crash, from a browser's storage) must not be forwarded before it is
// durable: it may get back to its author, who would take it as saved.
// REQUIRES: the update has been checked.
bool is_own_writing(const Connection& connection, BytesView update) {
  lib0::Decoder decoder(update);
  std::uint64_t clients = 0;
  std::uint64_t structs = 0;
  std::uint64_t client = 0;
  if (!decoder.take_var_uint(clients) || clients > 1) return false;
  if (clients == 0) return true;
  if (!decoder.take_var_uint(structs) || !decoder.take_var_uint(client)) return false;
  return !connection.own_client || *connection.own_client == client;
}

// Bytes that are no update at all, rather than one that is not allowed.
bool is_undecodable(ErrorCode code) {
  switch (code) {
    case ErrorCode::truncated:
    case ErrorCode::number_too_large:
    case ErrorCode::trailing_bytes:
    case ErrorCode::invalid_utf8:
    case ErrorCode::unknown_type:
      return true;
    default:
      return false;
  }
}

}  // namespace

void Room::join(Connection& connection) {
  connection.room = this;
  if (status_ == Status::quarantined) {
    connections_.push_back(&connection);
    ++unannounced_;
    return refuse(connection, protocol::CloseCode::quarantined,
                  "the document is damaged and was quarantined", ports::Rejection::quarantined);
  }
  if (connections_.empty() && will_open()) loading_since_ = now();
  connections_.push_back(&connection);
  ++unannounced_;
  idle_since_ = Instant::never();
  final_snapshot_tried_ = false;
  finished_ = false;
  if (status_ == Status::open) greet(connection);
}

// The server's own step 1 always comes: without it, what a client wrote offline is never uploaded.
void Room::greet(Connection& connection) {
  send(connection, SharedBytes(y_websocket::sync_step1(doc_->encode_state_vector())));
  pump(connection);
  update_reading(connection);
}

void Room::leave(Connection& connection) {
  std::erase(connections_, &connection);
  if (!connection.announced) --unannounced_;
  if (connection.own_client && --connections_of_[*connection.own_client] == 0) {
    connections_of_.erase(*connection.own_client);
  }
  waiting_.erase(connection.id);
  release_sync(connection);
  set_held_back(connection, false);
  if (std::exchange(connection.leaving, false)) --leaving_;
  connection.room = nullptr;
  if (!planted(PlantedBug::awareness_outlives_connection)) {
    publish_awareness(awareness_.remove_connection(connection.id));
  }
  if (connections_.empty()) {
    idle_since_ = now();
    ring_.clear();
    ring_gauge_.set(0);
    retire_syncs_made_before(Instant::never());
  }
}

// Its first words say whose connection it is, or that nobody will.
void Room::note_announced(Connection& connection, std::optional<std::uint64_t> client) {
  if (connection.announced) return;
  connection.announced = true;
  --unannounced_;
  connection.own_client = client;
  if (client) ++connections_of_[*client];
}

// True if its client may be here a second time: it lost the connection and came back, and what it
// had sent on the old one is still being read. Forwarded, that would come back to it on the new
// one, and it would take it for saved.
bool Room::may_be_here_twice(const Connection& connection) const {
  if (unannounced_ > (connection.announced ? 0U : 1U)) return true;
  return connection.own_client && connections_of_.at(*connection.own_client) > 1;
}

void Room::on_message(Connection& connection, BytesView message) {
  if (status_ != Status::open) return;  // One that was on its way when the room closed its doors.
  auto parsed = y_websocket::parse(message);
  if (!parsed.ok()) return refuse_frame(connection, parsed.error());
  std::visit(
      [&](const auto& content) {
        using Content = std::decay_t<decltype(content)>;
        if constexpr (std::is_same_v<Content, y_websocket::SyncStep1>) {
          on_step1(connection, content.state_vector);
        } else if constexpr (std::is_same_v<Content, y_websocket::SyncStep2>) {
          on_update(connection, content.update, true);
        } else if constexpr (std::is_same_v<Content, y_websocket::Update>) {
          on_update(connection, content.update, false);
        } else if constexpr (std::is_same_v<Content, y_websocket::Awareness>) {
          on_awareness(connection, content.awareness_update);
        } else {
          connection.awareness_seen = 0;
          connection.awareness_asked = true;
          pump(connection);
        }
      },
      *parsed);
}

void Room::on_step1(Connection& connection, BytesView state_vector) {
  if (state_vector.size() > limits::state_vector_bytes_max) {
    return refuse(connection, protocol::CloseCode::message_too_large,
                  "the state vector is too large", ports::Rejection::message_too_large);
  }
  if (auto readable = crdt::check_state_vector(state_vector); !readable.ok()) {
    return refuse_frame(connection, readable.error());
  }
  resolve_doubts();
  connection.wanted_sync = Connection::WantedSync{SharedBytes(state_vector), writer_.last()};
  pump(connection);
}

void Room::on_update(Connection& connection, BytesView update, bool is_step2) {
  ports::Metrics& metrics = host_.ports().metrics;
  const auto applied = doc_->apply_update(update);
  fold_at_ = now() + host_.config().fold_after;
  if (!applied.ok()) return refuse_update(connection, applied.error());
  metrics.add(ports::Counter::updates_in);
  ++connection.update_messages;
  // An update that holds nothing new is durable once everything before it is: what it repeats may
  // still be on its way to the log. Or it is what the buffer may have forgotten: whoever appended
  // that would do so again, but may be gone.
  if (!applied->changed) resolve_doubts();
  Ticket ticket = writer_.last();
  const bool worth_an_echo = applied->changed || has_structs(update) ||
                             (!is_step2 && !std::ranges::equal(update, crdt::empty_update()));
  SharedBytes shared;
  if (worth_an_echo) shared = SharedBytes(update);
  if (applied->changed) {
    ticket = writer_.append(shared, now());
    connection.last_ticket = ticket;
    Incoming incoming{
        .author = connection.id, .update = shared, .ticket = ticket, .received_at = now()};
    if (!is_step2 && is_own_writing(connection, update) && !may_be_here_twice(connection)) {
      turn_.push_back(std::move(incoming));
    } else {
      held_.emplace(ticket, std::move(incoming));
    }
  } else {
    metrics.add(ports::Counter::updates_unchanged);
  }
  if (worth_an_echo) {
    connection.owed_bytes += shared.size();
    connection.owed.push_back({.ticket = ticket, .update = std::move(shared)});
  }
  if (is_step2) note_announced(connection, {});  // A stock client says its own state before this.
  if (!connection.unacked.empty() && connection.unacked.back().ticket == ticket) {
    connection.unacked.back().ordinal = connection.update_messages;
  } else {
    connection.unacked.push_back({.ordinal = connection.update_messages, .ticket = ticket});
  }
  waiting_.emplace(connection.id, &connection);
  if (ticket <= writer_.durable()) durable_changed_ = true;
  unlogged_gauge_.set(writer_.unlogged_bytes());
  update_reading(connection);
}

void Room::refuse_update(Connection& connection, const Error& error) {
  host_.ports().log.write(
      ports::LogLevel::warning, "an update was refused",
      {{"document", name_.text()}, {"client", connection.client}, {"problem", error.message()}});
  const std::string reason = error.message().substr(0, limits::close_reason_bytes_max);
  if (is_undecodable(error.code)) {
    return refuse(connection, protocol::CloseCode::malformed, reason,
                  ports::Rejection::malformed_update);
  }
  refuse(connection, protocol::CloseCode::update_refused, reason,
         error.code == ErrorCode::too_many_pending ? ports::Rejection::pending_full
                                                   : ports::Rejection::update_refused);
}

void Room::refuse_frame(Connection& connection, const Error& error) {
  const auto code = error.code == ErrorCode::unknown_type ? protocol::CloseCode::protocol_error
                                                          : protocol::CloseCode::malformed;
  refuse(connection, code, error.message().substr(0, limits::close_reason_bytes_max),
         ports::Rejection::protocol_error);
}

void Room::on_awareness(Connection& connection, BytesView awareness) {
  const Config& config = host_.config();
  // Stock clients send back every change that they hear, so a message may name everybody in the
  // room.
  const protocol::AwarenessLimits limits{.entries_max = limits::awareness_entries_max,
                                         .state_bytes_max = config.awareness_state_bytes_max};
  auto entries = protocol::decode_awareness(awareness, limits);
  if (!entries.ok()) {
    if (entries.error().code != ErrorCode::too_large) {
      return refuse_frame(connection, entries.error());
    }
    return refuse(connection, protocol::CloseCode::message_too_large,
                  "the awareness state is too large", ports::Rejection::awareness_limit);
  }
  host_.ports().metrics.add(ports::Counter::awareness_in);
  if (!connection.announced && !entries->empty()) {
    std::optional<std::uint64_t> client;
    if (entries->size() == 1) client = entries->front().client;
    note_announced(connection, client);
  }
  const auto changed =
      awareness_.apply_local(connection.id, connection.own_client, *entries, awareness_now());
  publish_awareness(changed);
  for (const protocol::AwarenessEntry& entry : changed) {
    if (awareness_.is_owner(connection.id, entry.client)) {
      connection.client_ids.insert(entry.client);
    }
  }
  if (connection.client_ids.size() > config.awareness_clients_per_connection_max) {
    refuse(connection, protocol::CloseCode::message_too_large,
           "one connection announces too many clients", ports::Rejection::awareness_limit);
  }
}

void Room::publish_awareness(const std::vector<protocol::AwarenessEntry>& entries) {
  if (entries.empty()) return;
  host_.ports().broker.publish_awareness(name_, SharedBytes(protocol::encode_awareness(entries)));
}

// Common to log and buffer. Returns what was committed, nothing if it will be tried again.
std::optional<LogWriter::Committed> Room::finish_append(Ticket ticket, ports::Outcome outcome,
                                                        ErrorCode error) {
  --outstanding_;
  ports::Metrics& metrics = host_.ports().metrics;
  if (planted(PlantedBug::unknown_is_committed) && outcome == ports::Outcome::unknown) {
    outcome = ports::Outcome::committed;
  }
  const bool was_failing = writer_.failing();
  auto committed = writer_.on_append_done(ticket, outcome, now());
  unlogged_gauge_.set(writer_.unlogged_bytes());
  if (!committed) {
    if (!was_failing) host_.note_appends_fail(name_, error);
    return committed;
  }
  if (was_failing) host_.note_appends_succeed(name_);
  metrics.add(ports::Counter::updates_committed);
  metrics.observe(ports::Histogram::ack_seconds,
                  std::chrono::duration<double>(now() - committed->received_at).count());
  durable_changed_ = true;
  if (status_ == Status::open) {
    if (auto held = held_.extract(ticket)) turn_.push_back(std::move(held.mapped()));
  }
  return committed;
}

void Room::on_append_done(Ticket ticket, Sequence known, const ports::AppendResult& result) {
  const auto committed = finish_append(ticket, result.outcome, result.error);
  if (!committed) return;
  if (planted(PlantedBug::unknown_is_committed) && result.sequence.value == 0) return settle();
  host_.ports().broker.publish_update(name_, result.sequence, committed->update);
  if (status_ != Status::open) return settle();
  if (result.sequence <= known || !recent_.note(result.sequence, committed->checksum)) {
    abandon("an update was appended as record " + std::to_string(result.sequence.value) +
            ", which was another");
    return settle();
  }
  tracker_.add(result.sequence);
  if (tracker_.has_gap() && repair_at_ == Instant::never()) {
    repair_at_ = now() + host_.config().gap_repair_delay;
  }
  if (snapshot_at_ == Instant::never() && !snapshot_outstanding_ && snapshot_worthwhile()) {
    snapshot_at_ = now() + host_.config().snapshot_interval;
  }
  settle();
}

void Room::on_broker_update(Sequence sequence, const SharedBytes& update) {
  if (status_ == Status::loading) {
    heard_ = std::max(heard_, sequence);
    return;
  }
  if (status_ != Status::open || sequence.value == 0) return;
  if (tracker_.contains(sequence)) {
    if (recent_.note(sequence, checksum(update.view()))) return;
    abandon("record " + std::to_string(sequence.value) + " was another before");
    return settle();
  }
  const auto applied = doc_->apply_update(update.view());
  fold_at_ = now() + host_.config().fold_after;
  // What cannot be applied was damaged on its way: the log has it, and the gap will be read from
  // there.
  if (applied.ok()) {
    recent_.note(sequence, checksum(update.view()));
    tracker_.add(sequence);
    if (planted(PlantedBug::gap_ignored)) tracker_.add_through(sequence);
    if (applied->changed && !planted(PlantedBug::remote_update_not_forwarded)) {
      turn_.push_back({.author = {}, .update = update, .ticket = {}, .received_at = now()});
    }
  }
  if ((tracker_.has_gap() || !applied.ok()) && repair_at_ == Instant::never()) {
    heard_ = std::max(heard_, sequence);
    repair_at_ = now() + host_.config().gap_repair_delay;
  }
}

// What the age of an awareness state is measured with.
Instant Room::awareness_now() const {
  if (planted(PlantedBug::wall_clock_expires_awareness)) {
    return {host_.ports().clock.wall_now().since_epoch};
  }
  return now();
}

void Room::on_broker_awareness(const SharedBytes& awareness) {
  const protocol::AwarenessLimits limits{
      .entries_max = 1'000'000, .state_bytes_max = host_.config().awareness_state_bytes_max};
  // Lost awareness is renewed within 15 s by its client; a damaged message is as good as a lost
  // one.
  if (auto entries = protocol::decode_awareness(awareness.view(), limits); entries.ok()) {
    awareness_.apply_remote(*entries, awareness_now());
  }
}

void Room::on_broker_awareness_query() { publish_awareness(awareness_.local_states()); }

// Holds back a sender while the store, or the sender's own reading, is behind what it has written;
// and while it waits for a full state, which must not hold updates of its own that are not durable.
void Room::update_reading(Connection& connection) {
  const std::size_t bytes_max = host_.config().unlogged_bytes_max;
  const std::size_t owed_max = std::min(bytes_max, 4 * host_.config().send_window_bytes);
  const std::size_t undrained = follower_ ? follower_->retained_bytes() : 0;
  unlogged_high_.update(writer_.unlogged_bytes(), bytes_max);
  undrained_high_.update(undrained, host_.config().undrained_bytes_max);
  connection.owed_high.update(connection.owed_bytes, owed_max);
  // A buffer that fills takes from a document again once it has passed on what it has of it.
  const bool buffer_fills = host_.buffer_fills() && undrained > 0;
  const bool too_much = host_.behind() || buffer_fills || unlogged_high_.above() ||
                        undrained_high_.above() || connection.owed_high.above();
  const bool wanted = !connection.leaving && !waits_for_durability(connection) && !too_much;
  // Also one who has just come and is not read yet: somebody has to look at it again.
  set_held_back(connection, !wanted && !connection.leaving);
  if (wanted == connection.reading) return;
  connection.reading = wanted;
  host_.ports().transport.set_reading(connection.id, wanted);
}

void Room::look_at_writers() {
  if (paused_ > 0) durable_changed_ = true;  // Lets flush() look at them.
}

void Room::set_held_back(Connection& connection, bool held_back) {
  if (held_back == connection.held_back) return;
  connection.held_back = held_back;
  connection.held_back_since = now();
  paused_gauge_.set(held_back ? ++paused_ : --paused_);
}

}  // namespace syncline::core
