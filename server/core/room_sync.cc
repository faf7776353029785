// Whole states: the answers to step 1, and the catch-ups of connections that the ring has
// overtaken.

#include <algorithm>
#include <utility>

#include "server/base/planted_bug.h"
#include "server/core/room.h"

namespace syncline::core {
namespace {

namespace y_websocket = protocol::y_websocket;

constexpr Duration budget_retry_after = milliseconds(200);

// Encodings for so many different state vectors are kept for those who ask at about the same time.
constexpr std::size_t fresh_syncs_max = 8;

}  // namespace

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

// Begins the answer to a step 1, or the catch-up of a connection that the ring has overtaken.
bool Room::prepare_bulk(Connection& connection) {
  if (!connection.wanted_sync && !connection.lagging) return false;
  if (waits_for_durability(connection)) return false;
  SharedBytes have =
      connection.wanted_sync ? connection.wanted_sync->state_vector : connection.lag_state_vector;
  if (have.empty()) have = SharedBytes(crdt::empty_state_vector());
  auto sync = find_fresh_sync(have.view());
  if (sync == syncs_.end() && !host_.catch_up_budget_left()) {
    budget_retry_at_ = now() + budget_retry_after;
    return false;
  }
  if (sync == syncs_.end()) sync = encode_shared_sync(std::move(have));
  if (!connection.wanted_sync) {
    host_.ports().metrics.add(ports::Counter::catch_ups);
    host_.ports().metrics.observe(ports::Histogram::ring_lag_frames,
                                  static_cast<double>(ring_.head() - connection.cursor));
  }
  start_bulk(connection, sync);
  return true;
}

// The shared encoding, then what was written since it was made, and last the step 2: a client that
// is `synced` has all that we had, or it may take a document for new and fill it with a template.
void Room::start_bulk(Connection& connection, Syncs::iterator sync) {
  EncodedSync& shared = sync->second;
  connection.bulk.assign(shared.frames.begin(), shared.frames.end() - 1);
  std::size_t bytes = shared.bytes;
  const std::uint64_t missed_from =
      planted(PlantedBug::late_joiner_misses_meanwhile) ? ring_.head() : shared.ring_index;
  for (std::uint64_t index = missed_from; index < ring_.head(); ++index) {
    bytes += ring_.at(index).frame.size();
    connection.bulk.push_back(ring_.at(index).frame);
  }
  connection.bulk.push_back(shared.frames.back());
  const auto patience = seconds(bytes / host_.config().sync_bytes_per_second_min);
  connection.bulk_deadline = now() + host_.config().write_stall_max + patience;
  connection.sync = sync->first;
  ++shared.readers;
  connection.wanted_sync.reset();
  connection.lagging = false;
  connection.lag_state_vector = {};
  connection.live = true;
  connection.cursor = ring_.head();
}

// The encoding for this state vector that someone else has asked for a moment ago.
Room::Syncs::iterator Room::find_fresh_sync(BytesView state_vector) {
  auto sync = std::find_if(syncs_.begin(), syncs_.end(), [&](const auto& entry) {
    return entry.second.fresh && std::ranges::equal(entry.second.state_vector.view(), state_vector);
  });
  if (sync == syncs_.end()) return sync;
  // A small state costs less to encode again than to send in two parts.
  const bool has_moved =
      sync->second.ring_index != ring_.head() && !planted(PlantedBug::late_joiner_misses_meanwhile);
  if (!has_moved || sync->second.frames.size() > 1) return sync;
  retire_sync(sync);
  return syncs_.end();
}

Room::Syncs::iterator Room::encode_shared_sync(SharedBytes state_vector) {
  const auto is_fresh = [](const auto& entry) { return entry.second.fresh; };
  if (std::ranges::count_if(syncs_, is_fresh) >= static_cast<std::ptrdiff_t>(fresh_syncs_max)) {
    retire_sync(std::find_if(syncs_.begin(), syncs_.end(), is_fresh));
  }
  EncodedSync made{.state_vector = state_vector,
                   .frames = encode_sync(state_vector.view()),
                   .ring_index = ring_.head(),
                   .made_at = now()};
  for (const SharedBytes& frame : made.frames) made.bytes += frame.size();
  host_.charge_catch_up(made.bytes);
  return syncs_.emplace_hint(syncs_.end(), ++last_sync_, std::move(made));
}

// From now on nobody new gets it. It is gone, and its bytes are uncharged, once all who read it
// have it.
Room::Syncs::iterator Room::retire_sync(Syncs::iterator sync) {
  sync->second.fresh = false;
  if (sync->second.readers > 0) return std::next(sync);
  host_.release_catch_up(sync->second.bytes);
  return syncs_.erase(sync);
}

void Room::retire_syncs_before(std::uint64_t ring_index) {
  for (auto sync = syncs_.begin(); sync != syncs_.end();) {
    const bool outlived = sync->second.fresh && sync->second.ring_index < ring_index;
    sync = outlived ? retire_sync(sync) : std::next(sync);
  }
}

void Room::retire_syncs_made_before(Instant instant) {
  for (auto sync = syncs_.begin(); sync != syncs_.end();) {
    const bool outlived = sync->second.fresh && sync->second.made_at <= instant;
    sync = outlived ? retire_sync(sync) : std::next(sync);
  }
}

// The connection has all of it, or goes without the rest.
void Room::release_sync(Connection& connection) {
  connection.bulk.clear();
  const auto sync = syncs_.find(std::exchange(connection.sync, 0));
  if (sync == syncs_.end()) return;
  --sync->second.readers;
  if (!sync->second.fresh) retire_sync(sync);
}

// Large states leave as updates in causal order and end with an empty step 2: the client is alive
// from the first chunk on, and `synced` when it has the last.
std::vector<SharedBytes> Room::encode_sync(BytesView state_vector) {
  fold_at_ = now() + host_.config().fold_after;
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

}  // namespace syncline::core
