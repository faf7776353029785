#include "server/crdt/update_ops.h"

#include <algorithm>
#include <array>
#include <optional>
#include <queue>

namespace syncline::crdt {
namespace {

using lib0::Encoder;

constexpr std::array<std::byte, 2> empty_update_bytes{};
constexpr std::array<std::byte, 1> empty_state_vector_bytes{};

// yjs' LazyStructWriter: takes structs in order and frames them by client.
class StructWriter {
 public:
  void write(const DecodedStruct& value, Clock offset) {
    if (written_ > 0 && client_ != value.id.client) flush();
    if (written_ == 0) {
      client_ = value.id.client;
      run_.write_var_uint(client_);
      run_.write_var_uint(value.id.clock + offset);
    }
    write_struct(run_, value, offset);
    ++written_;
  }

  Bytes finish(std::vector<IdRange> deletes) {
    flush();
    Encoder out(body_.size() + 16);
    out.write_var_uint(runs_);
    out.write_bytes(body_.view());
    write_delete_set(out, std::move(deletes));
    return out.take();
  }

 private:
  void flush() {
    if (written_ == 0) return;
    body_.write_var_uint(written_);
    body_.write_bytes(run_.view());
    run_.clear();
    written_ = 0;
    ++runs_;
  }

  Encoder body_;
  Encoder run_;
  ClientId client_ = 0;
  std::size_t written_ = 0;
  std::size_t runs_ = 0;
};

// Walks over the structs of one update, leaving out Skips.
struct Cursor {
  const DecodedUpdate* update;
  std::size_t at = 0;
  // Among cursors at the same place: who comes first. yjs sorts its list of readers anew in each
  // round, stably, when only the first of them has moved; so that one goes before its equals.
  std::int64_t rank = 0;

  const DecodedStruct* current() const {
    return at < update->structs.size() ? &update->structs[at] : nullptr;
  }
  void skip_skips() {
    while (at < update->structs.size() && update->structs[at].kind == StructKind::skip) ++at;
  }
  void next() {
    ++at;
    skip_skips();
  }
};

struct Later {
  bool operator()(const Cursor& a, const Cursor& b) const {
    const DecodedStruct& left = *a.current();
    const DecodedStruct& right = *b.current();
    if (left.id.client != right.id.client) return left.id.client < right.id.client;
    if (left.id.clock != right.id.clock) return left.id.clock > right.id.clock;
    // yjs' comparison calls the one it is asked about smaller if only one of them is a GC struct;
    // what its sort makes of that is that they change places.
    if ((left.kind == StructKind::gc) != (right.kind == StructKind::gc)) return a.rank < b.rank;
    return a.rank > b.rank;
  }
};

// yjs' mergeUpdates, whose every choice shows in the bytes: among structs that overlap, the one
// that comes first stays whole and the other is cut; holes are bridged by a Skip; GC structs join.
class Merger {
 public:
  explicit Merger(std::span<const DecodedUpdate> updates) {
    for (std::size_t i = 0; i < updates.size(); ++i) {
      Cursor cursor{&updates[i], 0, static_cast<std::int64_t>(i)};
      cursor.skip_skips();
      if (cursor.current()) cursors_.push(cursor);
    }
  }

  Bytes merge(std::vector<IdRange> deletes) {
    while (!cursors_.empty()) {
      Cursor cursor = cursors_.top();
      cursors_.pop();
      advance(cursor);
      cursor.rank = --lowest_rank_;
      if (cursor.current()) cursors_.push(cursor);
    }
    if (pending_) writer_.write(*pending_, 0);
    return writer_.finish(std::move(deletes));
  }

 private:
  void put(const DecodedStruct& value) {
    if (pending_) writer_.write(*pending_, 0);
    pending_ = value;
  }

  // One round: takes at least one struct from the cursor, or finds that another one goes first.
  void advance(Cursor& cursor) {
    const ClientId client = cursor.current()->id.client;
    if (pending_) {
      if (!skip_known(cursor, client) || !take_next(cursor, client)) return;
    } else {
      put(*cursor.current());
      cursor.next();
    }
    // What follows seamlessly in the same update needs no comparison with the others.
    for (const DecodedStruct* next = cursor.current();
         next && next->id.client == client && next->id.clock == pending_->end();
         next = cursor.current()) {
      put(*next);
      cursor.next();
    }
  }

  // Moves over what is written already. False if another cursor may have to go first.
  bool skip_known(Cursor& cursor, ClientId client) {
    bool moved = false;
    const DecodedStruct* current = cursor.current();
    while (current && current->end() <= pending_->end() &&
           current->id.client >= pending_->id.client) {
      cursor.next();
      current = cursor.current();
      moved = true;
    }
    return current && current->id.client == client &&
           !(moved && current->id.clock > pending_->end());
  }

  // False if nothing was taken from the cursor, so that what follows must not be either.
  bool take_next(Cursor& cursor, ClientId client) {
    const DecodedStruct& current = *cursor.current();
    if (client != pending_->id.client) {
      put(current);
      cursor.next();
    } else if (pending_->end() < current.id.clock) {
      bridge(current);
    } else {
      join(cursor, current);
    }
    return true;
  }

  // A hole before `current`.
  void bridge(const DecodedStruct& current) {
    if (pending_->kind == StructKind::skip) {
      pending_->length = current.end() - pending_->id.clock;
      return;
    }
    DecodedStruct skip;
    skip.kind = StructKind::skip;
    skip.id = {current.id.client, pending_->end()};
    skip.length = current.id.clock - pending_->end();
    put(skip);
  }

  void join(Cursor& cursor, DecodedStruct current) {
    const Clock known = pending_->end() - current.id.clock;
    if (known > 0) {
      if (pending_->kind == StructKind::skip) {
        pending_->length -= known;
      } else {
        drop_front(current, known, owned_);
      }
    }
    if (pending_->kind == StructKind::gc && current.kind == StructKind::gc) {
      pending_->length += current.length;  // The cursor will find itself behind, and go on.
      return;
    }
    put(current);
    cursor.next();
  }

  std::priority_queue<Cursor, std::vector<Cursor>, Later> cursors_;
  std::int64_t lowest_rank_ = 0;
  std::optional<DecodedStruct> pending_;  // yjs' currWrite: may still change.
  std::deque<Bytes> owned_;
  StructWriter writer_;
};

}  // namespace

BytesView empty_update() { return empty_update_bytes; }

BytesView empty_state_vector() { return empty_state_vector_bytes; }

Result<UpdateSummary> check_update(BytesView update, const UpdateLimits& limits) {
  DecodedUpdate decoded;
  SYNCLINE_TRY(decode_update(update, limits, decoded));
  return UpdateSummary{decoded.structs.size(), decoded.deletes.size()};
}

Result<Bytes> merge_updates(std::span<const BytesView> updates) {
  if (updates.empty()) return to_bytes(empty_update());
  if (updates.size() == 1) return to_bytes(updates[0]);
  std::vector<DecodedUpdate> decoded(updates.size());
  std::vector<IdRange> deletes;
  for (std::size_t i = 0; i < updates.size(); ++i) {
    SYNCLINE_TRY(decode_update(updates[i], UpdateLimits::none(), decoded[i]));
    deletes.insert(deletes.end(), decoded[i].deletes.begin(), decoded[i].deletes.end());
  }
  sort_and_merge(deletes);
  return Merger(decoded).merge(std::move(deletes));
}

Bytes diff_update(const DecodedUpdate& update, const StateVector& known) {
  StructWriter writer;
  for (const ClientRun& run : update.runs) {
    const auto entry = known.find(run.client);
    const Clock clock = entry == known.end() ? 0 : entry->second;
    std::size_t at = run.begin;
    // The first struct that is written must be news, and no Skip.
    while (at < run.end &&
           (update.structs[at].kind == StructKind::skip || update.structs[at].end() <= clock)) {
      ++at;
    }
    for (std::size_t i = at; i < run.end; ++i) {
      const DecodedStruct& value = update.structs[i];
      const bool cut = i == at && clock > value.id.clock;
      writer.write(value, cut ? clock - value.id.clock : 0);
    }
  }
  return writer.finish(update.deletes);
}

Result<void> check_state_vector(BytesView state_vector) {
  SYNCLINE_TRY(decode_state_vector(state_vector));
  return {};
}

Result<StateVector> decode_state_vector(BytesView bytes) {
  lib0::Decoder decoder(bytes);
  std::uint64_t count = 0;
  StateVector vector;
  if (!decoder.take_var_uint(count)) return decoder.failure();
  for (; count > 0; --count) {
    ClientId client = 0;
    Clock clock = 0;
    if (!decoder.take_var_uint(client) || !decoder.take_var_uint(clock)) return decoder.failure();
    vector.insert_or_assign(client, clock);
  }
  SYNCLINE_TRY(decoder.expect_end());
  return vector;
}

Bytes encode_state_vector(const StateVector& vector) {
  Encoder encoder;
  encoder.write_var_uint(vector.size());
  for (auto entry = vector.rbegin(); entry != vector.rend(); ++entry) {
    encoder.write_var_uint(entry->first);
    encoder.write_var_uint(entry->second);
  }
  return encoder.take();
}

}  // namespace syncline::crdt
