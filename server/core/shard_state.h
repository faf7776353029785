#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "server/base/assert.h"
#include "server/base/planted_bug.h"
#include "server/core/high_water.h"
#include "server/core/log_throttle.h"
#include "server/core/room.h"
#include "server/core/shard.h"
#include "server/ports/gauge_share.h"
#include "server/protocol/y_websocket.h"

namespace syncline::core {

// What is in a shard: its rooms and connections, and when something of them is due. For shard.cc,
// and shard_checks.cc, which compares documents with the log and the write buffer.
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
              std::string_view problem) override;
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

}  // namespace syncline::core
