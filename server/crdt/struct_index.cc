#include "server/crdt/struct_index.h"

#include <algorithm>
#include <utility>

namespace syncline::crdt {
namespace {

// The last of `count` for which `holds`, which holds for the first and then up to some place. A
// binary search without a branch that depends on what it finds: those would be guessed wrong half
// of the time.
template <class Holds>
std::size_t last_not_after(std::size_t count, Holds holds) {
  std::size_t base = 0;
  while (count > 1) {
    const std::size_t half = count / 2;
    base += holds(base + half) ? half : 0;
    count -= half;
  }
  return base;
}

}  // namespace

// Whether a struct within a few steps of `position` covers the clock; moves there.
bool StructIndex::settle_near(const ItemSlab& items, Clock clock, Position& position) const {
  constexpr int steps_max = 4;
  if (position.chunk >= chunks_.size() || position.at >= chunks_[position.chunk].size()) {
    return false;
  }
  Position at = position;
  const bool back = clock < items[(*this)[at]].clock();
  for (int steps = 0; steps <= steps_max; ++steps) {
    const Item& item = items[(*this)[at]];
    if (item.clock() <= clock && clock < item.end()) {
      position = at;
      return true;
    }
    if (back ? at_begin(at) || clock >= item.end() : clock < item.clock()) return false;
    at = back ? previous(at) : next(at);
    if (at_end(at)) return false;
  }
  return false;
}

StructIndex::Position StructIndex::find(const ItemSlab& items, Clock clock) const {
  if (settle_near(items, clock, found_[0])) return found_[0];
  if (settle_near(items, clock, found_[1])) {
    std::swap(found_[0], found_[1]);
    return found_[0];
  }
  const std::size_t chunk = last_not_after(
      chunks_.size(), [&](std::size_t i) { return items[chunks_[i][0]].clock() <= clock; });
  const std::vector<ItemIndex>& structs = chunks_[chunk];
  const std::size_t at = last_not_after(
      structs.size(), [&](std::size_t i) { return items[structs[i]].clock() <= clock; });
  found_[1] = found_[0];
  found_[0] = {static_cast<std::uint32_t>(chunk), static_cast<std::uint32_t>(at)};
  return found_[0];
}

std::size_t StructIndex::count_from(Position position) const {
  if (position.chunk + 1 == chunks_.size()) return chunks_.back().size() - position.at;
  std::size_t before = position.at;
  for (std::uint32_t i = 0; i < position.chunk; ++i) before += chunks_[i].size();
  return size_ - before;
}

void StructIndex::push_back(ItemIndex item) {
  if (chunks_.empty() || chunks_.back().size() >= chunk_max) {
    // A client of few structs has a small chunk; one that fills one is likely to fill the next.
    const bool grows = !chunks_.empty();
    chunks_.emplace_back();
    if (grows) chunks_.back().reserve(chunk_max);
  }
  chunks_.back().push_back(item);
  ++size_;
}

void StructIndex::insert_after(Position position, ItemIndex item) {
  auto& chunk = chunks_[position.chunk];
  if (chunk.size() >= chunk_max) {
    const auto middle = chunk.begin() + chunk_max / 2;
    std::vector<ItemIndex> upper;
    upper.reserve(chunk_max);
    upper.assign(middle, chunk.end());
    chunk.erase(middle, chunk.end());
    chunks_.insert(chunks_.begin() + position.chunk + 1, std::move(upper));
    if (position.at >= chunk_max / 2) {
      position = {position.chunk + 1, position.at - static_cast<std::uint32_t>(chunk_max / 2)};
    }
  }
  auto& holder = chunks_[position.chunk];
  holder.insert(holder.begin() + position.at + 1, item);
  ++size_;
}

StructIndex::Position StructIndex::erase(Position position) {
  const Position before = previous(position);
  auto& chunk = chunks_[position.chunk];
  chunk.erase(chunk.begin() + position.at);
  if (chunk.empty()) chunks_.erase(chunks_.begin() + position.chunk);
  --size_;
  return before;
}

}  // namespace syncline::crdt
