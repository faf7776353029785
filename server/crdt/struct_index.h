#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "server/crdt/item.h"

namespace syncline::crdt {

// The structs of one client in the order of their clocks, in chunks: to insert or erase one costs a
// move of some hundred neighbours at most, however many there are. Clocks are read in the items,
// and those of every eighth kept, so that a search need not wait for so many items.
class StructIndex {
 public:
  // A place in it. Valid until something is inserted or erased.
  struct Position {
    std::uint32_t chunk = 0;
    std::uint32_t at = 0;
    friend bool operator==(const Position&, const Position&) = default;
  };

  bool empty() const { return chunks_.empty(); }
  std::size_t size() const { return size_; }

  ItemIndex operator[](Position position) const {
    return chunks_[position.chunk].structs[position.at];
  }
  ItemIndex back() const { return chunks_.back().structs.back(); }

  Position begin() const { return {}; }
  // REQUIRES: not empty.
  Position last() const {
    return {static_cast<std::uint32_t>(chunks_.size() - 1),
            static_cast<std::uint32_t>(chunks_.back().structs.size() - 1)};
  }
  bool at_end(Position position) const { return position.chunk == chunks_.size(); }
  bool at_begin(Position position) const { return position == Position{}; }
  Position next(Position position) const {
    if (++position.at == chunks_[position.chunk].structs.size()) return {position.chunk + 1, 0};
    return position;
  }
  // REQUIRES: not the first.
  Position previous(Position position) const {
    if (position.at > 0) return {position.chunk, position.at - 1};
    const std::size_t size = chunks_[position.chunk - 1].structs.size();
    return {position.chunk - 1, static_cast<std::uint32_t>(size - 1)};
  }

  // The struct that covers `clock`. REQUIRES: there is one.
  Position find(const ItemSlab& items, Clock clock) const;

  // `clock` is that of the item.
  void push_back(ItemIndex item, Clock clock) {
    if (chunks_.empty() || chunks_.back().structs.size() >= chunk_max) add_chunk(clock);
    Chunk& chunk = chunks_.back();
    if (chunk.clocks.size() * stride == chunk.structs.size()) chunk.keep(clock);
    chunk.structs.push_back(item);
    ++size_;
  }
  void insert_after(const ItemSlab& items, Position position, ItemIndex item);
  // Returns the position of the one before. REQUIRES: not the first.
  Position erase(const ItemSlab& items, Position position);

  // To be told when the clock of the item there has become another one.
  void clock_changes(const ItemSlab& items, Position position) {
    chunks_[position.chunk].forget_from(position.at);
    if (position.at == 0) set_first(items, position.chunk);
  }

  // Whether the clocks that are kept are those of the items.
  bool is_sound(const ItemSlab& items) const;

  // How many there are from `position` on.
  std::size_t count_from(Position position) const;

  // For each item in order.
  template <class Visit>
  void for_each(Visit visit) const {
    for (const Chunk& chunk : chunks_) {
      for (const ItemIndex item : chunk.structs) visit(item);
    }
  }

 private:
  static constexpr std::size_t chunk_max = 512;
  static constexpr std::size_t stride = 8;

  struct Chunk {
    std::vector<ItemIndex> structs;  // Not empty.
    // Of the structs 0, 8, 16 and so on, up to where something has changed; searches fill it up.
    std::vector<std::uint32_t> clocks;

    void keep(Clock clock) { clocks.push_back(static_cast<std::uint32_t>(clock)); }
    void forget_from(std::size_t at) {
      const std::size_t kept = (at + stride - 1) / stride;
      if (kept < clocks.size()) clocks.resize(kept);
    }
  };

  void add_chunk(Clock first);
  void set_first(const ItemSlab& items, std::size_t chunk) {
    firsts_[chunk] = static_cast<std::uint32_t>(items[chunks_[chunk].structs[0]].clock());
  }
  bool settle_near(const ItemSlab& items, Clock clock, Position& position) const;
  static std::size_t find_in(Chunk& chunk, const ItemSlab& items, Clock clock);

  mutable std::vector<Chunk> chunks_;  // Searching changes what clocks are kept.
  std::vector<std::uint32_t> firsts_;  // The clock of each chunk's first struct.
  std::size_t size_ = 0;
  mutable Position found_;  // By the last search: the next one is often near. May be outdated.
};

}  // namespace syncline::crdt
