#include "server/crdt/struct_index.h"

#include <algorithm>

namespace syncline::crdt {

std::size_t StructIndex::memory_bytes() const {
  std::size_t bytes = chunks_.capacity() * sizeof(chunks_[0]);
  for (const auto& chunk : chunks_) bytes += chunk.capacity() * sizeof(ItemIndex);
  return bytes;
}

StructIndex::Position StructIndex::find(const ItemSlab& items, Clock clock) const {
  const auto covers = [&](Position position) {
    const Item& item = items[(*this)[position]];
    return item.clock() <= clock && clock < item.end();
  };
  if (found_.chunk < chunks_.size() && found_.at < chunks_[found_.chunk].size()) {
    if (covers(found_)) return found_;
    if (const Position after = next(found_); !at_end(after) && covers(after)) {
      return found_ = after;
    }
    if (!at_begin(found_)) {
      if (const Position before = previous(found_); covers(before)) return found_ = before;
    }
  }
  const auto is_after = [&](Clock value, ItemIndex item) { return value < items[item].clock(); };
  const auto chunk_after =
      std::upper_bound(chunks_.begin(), chunks_.end(), clock,
                       [&](Clock value, const auto& chunk) { return is_after(value, chunk[0]); });
  const auto& chunk = *(chunk_after - 1);
  const auto after = std::upper_bound(chunk.begin(), chunk.end(), clock, is_after);
  found_ = {static_cast<std::uint32_t>(chunk_after - chunks_.begin() - 1),
            static_cast<std::uint32_t>(after - chunk.begin() - 1)};
  return found_;
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
