#include "server/core/shard.h"

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "server/base/planted_bug.h"
#include "server/core/high_water.h"
#include "server/core/log_throttle.h"
#include "server/core/room.h"
#include "server/ports/gauge_share.h"
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

// What waits longer than this for a worker makes one look for it.
constexpr Duration undrained_late_after = seconds(30);

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

class Shard::State final : public RoomHost {
 public:
  State(const Config& config, const Ports& ports)
      : config_(config),
        ports_(ports),
        late_gauge_(ports.metrics, ports::Gauge::documents_undrained_late) {}

  // RoomHost.
  const Config& config() const override { return config_; }
  const Ports& ports() override { return ports_; }
  RequestToken issue_token(Room& room, Ticket ticket, Sequence known) override {
    ++last_token_.value;
    requests_.emplace(last_token_, Request{&room, ticket, known});
    return last_token_;
  }
  void close_connection(ConnectionId id, protocol::CloseCode code,
                        std::string_view reason) override {
    ports_.transport.close(id, number(code), reason);
    forget(id);
  }
  bool catch_up_budget_left() const override {
    return catch_up_bytes_ < config_.catch_up_bytes_max;
  }
  void charge_catch_up(std::size_t bytes) override { catch_up_bytes_ += bytes; }
  void release_catch_up(std::size_t bytes) override {
    SYNCLINE_ASSERT(catch_up_bytes_ >= bytes, catch_up_bytes_, bytes);
    catch_up_bytes_ -= bytes;
  }
  void compare(const Room& room) override {
    to_compare_.push_back(room.name());
    compare_next();
  }
  bool buffer_fills() const override { return buffer_fills_; }

  Totals& totals() override { return totals_; }
  bool behind() const override { return unlogged_high_.above() || undrained_high_.above(); }
  void report(Trouble trouble, ports::LogLevel level, const DocumentName& document,
              std::string_view problem) override {
    troubles_[static_cast<std::size_t>(trouble)].write(
        ports_.log, ports_.clock.now(), level, sentence_of(trouble), document.text(), problem);
  }
  void note_appends_fail(const DocumentName& document, ErrorCode error) override;
  void note_appends_succeed(const DocumentName& document) override;

  // What a request was for. The answer to it has come.
  struct Request {
    Room* room;
    Ticket ticket;
    Sequence known;
  };
  Request take_request(RequestToken token) {
    const auto at = requests_.find(token);
    SYNCLINE_ASSERT(at != requests_.end(), token);
    const Request request = at->second;
    requests_.erase(at);
    return request;
  }

  Connection* find(ConnectionId id) {
    const auto at = connections_.find(id);
    return at == connections_.end() ? nullptr : &at->second;
  }
  Room* find_room(const DocumentName& name) {
    const auto at =
        planted(PlantedBug::cross_document_delivery) ? rooms_.lower_bound(name) : rooms_.find(name);
    return at == rooms_.end() ? nullptr : at->second.get();
  }

  void connect(ConnectionId id, const ConnectRequest& request);
  void refuse(ConnectionId id, protocol::CloseCode code, std::string_view reason,
              ports::Rejection rejection) {
    ports_.metrics.reject(rejection);
    ports_.transport.close(id, number(code), reason);
  }
  void forget(ConnectionId id) {
    const auto at = connections_.find(id);
    if (at == connections_.end()) return;
    if (at->second.registered) ports_.sessions.remove(id);
    connections_.erase(at);
    ports_.metrics.add(ports::Counter::connections_closed);
    ports_.metrics.add(ports::Gauge::connections, -1);
  }

  // Something happened in `room`: notes what it needs, and drops it if it is done.
  void touch(Room& room);
  void note_needs(Room& room);
  void note_totals();
  void note_undrained(Instant now);
  void flush();
  void on_deadline();
  void check_connection(ConnectionId id);
  void end_connection(Connection& connection, protocol::CloseCode code, ports::Rejection rejection,
                      std::string_view reason);

  // Orders.
  void evict(const DocumentName& document);
  void revoke_connection(ConnectionId id);
  void revoke_user(const std::string& user);

  // Handoff.
  void drain();
  Instant next_handoff() const;
  void run_due_handoffs(Instant now);
  void drain_rooms();
  std::vector<Room*> all_rooms() const;

  // Anti-entropy.
  Duration log_check_interval() const;
  void schedule_checks(const Room& room);
  void set_check(Instant& check_at, Duration interval);
  void run_due_checks(Instant now);
  std::vector<DocumentName> names_of_rooms(bool only_retaining) const;
  void check_log_heads();
  void check_buffer_heads(bool only_retaining);
  void ask_log_heads(std::vector<DocumentName> names, bool of_all);
  void ask_buffer_heads(std::vector<DocumentName> names, bool of_all);
  void compare_next();
  Duration jittered(Duration interval);

  const Config config_;
  const Ports ports_;

  // What the log of the node is told.
  std::array<LogThrottle, static_cast<std::size_t>(Trouble::count_)> troubles_;
  std::size_t rooms_failing_ = 0;  // To append.
  bool wrong_mode_reported_ = false;

  Totals totals_;
  HighWater unlogged_high_;
  HighWater undrained_high_;
  ports::GaugeShare late_gauge_;
  bool late_ = false;

  RequestToken last_token_;
  std::unordered_map<RequestToken, Request> requests_;        // Never iterated.
  std::unordered_map<ConnectionId, Connection> connections_;  // Never iterated.
  std::map<DocumentName, std::unique_ptr<Room>> rooms_;
  std::size_t catch_up_bytes_ = 0;
  bool draining_ = false;
  bool rooms_drain_ = false;  // Every connection has been handed off.

  // Many documents are compared in one round trip, one such request at a time.
  struct HeadsRequest {
    RequestToken token;
    std::vector<DocumentName> documents;
    bool of_all;
    std::vector<Sequence> known = {};  // Of the log, when it was asked.
  };
  std::optional<HeadsRequest> log_heads_;
  std::optional<HeadsRequest> buffer_heads_;
  // A comparison of all that fell due while one of some was on its way, or whose answers may be
  // older than the connection.
  bool log_check_waits_ = false;
  bool buffer_check_waits_ = false;
  // Of rooms that are not to wait for the next check, but for the request that is on its way.
  std::vector<DocumentName> to_compare_;
  bool buffer_fills_ = false;
  // When to compare next; never() if no room needs it.
  Instant log_check_at_ = Instant::never();
  Instant buffer_check_at_ = Instant::never();
  Instant undrained_check_at_ = Instant::never();

  // Who is still to be handed off, the next one first, and how many there were.
  std::deque<ConnectionId> to_hand_off_;
  std::size_t handed_off_of_ = 0;
  Instant handoff_began_at_;

  // Rooms with something to forward, in the order in which they asked.
  std::vector<Room*> to_flush_;

  // Alarms are not moved when a deadline becomes later: an early one finds nothing due and is set
  // anew. Rooms at the same instant come in the order in which they were opened.
  struct RoomAlarm {
    Instant at;
    std::uint64_t opened;
    Room* room;
    bool operator<(const RoomAlarm& other) const {
      return std::pair(at, opened) < std::pair(other.at, other.opened);
    }
  };
  static RoomAlarm alarm_of(Room& room) {
    return {room.schedule.alarm_at, room.schedule.opened, &room};
  }
  std::uint64_t rooms_opened_ = 0;
  std::set<RoomAlarm> room_alarms_;
  std::set<std::pair<Instant, ConnectionId>> connection_alarms_;
};

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

// Says once that workers are missing, and once that they are back.
void Shard::State::note_undrained(Instant now) {
  std::size_t late = 0;
  for (const auto& [name, room] : rooms_) {
    if (room->undrained_since() < now - undrained_late_after) ++late;
  }
  late_gauge_.set(late);
  if (late_ == (late > 0)) return;
  late_ = late > 0;
  if (late_) {
    ports_.log.write(ports::LogLevel::warning,
                     "nothing moves edits out of the write buffer into the log; does a worker run?",
                     {{"documents", std::to_string(late)}});
  } else {
    ports_.log.write(ports::LogLevel::info,
                     "edits are moved out of the write buffer into the log again", {});
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

// Jittered, so that the nodes do not all ask at once.
Duration Shard::State::jittered(Duration interval) {
  const auto half = static_cast<std::uint64_t>(interval.count() / 2);
  const auto jitter = static_cast<Duration::rep>(half > 0 ? ports_.random.below(half) : 0);
  return interval - interval / 4 + Duration(jitter);
}

// Where nodes commit to the log without the buffer, it brings nobody what one of them that is cut
// off from it alone commits.
Duration Shard::State::log_check_interval() const {
  const Duration often = config_.anti_entropy_interval;
  if (ports_.buffer == nullptr) return often;
  const bool buffer_brings_all = !config_.commit_without_buffer || often <= Duration::zero();
  return buffer_brings_all ? config_.log_check_interval
                           : std::min(often, config_.log_check_interval);
}

// A room is there, or has changed: makes sure that it will be compared.
void Shard::State::schedule_checks(const Room& room) {
  set_check(log_check_at_, log_check_interval());
  if (ports_.buffer == nullptr) return;
  set_check(buffer_check_at_, config_.anti_entropy_interval);
  if (room.retains()) set_check(undrained_check_at_, config_.undrained_check_interval);
}

void Shard::State::set_check(Instant& check_at, Duration interval) {
  if (check_at != Instant::never() || interval <= Duration::zero()) return;
  check_at = ports_.clock.now() + jittered(interval);
}

void Shard::State::run_due_checks(Instant now) {
  if (now >= log_check_at_) {
    log_check_at_ = Instant::never();
    check_log_heads();
  }
  if (now >= buffer_check_at_) {
    buffer_check_at_ = Instant::never();
    check_buffer_heads(false);
  }
  if (now >= undrained_check_at_) {
    undrained_check_at_ = Instant::never();
    note_undrained(now);
    check_buffer_heads(true);
  }
}

std::vector<DocumentName> Shard::State::names_of_rooms(bool only_retaining) const {
  std::vector<DocumentName> names;
  for (const auto& [name, room] : rooms_) {
    if (room->wants_heads() && (!only_retaining || room->retains())) names.push_back(name);
  }
  return names;
}

void Shard::State::check_log_heads() {
  if (rooms_.empty()) return;
  set_check(log_check_at_, log_check_interval());
  std::vector<DocumentName> names = names_of_rooms(false);
  if (names.empty()) return;
  if (log_heads_) {
    log_check_waits_ = log_check_waits_ || !log_heads_->of_all;
  } else {
    ask_log_heads(std::move(names), true);
  }
}

void Shard::State::ask_log_heads(std::vector<DocumentName> names, bool of_all) {
  log_heads_ = HeadsRequest{RequestToken{++last_token_.value}, names, of_all};
  for (const DocumentName& name : names) log_heads_->known.push_back(find_room(name)->contiguous());
  ports_.updates.read_heads(log_heads_->token, std::move(names));
}

void Shard::State::check_buffer_heads(bool only_retaining) {
  std::vector<DocumentName> names = names_of_rooms(only_retaining);
  if (!rooms_.empty()) set_check(buffer_check_at_, config_.anti_entropy_interval);
  if (names.empty()) return;
  if (only_retaining) set_check(undrained_check_at_, config_.undrained_check_interval);
  if (buffer_heads_) {
    buffer_check_waits_ = buffer_check_waits_ || !buffer_heads_->of_all;
  } else {
    ask_buffer_heads(std::move(names), !only_retaining);
  }
}

void Shard::State::ask_buffer_heads(std::vector<DocumentName> names, bool of_all) {
  buffer_heads_ = HeadsRequest{RequestToken{++last_token_.value}, names, of_all};
  ports_.buffer->read_heads(buffer_heads_->token, std::move(names));
}

void Shard::State::compare_next() {
  const bool buffered = ports_.buffer != nullptr;
  if (buffered ? buffer_heads_.has_value() : log_heads_.has_value()) return;
  std::vector<DocumentName> names = std::exchange(to_compare_, {});
  std::erase_if(names, [this](const DocumentName& name) { return find_room(name) == nullptr; });
  if (names.empty()) return;
  if (buffered) {
    ask_buffer_heads(std::move(names), false);
  } else {
    ask_log_heads(std::move(names), false);
  }
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
