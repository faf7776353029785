#include "server/crdt/version_view.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "server/base/assert.h"
#include "server/crdt/read.h"
#include "server/crdt/shared_type.h"
#include "server/crdt/text_formats.h"
#include "server/lib0/json.h"

namespace syncline::crdt {
namespace {

using lib0::Any;

constexpr std::string_view change_key = "ychange";

// Which elements a version has, by the client slots of one document. yjs: isVisible.
class VersionIndex {
 public:
  VersionIndex(const StructStore& store, const Version& version) : reaches_(store.client_count()) {
    for (const auto& [client, clock] : version.states) {
      const ClientSlot slot = store.find_slot(client);
      if (slot != none) reaches_[slot].state = clock;
    }
    const std::span<const IdRange> deletes(version.deletes);
    for (std::size_t begin = 0; begin < deletes.size();) {
      std::size_t end = begin;
      while (end < deletes.size() && deletes[end].client == deletes[begin].client) ++end;
      const ClientSlot slot = store.find_slot(deletes[begin].client);
      if (slot != none) reaches_[slot].deletes = deletes.subspan(begin, end - begin);
      begin = end;
    }
  }

  Clock state(ClientSlot client) const { return reaches_[client].state; }

  // Whether the element is there; `until` becomes the next clock at which that may change, if it is
  // less.
  bool look(ClientSlot client, Clock clock, Clock& until) const {
    const Reach& reach = reaches_[client];
    if (clock < reach.state) until = std::min(until, reach.state);
    const auto range =
        std::upper_bound(reach.deletes.begin(), reach.deletes.end(), clock,
                         [](Clock value, const IdRange& other) { return value < other.end(); });
    if (range == reach.deletes.end()) return clock < reach.state;
    const bool deleted = range->clock <= clock;
    until = std::min(until, deleted ? range->end() : range->clock);
    return clock < reach.state && !deleted;
  }

 private:
  struct Reach {
    Clock state = 0;
    std::span<const IdRange> deletes;
  };
  std::vector<Reach> reaches_;  // By slot.
};

// Calls visit(from, to, visible) for the parts of an item that are all there or all not, front to
// back; from and to count elements from the item's first.
template <class Visit>
void for_each_part(const Item& item, const VersionIndex& version, Visit visit) {
  for (Clock at = item.clock(); at < item.end();) {
    Clock until = item.end();
    const bool visible = version.look(item.client(), at, until);
    visit(at - item.clock(), until - item.clock(), visible);
    at = until;
  }
}

// Takes a string content apart, front to back, looking at each byte once. The halves of a surrogate
// pair that is cut become replacement characters, as when yjs splits a struct.
class TextCutter {
 public:
  TextCutter(std::string_view text, Clock length) : rest_(text), length_(length) {}

  // Moves the next `units` UTF-16 units to the end of `out`.
  void take(Clock units, std::string& out) {
    if (cut_) {
      out.append(replacement_character);
      rest_.remove_prefix(4);
      length_ -= 2;
      --units;
    }
    const std::size_t size =
        content_offset(StructKind::string, as_bytes(rest_), length_, units, cut_);
    out.append(rest_.substr(0, size));
    if (cut_) out.append(replacement_character);
    rest_.remove_prefix(size);
    length_ -= cut_ ? units - 1 : units;
  }

  void skip(Clock units) {
    std::string skipped;
    take(units, skipped);
  }

 private:
  std::string_view rest_;
  Clock length_;      // Of the rest, in UTF-16 units.
  bool cut_ = false;  // The rest begins in the middle of its first pair.
};

// Follows yjs' YText.toDelta step by step: what is joined with what shows in the result.
class DeltaBuilder {
 public:
  DeltaBuilder(const DocState& doc, const Comparison& comparison)
      : doc_(doc), mark_(comparison.mark) {
    if (comparison.version) version_.emplace(doc.store, *comparison.version);
    if (comparison.before) before_.emplace(doc.store, *comparison.before);
  }

  std::vector<DeltaOp> build(const Type& text) {
    for (ItemIndex at = doc_.start(text); at != none; at = doc_.store.items[at].right()) {
      const Item& item = doc_.store.items[at];
      if (item.kind() == StructKind::string) {
        add_string(item);
      } else if (item.kind() == StructKind::format || item.kind() == StructKind::embed ||
                 item.kind() == StructKind::type) {
        add_single(item);
      }
    }
    pack();
    return std::move(ops_);
  }

 private:
  struct Presence {
    bool now;
    bool before;
  };

  Presence look(const Item& item, Clock clock, Clock& until) const {
    return {version_ ? version_->look(item.client(), clock, until) : !item.deleted(),
            before_ && before_->look(item.client(), clock, until)};
  }

  void add_string(const Item& item) {
    TextCutter cutter(as_text(doc_.store.content(item)), item.length());
    for (Clock at = item.clock(); at < item.end();) {
      Clock until = item.end();
      const Presence there = look(item, at, until);
      if (there.now || there.before) {
        mark(there, doc_.store.client(item.client()).id, at);
        cutter.take(until - at, text_);
      } else {
        cutter.skip(until - at);
      }
      at = until;
    }
  }

  void add_single(const Item& item) {
    Clock until = item.end();
    const Presence there = look(item, item.clock(), until);
    if (item.kind() == StructKind::format) {
      if (!there.now) return;
      pack();
      current_.update(format_of(doc_, item));
    } else if (there.now || there.before) {
      pack();
      DeltaOp op{{}, {}, none, current_.list()};
      if (item.kind() == StructKind::type) op.type = item.type();
      if (item.kind() == StructKind::embed) op.embed = entry_json(doc_, item);
      ops_.push_back(std::move(op));
    }
  }

  void mark(Presence there, ClientId client, Clock clock) {
    if (version_ && !there.now) {
      mark_as(Change::removed, {client, clock});
    } else if (before_ && !there.before) {
      mark_as(Change::added, {client, clock});
    } else if (current_.contains(change_key)) {
      pack();
      current_.erase(change_key);
    }
  }

  void mark_as(Change change, const Id& id) {
    if (says(current_.find(change_key), change, id.client)) return;
    pack();
    const Any value = mark_(change, id);
    SYNCLINE_ASSERT(value.is_object());
    current_.set(change_key, lib0::to_json(value));
  }

  // Whether a mark already says that this client changed it so.
  static bool says(std::string_view mark, Change change, ClientId client) {
    const auto value = lib0::parse_json(mark);
    if (!value.ok()) return false;
    const Any* user = value->find("user");
    const Any* type = value->find("type");
    return user && type && *user == Any(static_cast<double>(client)) &&
           *type == Any(change == Change::added ? "added" : "removed");
  }

  void pack() {
    if (text_.empty()) return;
    ops_.push_back({std::move(text_), {}, none, current_.list()});
    text_.clear();
  }

  const DocState& doc_;
  const ChangeMark& mark_;
  std::optional<VersionIndex> version_;
  std::optional<VersionIndex> before_;
  std::vector<DeltaOp> ops_;
  Formats current_;
  std::string text_;
};

// The value of a key.
std::string value_at(const DocState& doc, ChainIndex key, const VersionIndex& version) {
  ItemIndex at = none;  // The newest of those that the version knows.
  for (ItemIndex o = doc.chains[key].first; o != none; o = doc.store.items[o].right()) {
    if (doc.store.items[o].clock() < version.state(doc.store.items[o].client())) at = o;
  }
  if (at == none) return {};
  const Item& item = doc.store.items[at];
  const Clock last = std::min(item.end(), version.state(item.client())) - 1;
  Clock until = item.end();
  if (!version.look(item.client(), last, until)) return {};
  std::vector<std::string> values = elements_json(doc, item);
  const auto index = static_cast<std::size_t>(last - item.clock());
  return index < values.size() ? std::move(values[index]) : std::string();
}

}  // namespace

std::string delta_json_at(const DocState& doc, const Type& text, const Comparison& comparison) {
  return delta_ops_json(doc, DeltaBuilder(doc, comparison).build(text));
}

std::string array_json_at(const DocState& doc, const Type& list, const Version& version) {
  const VersionIndex index(doc.store, version);
  std::string out = "[";
  for (ItemIndex at = doc.start(list); at != none; at = doc.store.items[at].right()) {
    const Item& item = doc.store.items[at];
    if (!is_countable(item.kind())) continue;
    std::vector<std::string> values;
    for_each_part(item, index, [&](Clock from, Clock to, bool visible) {
      if (!visible) return;
      if (values.empty()) values = elements_json(doc, item);
      for (Clock i = from; i < to; ++i) {
        if (out.size() > 1) out.push_back(',');
        const std::string& json = values[static_cast<std::size_t>(i)];
        out.append(json.empty() ? "null" : json);
      }
    });
  }
  return out + "]";
}

std::string map_json_at(const DocState& doc, const Type& map, const Version& version) {
  const VersionIndex index(doc.store, version);
  JsonProperties properties;
  for (const TypeKeys::Entry& entry : map.keys.list()) {
    std::string json = value_at(doc, entry.chain, index);
    if (!json.empty()) properties.emplace_back(doc.name(entry.key), std::move(json));
  }
  std::string out;
  append_json_object(out, std::move(properties));
  return out;
}

std::string entry_json_at(const DocState& doc, const Type& map, std::string_view key,
                          const Version& version) {
  const StringIndex name = doc.find_name(key);
  const ChainIndex chain = name == none ? none : map.keys.find(name);
  return chain == none ? std::string() : value_at(doc, chain, VersionIndex(doc.store, version));
}

std::string SharedType::delta_json(const Comparison& comparison) const {
  return delta_json_at(*doc_, doc_->types[type_], comparison);
}
std::string SharedType::array_json(const Version& version) const {
  return array_json_at(*doc_, doc_->types[type_], version);
}
std::string SharedType::map_json(const Version& version) const {
  return map_json_at(*doc_, doc_->types[type_], version);
}
std::string SharedType::entry_json(std::string_view key, const Version& version) const {
  return entry_json_at(*doc_, doc_->types[type_], key, version);
}

}  // namespace syncline::crdt
