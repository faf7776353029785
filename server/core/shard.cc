#include "server/core/shard.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/base/planted_bug.h"
#include "server/core/room.h"
#include "server/core/shard_state.h"
#include "server/protocol/y_websocket.h"

namespace syncline::core {
namespace {

ports::Rejection rejection_of(FrameFault fault) {
  switch (fault) {
    case FrameFault::text_frame:
      return ports::Rejection::text_frame;
    case FrameFault::too_large:
      return ports::Rejection::message_too_large;
    case FrameFault::too_slow:
      return ports::Rejection::slow_consumer;
  }
  return ports::Rejection::protocol_error;
}

std::string_view sentence_of(Trouble trouble) {
  switch (trouble) {
    case Trouble::load_failed:
      return "a document could not be loaded";
    case Trouble::buffer_may_have_forgotten:
      return "the write buffer may have forgotten something; it is compared";
    case Trouble::log_went_back:
      return "the log of a document has gone back; it is loaded anew, and its clients bring what "
             "is missing";
    case Trouble::writer_closed:
      return "a writer was closed: what it wrote cannot be saved at the moment";
    case Trouble::count_:
      break;
  }
  return "";
}

std::pair<protocol::CloseCode, std::string_view> refusal_of(FrameFault fault) {
  switch (fault) {
    case FrameFault::text_frame:
      return {protocol::CloseCode::unsupported_data, "text frames are not part of the protocol"};
    case FrameFault::too_large:
      return {protocol::CloseCode::message_too_large,
              "the message is larger than the server takes"};
    case FrameFault::too_slow:
      return {protocol::CloseCode::try_again_later, "the message took too long to arrive"};
  }
  return {protocol::CloseCode::protocol_error, ""};
}

}  // namespace

void Shard::State::connect(ConnectionId id, const ConnectRequest& request) {
  if (draining_) {
    return refuse(id, protocol::CloseCode::restarting, "the server restarts",
                  ports::Rejection::draining);
  }
  const auto name = DocumentName::parse(request.document);
  if (!name.ok()) {
    return refuse(id, protocol::CloseCode::bad_request, name.error().detail,
                  ports::Rejection::bad_document_name);
  }
  if (connections_.size() >= config_.connections_max) {
    return refuse(id, protocol::CloseCode::try_again_later, "too many connections",
                  ports::Rejection::too_many_connections);
  }
  Room* room = find_room(*name);
  if (room == nullptr) {
    if (rooms_.size() >= config_.documents_max) {
      return refuse(id, protocol::CloseCode::try_again_later, "too many open documents",
                    ports::Rejection::too_many_documents);
    }
    room = rooms_.emplace(*name, std::make_unique<Room>(*this, *name)).first->second.get();
    room->schedule.opened = ++rooms_opened_;
  } else if (room->evicting()) {
    return refuse(id, protocol::CloseCode::try_again_later, "the document is being loaded anew",
                  ports::Rejection::evicted);
  } else if (room->connection_count() >= config_.connections_per_document_max) {
    return refuse(id, protocol::CloseCode::try_again_later, "too many connections to the document",
                  ports::Rejection::too_many_connections_document);
  }
  ports_.metrics.add(ports::Counter::connections_opened);
  ports_.metrics.add(ports::Gauge::connections, 1);
  const Instant now = ports_.clock.now();
  Connection& connection = connections_[id];
  connection.id = id;
  connection.acks = request.acks;
  connection.client = request.client;
  connection.user = request.user;
  connection.last_sent_at = connection.progress_at = now;
  connection_alarms_.emplace(
      now + std::min({config_.keepalive_interval, config_.write_stall_max, config_.held_back_max}),
      id);
  room->join(connection);
  if (Connection* const joined = find(id)) {
    joined->registered = true;
    ports_.sessions.add(id, *name, joined->user, ports_.clock.wall_now());
  }
  touch(*room);
}

void Shard::State::report(Trouble trouble, ports::LogLevel level, const DocumentName& document,
                          std::string_view problem) {
  troubles_[static_cast<std::size_t>(trouble)].write(
      ports_.log, ports_.clock.now(), level, sentence_of(trouble), document.text(), problem);
}

// Once for the shard that it fails, and once that it works again, however many documents it
// concerns.
void Shard::State::note_appends_fail(const DocumentName& document, ErrorCode error) {
  const bool first = rooms_failing_++ == 0;
  ports_.log.write(first ? ports::LogLevel::error : ports::LogLevel::debug,
                   "updates cannot be made durable; they are kept and tried again",
                   {{"document", document.text()}, {"problem", describe(error)}});
}

void Shard::State::note_appends_succeed(const DocumentName& document) {
  SYNCLINE_ASSERT(rooms_failing_ > 0);
  const bool last = --rooms_failing_ == 0;
  ports_.log.write(last ? ports::LogLevel::info : ports::LogLevel::debug,
                   "updates are durable again", {{"document", document.text()}});
}

void Shard::State::touch(Room& room) {
  note_needs(room);
  note_totals();
}

// Holds back all writers while too much is on its way, though no document has its own fill of it.
void Shard::State::note_totals() {
  const bool before = behind();
  unlogged_high_.update(totals_.unlogged_bytes, config_.unlogged_total_bytes_max);
  undrained_high_.update(totals_.undrained_bytes, config_.undrained_total_bytes_max);
  if (behind() == before) return;
  ports_.log.write(behind() ? ports::LogLevel::warning : ports::LogLevel::info,
                   behind()
                       ? "the writers of all documents are held back: too much is not saved, or "
                         "not moved into the log"
                       : "the writers of all documents are read again",
                   {{"unlogged_bytes", std::to_string(totals_.unlogged_bytes)},
                    {"undrained_bytes", std::to_string(totals_.undrained_bytes)}});
  if (behind()) return;
  for (Room* room : all_rooms()) {
    room->look_at_writers();
    note_needs(*room);
  }
}

void Shard::State::note_needs(Room& room) {
  Room::Schedule& schedule = room.schedule;
  if (room.finished()) {
    if (schedule.alarm_at != Instant::never()) room_alarms_.erase(alarm_of(room));
    if (schedule.to_flush) std::erase(to_flush_, &room);
    rooms_.erase(rooms_.find(room.name()));
    return;
  }
  if (!schedule.to_flush && room.needs_flush()) {
    schedule.to_flush = true;
    to_flush_.push_back(&room);
  }
  schedule_checks(room);
  const Instant next = room.next_deadline();
  if (schedule.alarm_at <= next) return;
  if (schedule.alarm_at != Instant::never()) room_alarms_.erase(alarm_of(room));
  schedule.alarm_at = next;
  room_alarms_.insert(alarm_of(room));
}

void Shard::State::flush() {
  std::vector<Room*> rooms = std::exchange(to_flush_, {});
  if (planted(PlantedBug::address_order_decides)) {
    const auto by_address = [](Room* room) { return std::hash<Room*>()(room) % 1021; };
    std::ranges::stable_sort(rooms, {}, by_address);
  }
  // Flushing one room does not end another.
  for (Room* room : rooms) {
    room->schedule.to_flush = false;
    room->flush();
    touch(*room);
  }
}

void Shard::State::on_deadline() {
  const Instant now = ports_.clock.now();
  while (!room_alarms_.empty() && room_alarms_.begin()->at <= now) {
    Room* room = room_alarms_.begin()->room;
    room_alarms_.erase(room_alarms_.begin());
    room->schedule.alarm_at = Instant::never();
    room->on_deadline();
    touch(*room);
  }
  run_due_checks(now);
  run_due_handoffs(now);
  while (!connection_alarms_.empty() && connection_alarms_.begin()->first <= now) {
    const ConnectionId id = connection_alarms_.begin()->second;
    connection_alarms_.erase(connection_alarms_.begin());
    check_connection(id);
  }
}

// Room after room, so that a document is on two nodes for a short time only.
void Shard::State::drain() {
  if (std::exchange(draining_, true)) return;
  for (const auto& [name, room] : rooms_) {
    for (const Connection* connection : room->connections()) {
      to_hand_off_.push_back(connection->id);
    }
  }
  handed_off_of_ = to_hand_off_.size();
  handoff_began_at_ = ports_.clock.now();
  run_due_handoffs(handoff_began_at_);
}

// The first one leaves at once, the last one a moment before the time is up.
Instant Shard::State::next_handoff() const {
  if (to_hand_off_.empty()) return Instant::never();
  const std::size_t done = handed_off_of_ - to_hand_off_.size();
  const double part = static_cast<double>(done) / static_cast<double>(handed_off_of_);
  const auto spread = static_cast<double>(config_.handoff_spread.count());
  return handoff_began_at_ + Duration(static_cast<Duration::rep>(spread * part));
}

void Shard::State::run_due_handoffs(Instant now) {
  if (!draining_ || rooms_drain_) return;
  while (next_handoff() <= now) {
    const ConnectionId id = to_hand_off_.front();
    to_hand_off_.pop_front();
    Connection* connection = find(id);
    if (connection == nullptr) continue;
    Room& room = *connection->room;
    room.hand_off(*connection);
    touch(room);
  }
  if (to_hand_off_.empty()) drain_rooms();
}

void Shard::State::drain_rooms() {
  rooms_drain_ = true;
  for (Room* room : all_rooms()) {
    room->drain();
    touch(*room);
  }
}

std::vector<Room*> Shard::State::all_rooms() const {
  std::vector<Room*> rooms;
  for (const auto& [name, room] : rooms_) rooms.push_back(room.get());
  return rooms;
}

void Shard::State::end_connection(Connection& connection, protocol::CloseCode code,
                                  ports::Rejection rejection, std::string_view reason) {
  Room& room = *connection.room;
  ports_.metrics.reject(rejection);
  room.leave(connection);
  close_connection(connection.id, code, reason);
  touch(room);
}

void Shard::State::evict(const DocumentName& document) {
  Room* const room = find_room(document);
  if (room == nullptr) return;
  ports_.log.write(ports::LogLevel::info, "a document is evicted by order",
                   {{"document", document.text()}});
  room->evict();
  touch(*room);
}

void Shard::State::revoke_connection(ConnectionId id) {
  Connection* const connection = find(id);
  if (connection == nullptr) return;
  end_connection(*connection, protocol::CloseCode::forbidden, ports::Rejection::revoked,
                 "access was revoked");
}

void Shard::State::revoke_user(const std::string& user) {
  if (user.empty()) return;
  std::vector<ConnectionId> revoked;
  for (const auto& [name, room] : rooms_) {
    for (const Connection* connection : room->connections()) {
      if (connection->user == user) revoked.push_back(connection->id);
    }
  }
  for (const ConnectionId id : revoked) revoke_connection(id);
}

// Keeps a quiet connection alive; ends one that takes nothing, or cannot be read for too long.
void Shard::State::check_connection(ConnectionId id) {
  Connection* connection = find(id);
  if (connection == nullptr) return;
  const Instant now = ports_.clock.now();
  if (connection->held_back && now >= connection->held_back_since + config_.held_back_max) {
    report(Trouble::writer_closed, ports::LogLevel::warning, connection->room->name(), {});
    return end_connection(*connection, protocol::CloseCode::try_again_later,
                          ports::Rejection::not_durable,
                          "what was written cannot be saved at the moment");
  }
  if (connection->in_flight_bytes > 0) {
    const bool stalled = now >= connection->progress_at + config_.write_stall_max;
    const bool too_slow = !connection->bulk.empty() && now >= connection->bulk_deadline;
    if (stalled || too_slow) {
      return end_connection(*connection, protocol::CloseCode::try_again_later,
                            ports::Rejection::slow_consumer, "the client reads too slowly");
    }
  } else if (now >= connection->last_sent_at + config_.keepalive_interval) {
    SharedBytes frame(protocol::y_websocket::keepalive());
    connection->in_flight_bytes += frame.size();
    connection->last_sent_at = connection->progress_at = now;
    ports_.metrics.add(ports::Counter::frames_out);
    ports_.metrics.add(ports::Counter::bytes_out, frame.size());
    ports_.transport.send(id, std::move(frame));
  }
  // A stall that is shorter than a keepalive's wait must be seen in time as well.
  const Instant quiet = connection->last_sent_at + config_.keepalive_interval;
  const Instant again = now + std::min({config_.keepalive_interval / 2, config_.write_stall_max,
                                        config_.held_back_max});
  connection_alarms_.emplace(quiet > now ? std::min(quiet, again) : again, id);
}

Shard::Shard(const Config& config, const Ports& ports)
    : state_(std::make_unique<State>(config, ports)) {}

Shard::~Shard() = default;

void Shard::on_connect(ConnectionId connection, ConnectRequest request) {
  state_->connect(connection, request);
}

void Shard::on_message(ConnectionId connection, BytesView message) {
  Connection* known = state_->find(connection);
  if (known == nullptr || known->leaving) return;
  state_->ports_.metrics.add(ports::Counter::messages_in);
  state_->ports_.metrics.add(ports::Counter::bytes_in, message.size());
  Room& room = *known->room;
  room.on_message(*known, message);
  state_->touch(room);
}

void Shard::on_frame_fault(ConnectionId connection, FrameFault fault) {
  Connection* known = state_->find(connection);
  if (known == nullptr) return;
  const auto [code, reason] = refusal_of(fault);
  state_->end_connection(*known, code, rejection_of(fault), reason);
}

void Shard::on_sent(ConnectionId connection, std::size_t bytes) {
  Connection* known = state_->find(connection);
  if (known == nullptr) return;
  known->room->on_sent(*known, bytes);
  state_->touch(*known->room);
}

void Shard::on_disconnect(ConnectionId connection) {
  Connection* known = state_->find(connection);
  if (known == nullptr) return;
  Room& room = *known->room;
  room.leave(*known);
  state_->forget(connection);
  state_->touch(room);
}

void Shard::on_append_done(RequestToken token, ports::AppendResult result) {
  const auto [room, ticket, known] = state_->take_request(token);
  room->on_append_done(ticket, known, result);
  state_->touch(*room);
}

void Shard::on_log_page(RequestToken token, Result<ports::LogPage> page) {
  const auto [room, ticket, known] = state_->take_request(token);
  room->on_log_page(known, std::move(page));
  state_->touch(*room);
}

void Shard::on_log_heads(RequestToken token, Result<std::vector<Sequence>> heads) {
  SYNCLINE_ASSERT(state_->log_heads_ && state_->log_heads_->token == token, token);
  const auto asked = *std::exchange(state_->log_heads_, std::nullopt);
  SYNCLINE_ASSERT(!heads.ok() || heads->size() == asked.documents.size());
  // If it failed, the next check is not far.
  for (std::size_t i = 0; heads.ok() && i < asked.documents.size(); ++i) {
    if (Room* room = state_->find_room(asked.documents[i])) {
      room->on_log_head(asked.known[i], (*heads)[i]);
      state_->touch(*room);
    }
  }
  if (std::exchange(state_->log_check_waits_, false)) state_->check_log_heads();
  state_->compare_next();
}

void Shard::on_buffer_append_done(RequestToken token, ports::BufferAppendResult result) {
  const auto [room, ticket, known] = state_->take_request(token);
  room->on_buffer_append_done(ticket, result);
  state_->touch(*room);
}

void Shard::on_buffer_page(RequestToken token, Result<ports::BufferPage> page) {
  Room& room = *state_->take_request(token).room;
  room.on_buffer_page(std::move(page));
  state_->touch(room);
}

void Shard::on_buffer_heads(RequestToken token, Result<ports::BufferHeads> heads) {
  SYNCLINE_ASSERT(state_->buffer_heads_ && state_->buffer_heads_->token == token, token);
  const auto asked = *std::exchange(state_->buffer_heads_, std::nullopt);
  for (std::size_t i = 0; heads.ok() && i < asked.documents.size(); ++i) {
    const std::optional<ports::BufferHead>& head = (*heads)[i];
    Room* const room = state_->find_room(asked.documents[i]);
    if (!head || room == nullptr) continue;
    room->on_buffer_head(*head);
    state_->touch(*room);
  }
  if (std::exchange(state_->buffer_check_waits_, false)) state_->check_buffer_heads(false);
  state_->compare_next();
}

void Shard::on_buffer_claimed(RequestToken token, Result<std::vector<DocumentName>>) {
  SYNCLINE_ASSERT(false, token);
}

void Shard::on_buffer_trimmed(RequestToken token, Result<ports::BufferHead>) {
  SYNCLINE_ASSERT(false, token);
}

void Shard::on_buffer_reconnected() {
  // What is on its way may have been answered before.
  if (state_->ports_.buffer == nullptr) {
    state_->log_check_waits_ = state_->log_heads_.has_value();
    state_->check_log_heads();
  } else {
    state_->buffer_check_waits_ = state_->buffer_heads_.has_value();
    state_->check_buffer_heads(false);
  }
}

void Shard::on_buffer_update(const DocumentName& document, ports::BufferPosition position,
                             SharedBytes update) {
  if (state_->ports_.buffer == nullptr) {
    if (!std::exchange(state_->wrong_mode_reported_, true)) {
      state_->ports_.log.write(
          ports::LogLevel::error,
          "another node writes through the write buffer and this one does not: all nodes must have "
          "the same --durability",
          {{"document", document.text()}});
    }
    return;
  }
  if (Room* room = state_->find_room(document)) {
    room->on_buffer_update(position, update);
    state_->touch(*room);
  }
}

void Shard::on_snapshot_read(RequestToken token, Result<std::optional<ports::Snapshot>> snapshot) {
  Room& room = *state_->take_request(token).room;
  room.on_snapshot_read(std::move(snapshot));
  state_->touch(room);
}

void Shard::on_snapshot_written(RequestToken token, ports::SnapshotOutcome outcome) {
  Room& room = *state_->take_request(token).room;
  room.on_snapshot_written(outcome);
  state_->touch(room);
}

void Shard::on_broker_update(const DocumentName& document, Sequence sequence, SharedBytes update) {
  if (Room* room = state_->find_room(document)) {
    room->on_broker_update(sequence, update);
    state_->touch(*room);
  }
}

void Shard::on_broker_awareness(const DocumentName& document, SharedBytes awareness) {
  if (Room* room = state_->find_room(document)) {
    room->on_broker_awareness(awareness);
    state_->touch(*room);
  }
}

void Shard::on_broker_awareness_query(const DocumentName& document) {
  if (Room* room = state_->find_room(document)) room->on_broker_awareness_query();
}

void Shard::on_broker_subscribed(const DocumentName& document) {
  if (Room* room = state_->find_room(document)) room->on_broker_subscribed();
}

void Shard::on_buffer_filling(bool filling) {
  state_->buffer_fills_ = filling;
  if (filling) return;  // Writers notice with the next thing they write.
  for (Room* room : state_->all_rooms()) {
    room->look_at_writers();
    state_->touch(*room);
  }
}

void Shard::flush() { state_->flush(); }

bool Shard::needs_flush() const { return !state_->to_flush_.empty(); }

Instant Shard::next_deadline() const {
  Instant next = Instant::never();
  if (!state_->room_alarms_.empty()) next = state_->room_alarms_.begin()->at;
  if (!state_->connection_alarms_.empty()) {
    next = std::min(next, state_->connection_alarms_.begin()->first);
  }
  return std::min({next, state_->log_check_at_, state_->buffer_check_at_,
                   state_->undrained_check_at_, state_->next_handoff()});
}

void Shard::on_deadline() { state_->on_deadline(); }

void Shard::evict(const DocumentName& document) { state_->evict(document); }

void Shard::revoke_connection(ConnectionId connection) { state_->revoke_connection(connection); }

void Shard::revoke_user(const std::string& user) { state_->revoke_user(user); }

void Shard::drain() { state_->drain(); }

void Shard::drain_expired() {
  for (Room* room : state_->all_rooms()) {
    room->close_all();
    state_->touch(*room);
  }
}

bool Shard::drained() const {
  return state_->draining_ && state_->rooms_.empty() && !state_->log_heads_ &&
         !state_->buffer_heads_;
}

std::size_t Shard::connection_count() const { return state_->connections_.size(); }

std::size_t Shard::room_count() const { return state_->rooms_.size(); }

}  // namespace syncline::core
