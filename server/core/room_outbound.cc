// What goes out: one ring for all, a cursor for each.

#include <algorithm>
#include <map>
#include <utility>

#include "server/core/room.h"

namespace syncline::core {
namespace {

namespace y_websocket = protocol::y_websocket;

// An entry that several connections wrote in one turn waits so long for its commit, so that its
// authors get it as one frame; then they get the others' parts one by one.
constexpr Duration shared_entry_wait = milliseconds(100);

// Ring entries between two looks for what everybody has read.
constexpr std::uint64_t consumed_checked_every = 64;

constexpr Duration budget_retry_after = milliseconds(200);

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
    if (draining_) {
      for (Connection* connection : connections_) pump(*connection);
      return drain();
    }
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
  if (first_sync_ && first_sync_->ring_index < ring_.tail()) drop_first_sync();
  if (ring_.head() % consumed_checked_every == 0) drop_consumed_entries();
}

// What every connection has read is of no use; a room that is open for days must not hold a full
// ring.
void Room::drop_consumed_entries() {
  std::uint64_t slowest = ring_.head();
  for (const Connection* connection : connections_) {
    if (connection->live && !connection->lagging) slowest = std::min(slowest, connection->cursor);
  }
  if (first_sync_) slowest = std::min(slowest, first_sync_->ring_index);
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
      connection->lagging = true;
      connection->lag_state_vector = ring_.checkpoint_before(connection->cursor);
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
  while (connection.in_flight_bytes < host_.config().send_window_bytes && send_next(connection)) {
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
    if (connection.bulk.empty() && connection.charged_bytes > 0) {
      host_.release_catch_up(connection.charged_bytes);
      connection.charged_bytes = 0;
    }
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
  const Ticket durable = writer_.durable();
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

// True while the connection waits for a full state that would tell its client that its own updates
// are durable before they are.
bool Room::waits_for_durability(const Connection& connection) const {
  if (!connection.wanted_sync && !connection.lagging) return false;
  const Ticket durable = writer_.durable();
  if (connection.last_ticket > durable) return true;
  if (!connection.wanted_sync) return !held_.empty();
  // Without content the client has written nothing yet, on no earlier connection either.
  const bool has_content =
      !std::ranges::equal(connection.wanted_sync->state_vector.view(), crdt::empty_state_vector());
  return has_content && (connection.wanted_sync->after > durable || !held_.empty());
}

// Encodes the answer to a step 1, or the catch-up of a connection that the ring has overtaken.
bool Room::prepare_bulk(Connection& connection) {
  if (!connection.wanted_sync && !connection.lagging) return false;
  if (waits_for_durability(connection)) return false;
  if (connection.wanted_sync &&
      std::ranges::equal(connection.wanted_sync->state_vector.view(), crdt::empty_state_vector())) {
    if (!first_sync_ && !host_.catch_up_budget_left()) {
      budget_retry_at_ = now() + budget_retry_after;
      return false;
    }
    start_bulk(connection, first_sync_frames(), ring_.head(), false);
    return true;
  }
  if (!host_.catch_up_budget_left()) {
    budget_retry_at_ = now() + budget_retry_after;
    return false;
  }
  const SharedBytes have =
      connection.wanted_sync ? connection.wanted_sync->state_vector : connection.lag_state_vector;
  if (!connection.wanted_sync) {
    host_.ports().metrics.add(ports::Counter::catch_ups);
    host_.ports().metrics.observe(ports::Histogram::ring_lag_frames,
                                  static_cast<double>(ring_.head() - connection.cursor));
  }
  start_bulk(connection, encode_sync(have.empty() ? crdt::empty_state_vector() : have.view()),
             ring_.head(), true);
  return true;
}

void Room::start_bulk(Connection& connection, const std::vector<SharedBytes>& frames,
                      std::uint64_t ring_index, bool charged) {
  connection.bulk.assign(frames.begin(), frames.end());
  if (charged) {
    for (const SharedBytes& frame : frames) connection.charged_bytes += frame.size();
    host_.charge_catch_up(connection.charged_bytes);
  }
  connection.wanted_sync.reset();
  connection.lagging = false;
  connection.lag_state_vector = {};
  connection.live = true;
  connection.cursor = ring_index;
}

// The shared encoding of the whole document, then what was written since it was made, and last the
// step 2: a client that is `synced` has all that we had, or it may take a document for new and fill
// it with a template.
std::vector<SharedBytes> Room::first_sync_frames() {
  // A small state costs less to encode again than to send in two parts.
  const bool has_moved = first_sync_ && first_sync_->ring_index != ring_.head();
  if (has_moved && first_sync_->frames.size() == 1) drop_first_sync();
  if (!first_sync_) make_first_sync();
  std::vector<SharedBytes> frames = first_sync_->frames;
  if (first_sync_->ring_index == ring_.head()) return frames;
  const SharedBytes step2 = std::move(frames.back());
  frames.pop_back();
  for (std::uint64_t index = first_sync_->ring_index; index < ring_.head(); ++index) {
    frames.push_back(ring_.at(index).frame);
  }
  frames.push_back(step2);
  return frames;
}

void Room::make_first_sync() {
  FirstSync made{.frames = encode_sync(crdt::empty_state_vector()),
                 .bytes = 0,
                 .ring_index = ring_.head(),
                 .made_at = now()};
  for (const SharedBytes& frame : made.frames) made.bytes += frame.size();
  host_.charge_catch_up(made.bytes);
  first_sync_ = std::move(made);
}

void Room::drop_first_sync() {
  if (!first_sync_) return;
  host_.release_catch_up(first_sync_->bytes);
  first_sync_.reset();
}

// Large states leave as updates in causal order and end with an empty step 2: the client is alive
// from the first chunk on, and `synced` when it has the last.
std::vector<SharedBytes> Room::encode_sync(BytesView state_vector) {
  auto chunks = doc_->encode_state_in_chunks(state_vector, host_.config().first_sync_chunk_bytes);
  SYNCLINE_ASSERT(chunks.ok(), chunks.error().message());
  // The last one is for deletions, of which there may be none.
  if (chunks->size() > 1 && std::ranges::equal(chunks->back(), crdt::empty_update())) {
    chunks->pop_back();
  }
  std::vector<SharedBytes> frames;
  if (chunks->size() == 1) {
    frames.emplace_back(y_websocket::sync_step2(chunks->front()));
    return frames;
  }
  for (const Bytes& chunk : *chunks) frames.emplace_back(y_websocket::update(chunk));
  frames.emplace_back(y_websocket::sync_step2(crdt::empty_update()));
  return frames;
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
