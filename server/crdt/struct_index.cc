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
  if (position.chunk >= chunks_.size() || position.at >= chunks_[position.chunk].structs.size()) {
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

std::size_t StructIndex::find_in(Chunk& chunk, const ItemSlab& items, Clock clock) {
  const std::size_t size = chunk.structs.size();
  if (const std::size_t next = chunk.clocks.size() * stride; next < size) {
    chunk.keep(items[chunk.structs[next]].clock());
  }
  const std::size_t last =
      last_not_after(chunk.clocks.size(), [&](std::size_t i) { return chunk.clocks[i] <= clock; });
  const std::size_t begin = last * stride;
  const std::size_t end = last + 1 < chunk.clocks.size() ? begin + stride : size;
  return begin + last_not_after(end - begin, [&](std::size_t i) {
           return items[chunk.structs[begin + i]].clock() <= clock;
         });
}

StructIndex::Position StructIndex::find(const ItemSlab& items, Clock clock) const {
  if (settle_near(items, clock, found_)) return found_;
  const std::size_t chunk =
      last_not_after(firsts_.size(), [&](std::size_t i) { return firsts_[i] <= clock; });
  const std::size_t at = find_in(chunks_[chunk], items, clock);
  return found_ = {static_cast<std::uint32_t>(chunk), static_cast<std::uint32_t>(at)};
}

bool StructIndex::is_sound(const ItemSlab& items) const {
  if (firsts_.size() != chunks_.size()) return false;
  for (std::size_t i = 0; i < chunks_.size(); ++i) {
    const Chunk& chunk = chunks_[i];
    if (chunk.structs.empty() || firsts_[i] != items[chunk.structs[0]].clock()) return false;
    if (chunk.clocks.size() > (chunk.structs.size() + stride - 1) / stride) return false;
    for (std::size_t at = 0; at < chunk.clocks.size(); ++at) {
      if (chunk.clocks[at] != items[chunk.structs[at * stride]].clock()) return false;
    }
  }
  return true;
}

std::size_t StructIndex::count_from(Position position) const {
  if (position.chunk + 1 == chunks_.size()) return chunks_.back().structs.size() - position.at;
  std::size_t before = position.at;
  for (std::uint32_t i = 0; i < position.chunk; ++i) before += chunks_[i].structs.size();
  return size_ - before;
}

void StructIndex::add_chunk(Clock first) {
  // A client of few structs has a small chunk; one that fills one is likely to fill the next.
  const bool grows = !chunks_.empty();
  firsts_.push_back(static_cast<std::uint32_t>(first));
  Chunk& chunk = chunks_.emplace_back();
  if (!grows) return;
  chunk.structs.reserve(chunk_max);
  chunk.clocks.reserve(chunk_max / stride);
}

void StructIndex::insert_after(const ItemSlab& items, Position position, ItemIndex item) {
  constexpr std::size_t half = chunk_max / 2;
  if (Chunk& chunk = chunks_[position.chunk]; chunk.structs.size() >= chunk_max) {
    const auto middle = chunk.structs.begin() + half;
    Chunk upper;
    upper.structs.reserve(chunk_max);
    upper.structs.assign(middle, chunk.structs.end());
    chunk.structs.erase(middle, chunk.structs.end());
    chunk.forget_from(half);
    chunks_.insert(chunks_.begin() + position.chunk + 1, std::move(upper));
    firsts_.insert(firsts_.begin() + position.chunk + 1, 0);
    set_first(items, position.chunk + 1);
    if (position.at >= half) {
      position = {position.chunk + 1, position.at - static_cast<std::uint32_t>(half)};
    }
  }
  Chunk& chunk = chunks_[position.chunk];
  chunk.forget_from(position.at + 1);
  chunk.structs.insert(chunk.structs.begin() + position.at + 1, item);
  ++size_;
}

StructIndex::Position StructIndex::erase(const ItemSlab& items, Position position) {
  const Position before = previous(position);
  Chunk& chunk = chunks_[position.chunk];
  chunk.forget_from(position.at);
  chunk.structs.erase(chunk.structs.begin() + position.at);
  if (chunk.structs.empty()) {
    chunks_.erase(chunks_.begin() + position.chunk);
    firsts_.erase(firsts_.begin() + position.chunk);
  } else if (position.at == 0) {
    set_first(items, position.chunk);
  }
  --size_;
  return before;
}

}  // namespace syncline::crdt
