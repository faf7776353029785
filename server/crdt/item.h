#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "server/crdt/content.h"
#include "server/crdt/id.h"

// The parts a replica is made of. They refer to each other by indexes, which stay valid while the
// tables that hold them grow. What a document costs in memory is above all its items: they are
// packed into 36 bytes, which sets some limits on what one document may hold.

namespace syncline::crdt {

using ItemIndex = std::uint32_t;    // Into ItemSlab.
using ClientSlot = std::uint32_t;   // Into StructStore's clients.
using TypeIndex = std::uint32_t;    // Into DocState's types.
using ChainIndex = std::uint32_t;   // Into DocState's chains.
using StringIndex = std::uint32_t;  // Into DocState's names: keys and root names.
using NodeIndex = std::uint32_t;    // Into the nodes of an index's trees.

inline constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

// A run of elements that one client made in one go, or (kind gc) a place where such a run was.
class Item {
 public:
  // So many clients, chains and elements of one client can be told apart.
  static constexpr unsigned client_bits = 20;
  static constexpr unsigned chain_bits = 29;
  static constexpr ClientSlot clients_max = (1U << client_bits) - 1;
  static constexpr ChainIndex chains_max = (1U << chain_bits) - 1;
  static constexpr Clock clock_max = std::numeric_limits<std::uint32_t>::max() - 1;

  Clock clock() const { return clock_; }
  Clock length() const { return length_; }
  Clock end() const { return Clock{clock_} + length_; }
  void set_clock(Clock clock) { clock_ = static_cast<std::uint32_t>(clock); }
  void set_length(Clock length) { length_ = static_cast<std::uint32_t>(length); }

  ClientSlot client() const { return widen(client_and_kind_ & client_mask); }
  void set_client(ClientSlot slot) { put_client(client_and_kind_, slot); }

  // The element that it was made after; none: at the start of its chain.
  ClientSlot origin_client() const { return widen(origin_and_chain_ & client_mask); }
  Clock origin_clock() const { return origin_clock_; }
  bool has_origin() const { return (origin_and_chain_ & client_mask) != client_mask; }
  void set_origin(ClientSlot slot, Clock clock) {
    put_client(origin_and_chain_, slot);
    origin_clock_ = static_cast<std::uint32_t>(clock);
  }

  // The element that it was made before; none: at the end.
  ClientSlot right_origin_client() const { return widen(right_origin_and_chain_ & client_mask); }
  Clock right_origin_clock() const { return right_origin_clock_; }
  bool has_right_origin() const { return (right_origin_and_chain_ & client_mask) != client_mask; }
  void set_right_origin(ClientSlot slot, Clock clock) {
    put_client(right_origin_and_chain_, slot);
    right_origin_clock_ = static_cast<std::uint32_t>(clock);
  }
  bool same_right_origin(const Item& other) const {
    return ((right_origin_and_chain_ ^ other.right_origin_and_chain_) & client_mask) == 0 &&
           (right_origin_clock_ == other.right_origin_clock_ || !has_right_origin());
  }
  bool same_origin(const Item& other) const {
    return ((origin_and_chain_ ^ other.origin_and_chain_) & client_mask) == 0 &&
           (origin_clock_ == other.origin_clock_ || !has_origin());
  }
  bool follows(const Item& left) const {
    return origin_client() == left.client() && origin_clock_ + 1 == left.end();
  }

  // The next item of the chain, deleted ones included.
  ItemIndex right() const { return right_; }
  void set_right(ItemIndex index) { right_ = index; }

  // What it is part of; none exactly for GC structs.
  ChainIndex chain() const {
    const std::uint32_t packed = origin_and_chain_ >> client_bits |
                                 (right_origin_and_chain_ >> client_bits) << 12 |
                                 (client_and_kind_ >> chain_shift) << 24;
    return packed == chains_max ? none : packed;
  }
  void set_chain(ChainIndex chain) {
    const std::uint32_t packed = chain & chains_max;
    origin_and_chain_ = (origin_and_chain_ & client_mask) | packed << client_bits;
    right_origin_and_chain_ = (right_origin_and_chain_ & client_mask) | packed >> 12 << client_bits;
    client_and_kind_ = (client_and_kind_ & ~(0x1FU << chain_shift)) | packed >> 24 << chain_shift;
  }

  StructKind kind() const { return static_cast<StructKind>(client_and_kind_ >> kind_shift & 0xFU); }
  void set_kind(StructKind kind) {
    client_and_kind_ = (client_and_kind_ & ~(0xFU << kind_shift)) | static_cast<std::uint32_t>(kind)
                                                                        << kind_shift;
  }
  bool is_gc() const { return kind() == StructKind::gc; }

  bool deleted() const { return (client_and_kind_ & deleted_bit) != 0; }
  void set_deleted() { client_and_kind_ |= deleted_bit; }
  bool visible() const { return !deleted() && is_countable(kind()); }

  // Where the content begins in the client's arena.
  std::uint32_t content_at() const { return content_at_; }
  void set_content_at(std::uint32_t at) { content_at_ = at; }
  // A string of as many bytes as elements.
  bool ascii() const { return (client_and_kind_ & ascii_bit) != 0; }
  void set_ascii(bool ascii) { put_bit(ascii_bit, ascii); }

  // The type that it is. REQUIRES: kind is type, and it has not been collected.
  TypeIndex type() const { return content_at_; }
  void set_type(TypeIndex type) { content_at_ = type; }

 private:
  static constexpr std::uint32_t client_mask = (1U << client_bits) - 1;
  static constexpr unsigned kind_shift = client_bits;
  static constexpr unsigned chain_shift = 27;
  static constexpr std::uint32_t deleted_bit = 1U << 24;
  static constexpr std::uint32_t ascii_bit = 1U << 25;

  static ClientSlot widen(std::uint32_t packed) { return packed == client_mask ? none : packed; }
  static void put_client(std::uint32_t& word, ClientSlot slot) {
    word = (word & ~client_mask) | (slot & client_mask);
  }
  void put_bit(std::uint32_t bit, bool set) {
    client_and_kind_ = set ? client_and_kind_ | bit : client_and_kind_ & ~bit;
  }

  std::uint32_t clock_ = 0;
  std::uint32_t length_ = 0;
  std::uint32_t origin_clock_ = 0;
  std::uint32_t right_origin_clock_ = 0;
  ItemIndex right_ = none;
  std::uint32_t content_at_ = 0;
  // 20 bits of a client each. Above them: the kind, two flags and the chain's upper 5 bits; its
  // lower 12 bits; its middle 12 bits.
  std::uint32_t client_and_kind_ = client_mask | 0x1FU << chain_shift;
  std::uint32_t origin_and_chain_ = none;
  std::uint32_t right_origin_and_chain_ = none;
};

static_assert(sizeof(Item) == 36);

// Items in chunks, so that a reference stays valid while others are added. Freed ones are reused.
class ItemSlab {
 public:
  Item& operator[](ItemIndex index) { return chunks_[index >> shift][index & mask]; }
  const Item& operator[](ItemIndex index) const { return chunks_[index >> shift][index & mask]; }

  ItemIndex allocate() {
    if (free_ != none) {
      const ItemIndex index = free_;
      free_ = (*this)[index].right();
      (*this)[index] = Item();
      ++live_;
      return index;
    }
    if ((size_ & mask) == 0) chunks_.push_back(std::make_unique<Item[]>(mask + 1));
    ++live_;
    return size_++;
  }

  void release(ItemIndex index) {
    Item& item = (*this)[index];
    item = Item();
    item.set_right(free_);
    free_ = index;
    --live_;
  }

  // One more than the largest index ever given out.
  ItemIndex size() const { return size_; }
  std::size_t live() const { return live_; }

 private:
  static constexpr unsigned shift = 6;
  static constexpr ItemIndex mask = (1U << shift) - 1;

  std::vector<std::unique_ptr<Item[]>> chunks_;
  ItemIndex free_ = none;  // The first of those that are free, which are linked by `right`.
  ItemIndex size_ = 0;
  std::size_t live_ = 0;
};

// Items that stand in a row: the list of a type, or what has been set under one key of its map.
struct Chain {
  TypeIndex type = none;
  StringIndex key = none;  // none: the list.
  ItemIndex first = none;
  ItemIndex last = none;  // Of a key: the newest, whose value counts. Not kept for lists.
};

// The keys of a type's map, in the order in which they first appeared, as a JavaScript Map.
class TypeKeys {
 public:
  struct Entry {
    StringIndex key;
    ChainIndex chain;
  };

  ChainIndex find(StringIndex key) const {
    if (list_.size() > few) {
      const auto at = chains_.find(key);
      return at == chains_.end() ? none : at->second;
    }
    for (const Entry& entry : list_) {
      if (entry.key == key) return entry.chain;
    }
    return none;
  }

  // REQUIRES: the key is new.
  void add(StringIndex key, ChainIndex chain) {
    list_.push_back({key, chain});
    if (list_.size() == few + 1) {
      for (const Entry& entry : list_) chains_.emplace(entry.key, entry.chain);
    } else if (list_.size() > few) {
      chains_.emplace(key, chain);
    }
  }

  void clear() {
    list_ = std::vector<Entry>();
    chains_.clear();
  }

  const std::vector<Entry>& list() const { return list_; }

 private:
  static constexpr std::size_t few = 8;

  std::vector<Entry> list_;
  std::unordered_map<StringIndex, ChainIndex> chains_;  // Beyond a few; never iterated.
};

// A shared type: a list and a map of items; what it is called is a matter of reading.
struct Type {
  ItemIndex item = none;    // What holds it; none for a root.
  StringIndex name = none;  // A root's name; an element's or hook's name.
  ChainIndex list = none;
  Clock length = 0;  // Visible elements of the list.
  TypeKeys keys;
  std::uint64_t changed_in = 0;  // The last transaction that changed it.
  std::uint32_t depth = 1;       // 1 for a root.
  TypeKind kind = TypeKind::unknown;
  bool has_formatting = false;  // yjs' flag: it has had a format since it became a text.
  bool had_formats = false;     // There may be formats in its list.
  bool alive = true;            // Not collected yet.
};

}  // namespace syncline::crdt
