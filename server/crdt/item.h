#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "server/crdt/content.h"
#include "server/crdt/id.h"

// The parts a replica is made of. They refer to each other by 32-bit indexes, which stay valid
// while the tables that hold them grow.

namespace syncline::crdt {

using ItemIndex = std::uint32_t;    // Into ItemSlab.
using ClientSlot = std::uint32_t;   // Into StructStore's clients.
using TypeIndex = std::uint32_t;    // Into DocState's types.
using StringIndex = std::uint32_t;  // Into DocState's names: keys and root names.

inline constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

// A run of elements that one client made in one go, or (kind gc) a place where such a run was.
struct Item {
  Clock clock = 0;
  Clock length = 0;
  Clock origin_clock = 0;        // With origin_client.
  Clock right_origin_clock = 0;  // With right_origin_client.
  ClientSlot client = none;
  ClientSlot origin_client = none;  // none: made at the start of its list.
  ClientSlot right_origin_client = none;
  ItemIndex left = none;  // Neighbours in the parent's list, deleted ones included.
  ItemIndex right = none;
  TypeIndex parent = none;       // none exactly for GC structs.
  StringIndex sub = none;        // The key, if this is an entry of the parent's map.
  std::uint32_t content_at = 0;  // In the client's arena.
  std::uint32_t content_size = 0;
  TypeIndex type = none;  // The type that this item is, if kind is type.
  StructKind kind = StructKind::gc;
  bool deleted = false;

  Clock end() const { return clock + length; }
  bool is_gc() const { return kind == StructKind::gc; }
  bool visible() const { return !deleted && is_countable(kind); }
};

// Items in chunks, so that a reference stays valid while others are added. Freed ones are reused.
class ItemSlab {
 public:
  Item& operator[](ItemIndex index) { return chunks_[index >> shift][index & mask]; }
  const Item& operator[](ItemIndex index) const { return chunks_[index >> shift][index & mask]; }

  ItemIndex allocate() {
    if (!free_.empty()) {
      const ItemIndex index = free_.back();
      free_.pop_back();
      (*this)[index] = Item{};
      return index;
    }
    if ((size_ & mask) == 0) chunks_.push_back(std::make_unique<Item[]>(mask + 1));
    return size_++;
  }

  void release(ItemIndex index) { free_.push_back(index); }

  // One more than the largest index ever given out.
  ItemIndex size() const { return size_; }
  std::size_t live() const { return size_ - free_.size(); }

 private:
  static constexpr unsigned shift = 8;
  static constexpr ItemIndex mask = (1U << shift) - 1;

  std::vector<std::unique_ptr<Item[]>> chunks_;
  std::vector<ItemIndex> free_;
  ItemIndex size_ = 0;
};

// The newest item of each key, in the order in which the keys first appeared, as a JavaScript Map.
class TypeEntries {
 public:
  struct Entry {
    StringIndex key;
    ItemIndex item;
  };

  ItemIndex find(StringIndex key) const {
    const std::size_t at = position(key);
    return at == missing ? none : list_[at].item;
  }

  void set(StringIndex key, ItemIndex item) {
    const std::size_t at = position(key);
    if (at != missing) {
      list_[at].item = item;
      return;
    }
    list_.push_back({key, item});
    if (list_.size() == few + 1) {
      for (std::uint32_t i = 0; i < list_.size(); ++i) positions_.emplace(list_[i].key, i);
    } else if (list_.size() > few) {
      positions_.emplace(key, static_cast<std::uint32_t>(list_.size() - 1));
    }
  }

  void clear() {
    list_.clear();
    positions_.clear();
  }

  const std::vector<Entry>& list() const { return list_; }

 private:
  static constexpr std::size_t few = 8;
  static constexpr std::size_t missing = std::numeric_limits<std::size_t>::max();

  std::size_t position(StringIndex key) const {
    if (list_.size() > few) {
      const auto at = positions_.find(key);
      return at == positions_.end() ? missing : at->second;
    }
    for (std::size_t i = 0; i < list_.size(); ++i) {
      if (list_[i].key == key) return i;
    }
    return missing;
  }

  std::vector<Entry> list_;
  std::unordered_map<StringIndex, std::uint32_t> positions_;  // Beyond a few; never iterated.
};

// A shared type: a list and a map of items; what it is called is a matter of reading.
struct Type {
  ItemIndex item = none;    // What holds it; none for a root.
  StringIndex name = none;  // A root's name; an element's or hook's name.
  ItemIndex start = none;   // The first item of the list.
  Clock length = 0;         // Visible elements of the list.
  TypeEntries entries;
  std::uint64_t changed_in = 0;  // The last transaction that changed it.
  std::uint32_t depth = 1;       // 1 for a root.
  TypeKind kind = TypeKind::unknown;
  bool has_formatting = false;  // yjs' flag: it has had a format since it became a text.
  bool had_formats = false;     // There may be formats in its list.
  bool alive = true;            // Not collected yet.
};

}  // namespace syncline::crdt
