// yjs' mergeUpdates, whose every choice shows in the bytes.

#include <algorithm>
#include <map>
#include <optional>
#include <queue>

#include "server/crdt/update_ops.h"
#include "server/crdt/update_v1.h"
#include "server/crdt/update_v2.h"
#include "server/crdt/update_writer.h"

namespace syncline::crdt {
namespace {

// Structs of one client that stand together in one update, without holes.
struct Piece {
  Clock clock = 0;
  Clock end = 0;
  std::size_t first = 0;  // Indexes into the structs of all updates.
  std::size_t last = 0;
};

// The pieces of all updates by client, highest client first.
class Pieces {
 public:
  struct Client {
    ClientId id = 0;
    std::vector<Piece> pieces;
  };

  // False if pieces overlap.
  bool sort_out(const DecodedUpdate& all) {
    for (const ClientRun& run : all.runs) add_run(all, run);
    std::sort(clients_.begin(), clients_.end(),
              [](const Client& a, const Client& b) { return a.id > b.id; });
    return std::all_of(clients_.begin(), clients_.end(), in_order);
  }

  const std::vector<Client>& clients() const { return clients_; }

 private:
  void add_run(const DecodedUpdate& all, const ClientRun& run) {
    for (std::size_t at = run.begin; at < run.end;) {
      if (all.structs[at].kind == StructKind::skip) {
        ++at;
        continue;
      }
      Piece piece;
      piece.first = at;
      piece.clock = all.structs[at].id.clock;
      while (at < run.end && all.structs[at].kind != StructKind::skip) ++at;
      piece.last = at;
      piece.end = all.structs[at - 1].end();
      pieces_of(run.client).push_back(piece);
    }
  }

  std::vector<Piece>& pieces_of(ClientId client) {
    if (last_ < clients_.size() && clients_[last_].id == client) return clients_[last_].pieces;
    const auto [entry, inserted] = indexes_.try_emplace(client, clients_.size());
    if (inserted) clients_.push_back({client, {}});
    last_ = entry->second;
    return clients_[last_].pieces;
  }

  static bool in_order(Client& client) {
    std::vector<Piece>& pieces = client.pieces;
    const auto earlier = [](const Piece& a, const Piece& b) { return a.clock < b.clock; };
    if (!std::is_sorted(pieces.begin(), pieces.end(), earlier)) {
      std::sort(pieces.begin(), pieces.end(), earlier);
    }
    for (std::size_t i = 1; i < pieces.size(); ++i) {
      if (pieces[i].clock < pieces[i - 1].end) return false;
    }
    return true;
  }

  std::vector<Client> clients_;
  std::map<ClientId, std::size_t> indexes_;  // Not by hashes, which could be made to collide.
  std::size_t last_ = 0;
};

// A hole of one client.
DecodedStruct skip_of(ClientId client, Clock clock, Clock length) {
  DecodedStruct skip;
  skip.kind = StructKind::skip;
  skip.id = {client, clock};
  skip.length = length;
  return skip;
}

// Where no piece overlaps another, merging is writing them down: as yjs does, with a Skip for each
// hole, and a GC joined with those that begin the next piece.
template <class Writer>
Bytes concatenate(const DecodedUpdate& all, const Pieces& pieces, std::vector<IdRange> deletes) {
  RunWriter<Writer> writer;
  for (const Pieces::Client& client : pieces.clients()) {
    DecodedStruct gc;  // Not written yet; length 0: there is none.
    Clock end = client.pieces.front().clock;
    for (const Piece& piece : client.pieces) {
      std::size_t at = piece.first;
      if (piece.clock == end && gc.length > 0) {
        for (; at < piece.last && all.structs[at].kind == StructKind::gc; ++at) {
          gc.length += all.structs[at].length;
        }
        end = gc.end();
        if (at == piece.last) continue;
      }
      if (gc.length > 0) writer.write(gc, 0);
      gc.length = 0;
      if (piece.clock > end) writer.write(skip_of(client.id, end, piece.clock - end), 0);
      const bool ends_in_gc = all.structs[piece.last - 1].kind == StructKind::gc;
      for (; at < piece.last - (ends_in_gc ? 1 : 0); ++at) writer.write(all.structs[at], 0);
      if (ends_in_gc) gc = all.structs[at];
      end = piece.end;
    }
    if (gc.length > 0) writer.write(gc, 0);
  }
  return writer.finish(std::move(deletes));
}

// Walks over the structs of one update, leaving out Skips.
class Cursor {
 public:
  Cursor(const DecodedStruct* begin, const DecodedStruct* end, std::int64_t rank)
      : at_(begin), end_(end), rank_(rank) {
    settle();
  }

  const DecodedStruct* current() const { return at_ < end_ ? at_ : nullptr; }
  void next() {
    ++at_;
    settle();
  }
  void set_rank(std::int64_t rank) { rank_ = rank; }

  // REQUIRES: both have a current struct.
  static bool is_later(const Cursor& a, const Cursor& b) {
    if (a.id_.client != b.id_.client) return a.id_.client < b.id_.client;
    if (a.id_.clock != b.id_.clock) return a.id_.clock > b.id_.clock;
    // yjs' comparison calls the one it is asked about smaller if only one of them is a GC struct;
    // what its sort makes of that is that they change places.
    return a.is_gc_ != b.is_gc_ ? a.rank_ < b.rank_ : a.rank_ > b.rank_;
  }

 private:
  void settle() {
    while (at_ < end_ && at_->kind == StructKind::skip) ++at_;
    if (at_ == end_) return;
    id_ = at_->id;
    is_gc_ = at_->kind == StructKind::gc;
  }

  const DecodedStruct* at_;
  const DecodedStruct* end_;
  // Of the current struct: comparing cursors need not look for it in memory.
  Id id_;
  // Among cursors at the same place: who comes first. yjs sorts its list of readers anew in each
  // round, stably, when only the first of them has moved; so that one goes before its equals.
  std::int64_t rank_;
  bool is_gc_ = false;
};

// The general case. Among structs that overlap, the one that comes first stays whole and the other
// is cut; holes are bridged by a Skip; GC structs join.
template <class Writer>
class Merger {
 public:
  // What stands in an update between two indexes, the runs of its clients from the highest down.
  void add(const DecodedStruct* begin, const DecodedStruct* end) {
    const Cursor cursor(begin, end, static_cast<std::int64_t>(added_++));
    if (cursor.current()) waiting_.push_back(cursor);
  }

  Bytes merge(std::vector<IdRange> deletes) {
    Cursors cursors(Later{}, std::move(waiting_));
    std::int64_t lowest_rank = 0;
    while (!cursors.empty()) {
      Cursor cursor = cursors.top();
      cursors.pop();
      advance(cursor);
      cursor.set_rank(--lowest_rank);
      if (cursor.current()) cursors.push(cursor);
    }
    if (pending_) writer_.write(*pending_, 0);
    return writer_.finish(std::move(deletes));
  }

 private:
  struct Later {
    bool operator()(const Cursor& a, const Cursor& b) const { return Cursor::is_later(a, b); }
  };
  using Cursors = std::priority_queue<Cursor, std::vector<Cursor>, Later>;

  void put(const DecodedStruct& value) {
    if (pending_) writer_.write(*pending_, 0);
    pending_ = value;
  }

  // One round: takes at least one struct from the cursor, or finds that another one goes first.
  void advance(Cursor& cursor) {
    const ClientId client = cursor.current()->id.client;
    if (pending_) {
      if (!skip_known(cursor, client)) return;
      take_next(cursor, client);
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

  void take_next(Cursor& cursor, ClientId client) {
    const DecodedStruct& current = *cursor.current();
    if (client != pending_->id.client) {
      put(current);
      cursor.next();
    } else if (pending_->end() < current.id.clock) {
      bridge(current);
    } else {
      join(cursor, current);
    }
  }

  // A hole before `current`.
  void bridge(const DecodedStruct& current) {
    if (pending_->kind == StructKind::skip) {
      pending_->length = current.end() - pending_->id.clock;
      return;
    }
    put(skip_of(current.id.client, pending_->end(), current.id.clock - pending_->end()));
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

  std::vector<Cursor> waiting_;
  std::size_t added_ = 0;
  std::optional<DecodedStruct> pending_;  // yjs' currWrite: may still change.
  BytesArena owned_;
  RunWriter<Writer> writer_;
};

template <class Writer>
Result<Bytes> merge(std::span<const BytesView> updates, UpdateFormat format) {
  DecodedUpdate all;
  std::vector<std::size_t> first_runs;
  all.structs.reserve(updates.size());
  all.runs.reserve(updates.size());
  first_runs.reserve(updates.size() + 1);
  for (const BytesView update : updates) {
    first_runs.push_back(all.runs.size());
    SYNCLINE_TRY(decode_more(update, UpdateLimits::none(), all, format));
  }
  first_runs.push_back(all.runs.size());
  sort_and_merge(all.deletes);
  Pieces pieces;
  if (pieces.sort_out(all)) return concatenate<Writer>(all, pieces, std::move(all.deletes));
  Merger<Writer> merger;
  for (std::size_t i = 0; i < updates.size(); ++i) {
    // Updates that yjs writes have their clients in order. Of others its merge loses structs; here
    // such a row of runs is taken for several.
    for (std::size_t at = first_runs[i]; at < first_runs[i + 1];) {
      const DecodedStruct* begin = all.structs.data() + all.runs[at].begin;
      do ++at;
      while (at < first_runs[i + 1] && all.runs[at].client < all.runs[at - 1].client);
      merger.add(begin, all.structs.data() + all.runs[at - 1].end);
    }
  }
  return merger.merge(std::move(all.deletes));
}

}  // namespace

Result<Bytes> merge_updates(std::span<const BytesView> updates, UpdateFormat format) {
  if (updates.empty()) return to_bytes(empty_update(format));
  if (updates.size() == 1) return to_bytes(updates[0]);
  return format == UpdateFormat::v1 ? merge<WriterV1>(updates, format)
                                    : merge<WriterV2>(updates, format);
}

}  // namespace syncline::crdt
