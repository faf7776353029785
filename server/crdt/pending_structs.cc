#include "server/crdt/pending_structs.h"

#include <algorithm>
#include <iterator>

#include "server/base/assert.h"
#include "server/crdt/update_v1.h"

namespace syncline::crdt {
namespace {

// Of the nodes of the maps, with what allocating them takes.
constexpr std::size_t struct_bytes = 128;
constexpr std::size_t head_bytes = 160;

Bytes encode(const DecodedStruct& value, Clock offset) {
  lib0::Encoder encoder;
  write_struct(encoder, value, offset);
  return encoder.take();
}

// Whether the elements at the end of what is encoded, as many as `value` has, are those of `value`,
// which goes on from the one before them. Costs what `value` takes, however much is encoded.
bool ends_in(std::string_view encoded, const DecodedStruct& value) {
  const std::string_view content = as_text(value.content);
  if (encoded.ends_with(content)) return true;
  // The second half of a surrogate pair reads as a replacement character.
  if (value.kind != StructKind::string || !content.starts_with(replacement_character)) return false;
  const std::string_view rest = content.substr(replacement_character.size());
  constexpr std::size_t pair_bytes = 4;
  if (encoded.size() < rest.size() + pair_bytes || !encoded.ends_with(rest)) return false;
  const char lead = encoded[encoded.size() - rest.size() - pair_bytes];
  return (static_cast<unsigned char>(lead) & 0xF8U) == 0xF0U;
}

}  // namespace

// One call of `add`. What is here and what comes are two updates that are merged as yjs does it
// (update_merge.cc): row by row in the order of encodings, a row being structs without a hole; the
// row that begins first stays whole, and what follows it loses what both have. Where two begin at
// the same place, the one goes first whose update has been read from last; the other one, if just
// one of the two structs there is a GC.
class PendingStructs::Merge {
 public:
  Merge(PendingStructs& pending, const DecodedUpdate& update)
      : pending_(pending), structs_(update.structs) {}

  bool changed() const { return changed_; }

  void add_run(const ClientRun& run) {
    for (std::size_t at = run.begin; at < run.end;) {
      if (structs_[at].kind == StructKind::skip) {
        ++at;
        continue;
      }
      const std::size_t begin = at;
      while (at < run.end && structs_[at].kind != StructKind::skip) ++at;
      add_row(begin, at);
    }
  }

 private:
  enum class Side : std::uint8_t { nobody, ours, theirs };

  Structs& ours() { return pending_.structs_; }

  // Indexes of structs of the update that follow each other without a hole.
  void add_row(std::size_t at, std::size_t end) {
    const IdRange row{structs_[at].id.client, structs_[at].id.clock,
                      structs_[end - 1].end() - structs_[at].id.clock};
    const std::optional<IdRange> before = pending_.rows_.touching(structs_[at].id);
    const bool ours_first =
        before && (before->clock < row.clock || goes_first(ours().at(structs_[at].id).kind, at));
    Id from = structs_[at].id;  // What of theirs is there already ends here.
    bool overlaps = false;
    if (ours_first) {
      from.clock = std::min(before->end(), row.end());
      while (at < end && structs_[at].end() <= from.clock) ++at;
    } else {
      // Theirs replace ours; where both are the same, nothing changes.
      for (; at < end && is_here(structs_[at], at + 1 == end); ++at) {
        from.clock = structs_[at].end();
        overlaps = true;
      }
    }
    overlaps |= clear({row.client, from.clock, row.end() - from.clock});
    const bool theirs_end_here = !ours_first || at < end;
    if (at < end) {
      changed_ = true;
      if (ours_first) join_back(at, end, from);
      for (; at < end; ++at) {
        insert(structs_[at], from);
        from.clock = structs_[at].end();
      }
      pending_.rows_.add(row);
    }
    if (theirs_end_here && join_forward({row.client, row.end()})) overlaps = changed_ = true;
    last_read_ = overlaps ? Side::ours : Side::theirs;
    merged_to_ = {row.client, ours_first ? std::max(before->end(), row.end()) : row.end()};
  }

  // Whether ours, which is of this kind, goes before theirs, which begins at the same place.
  bool goes_first(StructKind kind, std::size_t theirs) const {
    Side last_read = last_read_;
    const Structs& ours = pending_.structs_;
    const auto since = merged_to_ ? ours.lower_bound(*merged_to_) : ours.begin();
    if (since->first != structs_[theirs].id) last_read = Side::ours;  // Some stand in between.
    const bool just_one_is_gc =
        (kind == StructKind::gc) != (structs_[theirs].kind == StructKind::gc);
    return (last_read == Side::theirs) == just_one_is_gc;
  }

  // Whether to put it in place of ours would change nothing.
  bool is_here(const DecodedStruct& value, bool ends_row) const {
    const auto found = pending_.structs_.find(value.id);
    if (found == pending_.structs_.end() || found->second.kind != value.kind) return false;
    const Waiting& waiting = found->second;
    if (value.kind == StructKind::gc) {
      // A longer one would be cut, and its rest join what it was cut by.
      return waiting.length == value.length || (ends_row && waiting.length > value.length);
    }
    if (waiting.length != value.length) return false;
    if (waiting.offset == 0) return waiting.encoded == as_text(encode(value, 0));
    const DecodedStruct ours = references(value.id, waiting);
    return value.has_origin && value.origin == ours.origin &&
           value.has_right_origin == ours.has_right_origin &&
           (!ours.has_right_origin || value.right_origin == ours.right_origin) &&
           ends_in(waiting.encoded, value);
  }

  // Takes ours out of the range. Returns whether there were any.
  bool clear(const IdRange& range) {
    bool any = false;
    auto at = ours().lower_bound({range.client, range.clock});
    while (at != ours().end() && at->first.client == range.client &&
           at->first.clock < range.end()) {
      any = true;
      if (const Clock end = at->first.clock + at->second.length; end <= range.end()) {
        at = pending_.erase(at);
        continue;
      }
      cut_front(at, range.end() - at->first.clock);
      break;
    }
    return any;
  }

  // What is encoded stays: cutting a little off a long struct again and again must not cost its
  // length each time.
  void cut_front(Structs::iterator at, Clock known) {
    const Id rest{at->first.client, at->first.clock + known};
    pending_.forget_if_head(at->first);
    auto node = ours().extract(at);
    node.key() = rest;
    node.mapped().length -= known;
    node.mapped().offset += known;
    ours().insert(std::move(node));
  }

  void insert(const DecodedStruct& value, const Id& from) {
    const Clock offset = from.clock - value.id.clock;
    Waiting waiting{.kind = value.kind, .length = value.length - offset};
    if (value.kind != StructKind::gc) waiting.encoded = as_text(encode(value, offset));
    pending_.put(from, std::move(waiting));
  }

  // GC structs join those of the other side that they follow.
  void join_back(std::size_t& at, std::size_t end, Id& from) {
    const auto before = std::prev(ours().lower_bound(from));
    if (before->second.kind != StructKind::gc) return;
    for (; at < end && structs_[at].kind == StructKind::gc; ++at) {
      before->second.length += structs_[at].end() - from.clock;
      from.clock = structs_[at].end();
    }
  }

  // `id` is where a row of theirs has ended. Returns whether any has joined.
  bool join_forward(const Id& id) {
    auto after = ours().lower_bound(id);
    const auto last = std::prev(after);
    if (last->second.kind != StructKind::gc) return false;
    bool any = false;
    while (after != ours().end() && after->second.kind == StructKind::gc &&
           after->first == Id{id.client, last->first.clock + last->second.length}) {
      last->second.length += after->second.length;
      after = pending_.erase(after);
      any = true;
    }
    return any;
  }

  PendingStructs& pending_;
  const std::vector<DecodedStruct>& structs_;
  Side last_read_ = Side::nobody;
  std::optional<Id> merged_to_;
  bool changed_ = false;
};

bool PendingStructs::add(const DecodedUpdate& update, const std::vector<ClientRun>& runs,
                         const StructStore& store) {
  Merge merge(*this, update);
  for (const ClientRun& run : runs) merge.add_run(run);
  const auto state_of = [&](ClientId client) { return store.state(client); };
  for (const ClientRun& run : runs) {
    const auto first = first_of(run.client);
    const auto head = heads_.find(run.client);
    if (head != heads_.end() && head->second.first == first->first) continue;
    if (head != heads_.end()) forget_head(run.client);
    if (const auto lacks = missing_for(*first, state_of)) {
      set_head(run.client, first->first, *lacks);
    } else {
      ready_.insert(run.client);
    }
  }
  return merge.changed();
}

// One call of `release`. It goes by clocks alone.
class PendingStructs::Release {
 public:
  Release(PendingStructs& pending, const StructStore& store, DecodedUpdate& out)
      : pending_(pending), store_(store), out_(out) {}

  void run(const std::vector<ClientSlot>& advanced) {
    work_.assign(pending_.ready_.begin(), pending_.ready_.end());
    pending_.ready_.clear();
    for (const ClientSlot slot : advanced) {
      wake(store_.client(slot).id, store_.client(slot).state);
    }
    while (!work_.empty()) {
      const ClientId client = work_.back();
      work_.pop_back();
      go_on(client);
    }
    for (auto& [client, structs] : freed_) {
      ClientRun run{client, out_.structs.size(), out_.structs.size() + structs.size(), 0};
      for (const DecodedStruct& value : structs) run.content_bytes += value.content.size();
      out_.structs.insert(out_.structs.end(), structs.begin(), structs.end());
      out_.runs.push_back(run);
    }
  }

 private:
  Clock state_of(ClientId client) const {
    const auto freed = states_.find(client);
    return freed == states_.end() ? store_.state(client) : freed->second;
  }

  // Looks again at those that lacked something of a client that is known this far now.
  void wake(ClientId client, Clock state) {
    const auto& lacked = pending_.lacked_;
    for (auto at = lacked.lower_bound({{client, 0}, 0});
         at != lacked.end() && at->first.client == client && at->first.clock < state;
         at = lacked.lower_bound({{client, 0}, 0})) {
      work_.push_back(at->second);
      pending_.forget_head(at->second);
    }
  }

  // Frees what can go on of a client that has no head.
  void go_on(ClientId client) {
    for (auto first = pending_.first_of(client); first != pending_.structs_.end();
         first = pending_.first_of(client)) {
      const auto lacks = missing_for(*first, [&](ClientId other) { return state_of(other); });
      if (lacks) return pending_.set_head(client, first->first, *lacks);
      free(first);
    }
  }

  void free(Structs::const_iterator at) {
    const Id id = at->first;
    const BytesView kept = out_.rewritten.keep(as_bytes(at->second.encoded));
    freed_[id.client].push_back(decode(id, at->second, kept, out_));
    const Clock end = id.clock + at->second.length;
    pending_.rows_.remove({id.client, id.clock, at->second.length});
    pending_.erase(at);
    if (end <= state_of(id.client)) return;
    states_[id.client] = end;
    wake(id.client, end);
  }

  PendingStructs& pending_;
  const StructStore& store_;
  DecodedUpdate& out_;
  std::vector<ClientId> work_;
  std::map<ClientId, Clock> states_;  // Counting what is freed.
  std::map<ClientId, std::vector<DecodedStruct>> freed_;
};

void PendingStructs::release(const StructStore& store, const std::vector<ClientSlot>& advanced,
                             DecodedUpdate& out) {
  Release(*this, store, out).run(advanced);
}

// What the struct has to wait for: those before it of its client, or what it refers to.
template <class StateOf>
std::optional<Id> PendingStructs::missing_for(const Structs::value_type& entry,
                                              const StateOf& state_of) {
  const auto& [id, waiting] = entry;
  if (id.clock > state_of(id.client)) return Id{id.client, id.clock - 1};
  return first_missing(references(id, waiting), state_of);
}

DecodedStruct PendingStructs::references(const Id& id, const Waiting& waiting) {
  DecodedStruct value;
  value.id = id;
  value.kind = waiting.kind;
  if (waiting.kind == StructKind::gc) return value;
  value.id.clock -= waiting.offset;
  const auto read = decode_references_v1(as_bytes(waiting.encoded), value);
  SYNCLINE_ASSERT(read.ok());
  if (waiting.offset == 0) return value;
  // What is cut off stands before it.
  value.id = id;
  value.parent = ParentKind::inherited;
  value.has_origin = true;
  value.origin = {id.client, id.clock - 1};
  return value;
}

DecodedStruct PendingStructs::decode(const Id& id, const Waiting& waiting, BytesView encoded,
                                     DecodedUpdate& out) {
  DecodedStruct value;
  value.id = {id.client, id.clock - waiting.offset};
  if (waiting.kind == StructKind::gc) {
    value.id = id;
    value.length = waiting.length;
    return value;
  }
  const auto read = decode_struct_v1(encoded, value, out);
  SYNCLINE_ASSERT(read.ok());
  drop_front(value, waiting.offset, out.rewritten);
  return value;
}

void PendingStructs::view(DecodedUpdate& out) const {
  out.clear();
  Clock end = 0;
  for (const auto& [id, waiting] : structs_) {
    if (out.runs.empty() || out.runs.back().client != id.client) {
      out.runs.push_back({id.client, out.structs.size(), out.structs.size(), 0});
    } else if (end < id.clock) {
      DecodedStruct& skip = out.structs.emplace_back();
      skip.kind = StructKind::skip;
      skip.id = {id.client, end};
      skip.length = id.clock - end;
    }
    out.structs.push_back(decode(id, waiting, as_bytes(waiting.encoded), out));
    out.runs.back().content_bytes += out.structs.back().content.size();
    out.runs.back().end = out.structs.size();
    end = id.clock + waiting.length;
  }
}

std::size_t PendingStructs::memory_bytes() const {
  return structs_.size() * struct_bytes + encoded_bytes_ + rows_.memory_bytes() +
         heads_.size() * head_bytes;
}

std::size_t PendingStructs::growth(const DecodedUpdate& update,
                                   const std::vector<ClientRun>& runs) const {
  std::size_t bytes = 0;
  lib0::Encoder encoder;
  for (const ClientRun& run : runs) {
    if (!heads_.contains(run.client)) bytes += head_bytes;
    std::optional<IdRange> before;  // The row of ours in which theirs begins, if it begins first.
    bool row_begins = true;
    bool row_counts = false;
    for (std::size_t i = run.begin; i < run.end; ++i) {
      const DecodedStruct& value = update.structs[i];
      if (value.kind == StructKind::skip) {
        row_begins = true;
        continue;
      }
      if (std::exchange(row_begins, false)) {
        row_counts = false;
        before = rows_.touching(value.id);
        if (before && before->clock == value.id.clock) before.reset();
      }
      if (before && value.end() <= before->end()) continue;
      encoder.clear();
      write_struct(encoder, value, 0);
      const auto ours = structs_.find(value.id);
      const bool replaces_its_like = ours != structs_.end() && ours->second.kind == value.kind &&
                                     ours->second.length == value.length &&
                                     ours->second.encoded.size() >= encoder.size();
      if (replaces_its_like) continue;
      if (!std::exchange(row_counts, true)) bytes += IdRanges::range_bytes;
      bytes += struct_bytes + encoder.size();
    }
  }
  return bytes;
}

void PendingStructs::put(const Id& id, Waiting waiting) {
  encoded_bytes_ += waiting.encoded.size();
  structs_.emplace(id, std::move(waiting));
}

PendingStructs::Structs::iterator PendingStructs::erase(Structs::const_iterator at) {
  forget_if_head(at->first);
  encoded_bytes_ -= at->second.encoded.size();
  return structs_.erase(at);
}

void PendingStructs::set_head(ClientId client, const Id& first, const Id& lacks) {
  heads_.emplace(client, Head{first, lacks});
  lacked_.emplace(lacks, client);
}

void PendingStructs::forget_if_head(const Id& id) {
  const auto head = heads_.find(id.client);
  if (head != heads_.end() && head->second.first == id) forget_head(id.client);
}

void PendingStructs::forget_head(ClientId client) {
  const auto head = heads_.find(client);
  lacked_.erase({head->second.lacks, client});
  heads_.erase(head);
}

Result<void> PendingStructs::check(const StructStore& store, bool is_behind) const {
  const auto broken = [](std::string what) {
    return Error{ErrorCode::malformed, "pending: " + std::move(what)};
  };
  IdRanges rows;
  std::size_t encoded_bytes = 0;
  std::size_t clients = 0;
  Id last{0, 0};
  DecodedUpdate scratch;
  const auto state_of = [&](ClientId client) { return store.state(client); };
  for (const auto& entry : structs_) {
    const auto& [id, waiting] = entry;
    const bool is_first = clients == 0 || id.client != last.client;
    if (!is_first && id.clock < last.clock) return broken("structs that overlap");
    last = {id.client, id.clock + waiting.length};
    encoded_bytes += waiting.encoded.size();
    rows.add({id.client, id.clock, waiting.length});
    const DecodedStruct value = decode(id, waiting, as_bytes(waiting.encoded), scratch);
    if (value.kind != waiting.kind || value.length != waiting.length || value.id != id) {
      return broken("a struct that reads as another");
    }
    if (!is_first) continue;
    ++clients;
    const auto head = heads_.find(id.client);
    if (head == heads_.end() || head->second.first != id) return broken("a client without a head");
    const auto lacks = missing_for(entry, state_of);
    if (!is_behind && !lacks) return broken("a struct that could go on");
    if (!is_behind && head->second.lacks != *lacks) {
      return broken("a head that lacks something else");
    }
    if (!lacked_.contains({head->second.lacks, id.client}))
      return broken("a head that nobody would wake");
  }
  if (encoded_bytes != encoded_bytes_) return broken("bytes that nobody counts");
  if (rows.list() != rows_.list()) return broken("rows that are not those of the structs");
  if (clients != heads_.size() || clients != lacked_.size() || !ready_.empty()) {
    return broken("heads without structs");
  }
  return {};
}

}  // namespace syncline::crdt
