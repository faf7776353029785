// What goes out: one ring for all, a cursor for each.

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "server/base/planted_bug.h"
#include "server/core/room.h"

namespace syncline::core {
namespace {

namespace y_websocket = protocol::y_websocket;

// An entry that several connections wrote in one turn waits so long for its commit, so that its
// authors get it as one frame; then they get the others' parts one by one.
constexpr Duration shared_entry_wait = milliseconds(100);

// Ring entries between two looks for what everybody has read.
constexpr std::uint64_t consumed_checked_every = 64;

SharedBytes merge(const std::vector<BytesView>& updates) {
  if (updates.size() == 1) return SharedBytes(updates.front());
  auto merged = crdt::merge_updates(updates);
  SYNCLINE_ASSERT(merged.ok(), merged.error().message());
  return SharedBytes(std::move(merged).value());
}

}  // namespace

bool Room::needs_flush() const {
  return !turn_.empty() || durable_changed_ || awareness_flushed_ != awareness_.version();
}

void Room::flush() {
  if (status_ != Status::open) {
    turn_.clear();
    durable_changed_ = false;
    awareness_flushed_ = awareness_.version();
    return;
  }
  const bool all = !turn_.empty() || awareness_flushed_ != awareness_.version();
  seal_turn();
  awareness_flushed_ = awareness_.version();
  if (durable_changed_) {
    durable_changed_ = false;
    write_held_snapshot();
    for (const auto& [id, connection] : waiting_) note_durable(*connection);
    if (leaving_ > 0) close_leavers();
  }
  // pump() closes nothing, so the row stays as it is; what waits changes.
  if (all) {
    for (Connection* connection : connections_) pump(*connection);
  } else {
    const std::map<ConnectionId, Connection*> waiting = waiting_;
    for (const auto& [id, connection] : waiting) pump(*connection);
  }
  memory_gauge_.set(doc_->memory_bytes());
  ring_gauge_.set(ring_.bytes());
}

// Those whose last words are durable get what they are owed, and go.
void Room::close_leavers() {
  for (Connection* connection : std::vector<Connection*>(connections_)) {
    if (!connection->leaving) continue;
    pump(*connection);
    hand_off(*connection);
  }
  settle();
}

// Makes one ring entry of what the turn brought.
void Room::seal_turn() {
  if (turn_.empty()) return;
  if (connections_.empty()) {
    turn_.clear();
    return;
  }
  ring_.push(make_entry());
  turn_.clear();
  if (ring_.wants_checkpoint()) {
    ring_.add_checkpoint(SharedBytes(doc_->encode_state_vector()));
  }
  if (ring_.overfull()) {
    ring_.trim();
    mark_overtaken();
  }
  retire_syncs_before(ring_.tail());
  if (ring_.head() % consumed_checked_every == 0) drop_consumed_entries();
}

// What every connection has read is of no use; a room that is open for days must not hold a full
// ring.
void Room::drop_consumed_entries() {
  std::uint64_t slowest = ring_.head();
  for (const Connection* connection : connections_) {
    if (connection->live && !connection->lagging) slowest = std::min(slowest, connection->cursor);
  }
  for (const auto& [id, sync] : syncs_) {
    if (sync.fresh) slowest = std::min(slowest, sync.ring_index);
  }
  ring_.drop_below(slowest);
  ring_.forget_checkpoints_below(slowest);
}

RingEntry Room::make_entry() {
  RingEntry entry;
  entry.updates = turn_.size();
  entry.ticket = turn_.back().ticket;
  entry.received_at = turn_.front().received_at;
  std::vector<BytesView> all;
  std::vector<std::pair<ConnectionId, std::vector<BytesView>>> by_author;
  std::map<ConnectionId, std::size_t> index_of;
  for (const Incoming& incoming : turn_) {
    entry.ticket = std::max(entry.ticket, incoming.ticket);
    all.push_back(incoming.update.view());
    const auto [at, is_new] = index_of.try_emplace(incoming.author, by_author.size());
    if (is_new) by_author.push_back({incoming.author, {}});
    by_author[at->second].second.push_back(incoming.update.view());
  }
  const SharedBytes merged = merge(all);
  entry.frame = SharedBytes(y_websocket::update(merged.view()));
  for (const auto& [author, updates] : by_author) {
    // The parts are only ever needed one by one where an author must not get its own.
    entry.parts.push_back(
        {.author = author, .update = by_author.size() == 1 ? SharedBytes() : merge(updates)});
  }
  return entry;
}

// Entries were dropped: whoever still wanted them gets a merged catch-up instead.
void Room::mark_overtaken() {
  std::uint64_t slowest = ring_.head();
  for (Connection* connection : connections_) {
    if (!connection->live || connection->lagging) continue;
    if (connection->cursor < ring_.tail()) {
      if (planted(PlantedBug::overrun_reader_skips)) {
        connection->cursor = ring_.tail();
        continue;
      }
      connection->lagging = true;
      connection->lag_state_vector = ring_.checkpoint_before(connection->cursor);
      if (planted(PlantedBug::catch_up_from_now)) {
        connection->lag_state_vector = SharedBytes(doc_->encode_state_vector());
      }
    } else {
      slowest = std::min(slowest, connection->cursor);
    }
  }
  ring_.forget_checkpoints_below(slowest);
}

// The log has got further: finds out what that means for one connection.
void Room::note_durable(Connection& connection) {
  const Ticket durable = writer_.durable();
  while (!connection.unacked.empty() && connection.unacked.front().ticket <= durable) {
    connection.durable_messages = connection.unacked.front().ordinal;
    if (planted(PlantedBug::ack_of_all_received)) {
      connection.durable_messages = connection.update_messages;
    }
    connection.unacked.pop_front();
  }
}

void Room::on_sent(Connection& connection, std::size_t bytes) {
  SYNCLINE_ASSERT(connection.in_flight_bytes >= bytes, connection.in_flight_bytes, bytes);
  connection.in_flight_bytes -= bytes;
  connection.progress_at = now();
  if (status_ != Status::open) return;
  pump(connection);
}

// Sends what the connection may get, as far as its window allows.
void Room::pump(Connection& connection) {
  const std::size_t window = planted(PlantedBug::window_ignored)
                                 ? std::numeric_limits<std::size_t>::max()
                                 : host_.config().send_window_bytes;
  while (connection.in_flight_bytes < window && send_next(connection)) {
  }
  const bool waits = !connection.unacked.empty() || !connection.owed.empty() ||
                     connection.wanted_sync.has_value() || connection.lagging ||
                     (connection.live && connection.cursor < ring_.head()) || !connection.reading;
  if (waits) {
    waiting_.emplace(connection.id, &connection);
  } else {
    waiting_.erase(connection.id);
  }
  if (!connection.reading || waits_for_durability(connection)) update_reading(connection);
}

bool Room::send_next(Connection& connection) {
  if (send_acknowledgement(connection)) return true;
  if (!connection.bulk.empty() || prepare_bulk(connection)) {
    SharedBytes frame = std::move(connection.bulk.front());
    connection.bulk.pop_front();
    send(connection, std::move(frame));
    if (connection.bulk.empty()) release_sync(connection);
    return true;
  }
  return send_owed_echo(connection) || send_ring_entry(connection) || send_awareness(connection);
}

void Room::send(Connection& connection, SharedBytes frame) {
  const Instant at = now();
  if (connection.in_flight_bytes == 0) connection.progress_at = at;
  connection.in_flight_bytes += frame.size();
  connection.last_sent_at = at;
  host_.ports().metrics.add(ports::Counter::frames_out);
  host_.ports().metrics.add(ports::Counter::bytes_out, frame.size());
  host_.ports().transport.send(connection.id, std::move(frame));
}

bool Room::send_acknowledgement(Connection& connection) {
  // In the log before the ack (P3): durable_messages moves only in note_durable.
  if (connection.durable_messages == connection.acknowledged_messages) return false;
  connection.acknowledged_messages = connection.durable_messages;
  if (!connection.acks) return false;
  send(connection, SharedBytes(y_websocket::acknowledgement(connection.durable_messages)));
  return true;
}

// Its own updates come back to a connection once they are durable; y-websocket 4 takes that as
// "saved".
bool Room::send_owed_echo(Connection& connection) {
  const Ticket durable =
      planted(PlantedBug::echo_before_durable) ? writer_.last() : writer_.durable();
  std::vector<SharedBytes> held;
  std::vector<BytesView> updates;
  while (!connection.owed.empty() && connection.owed.front().ticket <= durable) {
    connection.owed_bytes -= connection.owed.front().update.size();
    held.push_back(std::move(connection.owed.front().update));
    updates.push_back(held.back().view());
    connection.owed.pop_front();
  }
  if (updates.empty()) return false;
  send(connection, SharedBytes(y_websocket::update(merge(updates).view())));
  return true;
}

// Moves the cursor on by one entry, if it may. Returns whether it moved.
bool Room::send_ring_entry(Connection& connection) {
  if (!connection.live || connection.lagging || connection.cursor >= ring_.head()) return false;
  RingEntry& entry = ring_.at(connection.cursor);
  if (entry.part_of(connection.id) == nullptr) {
    ++connection.cursor;
    deliver(connection, entry);
    return true;
  }
  if (entry.parts.size() == 1) {  // All its own: the echo brings it once it is durable.
    ++connection.cursor;
    return true;
  }
  const Instant until = entry.received_at + shared_entry_wait;
  if (entry.ticket <= writer_.durable()) {
    ++connection.cursor;
    deliver(connection, entry);
    return true;
  }
  if (now() < until) {
    held_back_until_ = std::min(held_back_until_, until);
    return false;
  }
  ++connection.cursor;
  for (const RingPart& part : entry.parts) {
    if (part.author == connection.id) continue;
    send(connection, SharedBytes(y_websocket::update(part.update.view())));
  }
  host_.ports().metrics.add(ports::Counter::deliveries_out, entry.updates);
  return true;
}

void Room::deliver(Connection& connection, RingEntry& entry) {
  ports::Metrics& metrics = host_.ports().metrics;
  if (!entry.delivered) {
    entry.delivered = true;
    metrics.observe(ports::Histogram::delivery_seconds,
                    std::chrono::duration<double>(now() - entry.received_at).count());
  }
  metrics.add(ports::Counter::deliveries_out, entry.updates);
  send(connection, entry.frame);
}

bool Room::send_awareness(Connection& connection) {
  const bool asked = std::exchange(connection.awareness_asked, false);
  const AwarenessTable::Version seen = connection.awareness_seen;
  connection.awareness_seen = awareness_.version();
  if (awareness_frames_of_ != awareness_.version()) awareness_frames_.clear();
  awareness_frames_of_ = awareness_.version();
  auto frame = awareness_frames_.find(seen);
  if (frame == awareness_frames_.end()) {
    const auto update = awareness_.changes_since(seen);
    SharedBytes encoded;
    if (update) encoded = SharedBytes(y_websocket::awareness(update->view()));
    frame = awareness_frames_.emplace(seen, std::move(encoded)).first;
  }
  if (frame->second.empty() && !asked) return false;
  host_.ports().metrics.add(ports::Counter::awareness_out);
  send(connection, frame->second.empty() ? SharedBytes(y_websocket::keepalive()) : frame->second);
  return true;
}

}  // namespace syncline::core
