#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "server/crdt/item.h"

namespace syncline::crdt {

// The structs of one client in the order of their clocks, in chunks: to insert or erase one costs a
// move of some hundred neighbours at most, however many there are. Clocks are read in the items.
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

  ItemIndex operator[](Position position) const { return chunks_[position.chunk][position.at]; }
  ItemIndex back() const { return chunks_.back().back(); }

  Position begin() const { return {}; }
  // REQUIRES: not empty.
  Position last() const {
    return {static_cast<std::uint32_t>(chunks_.size() - 1),
            static_cast<std::uint32_t>(chunks_.back().size() - 1)};
  }
  bool at_end(Position position) const { return position.chunk == chunks_.size(); }
  bool at_begin(Position position) const { return position == Position{}; }
  Position next(Position position) const {
    if (++position.at == chunks_[position.chunk].size()) return {position.chunk + 1, 0};
    return position;
  }
  // REQUIRES: not the first.
  Position previous(Position position) const {
    if (position.at > 0) return {position.chunk, position.at - 1};
    return {position.chunk - 1, static_cast<std::uint32_t>(chunks_[position.chunk - 1].size() - 1)};
  }

  // The struct that covers `clock`. REQUIRES: there is one.
  Position find(const ItemSlab& items, Clock clock) const;

  void push_back(ItemIndex item);
  void insert_after(Position position, ItemIndex item);
  // Returns the position of the one before. REQUIRES: not the first.
  Position erase(Position position);

  // How many there are from `position` on.
  std::size_t count_from(Position position) const;

  // For each item in order.
  template <class Visit>
  void for_each(Visit visit) const {
    for (const std::vector<ItemIndex>& chunk : chunks_) {
      for (const ItemIndex item : chunk) visit(item);
    }
  }

 private:
  static constexpr std::size_t chunk_max = 512;

  bool settle_near(const ItemSlab& items, Clock clock, Position& position) const;

  std::vector<std::vector<ItemIndex>> chunks_;  // None is empty.
  std::size_t size_ = 0;
  // By the last searches: the next one is mostly near one of them (origins are apart from right
  // origins). May be outdated.
  mutable std::array<Position, 2> found_{};
};

}  // namespace syncline::crdt
