#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace syncline::checkers {

// From 64-bit keys to values, for lookups that happen at every event of a run. Nothing is ever
// taken out; to look at all, use the values' own order: that in which they came.
template <class Value>
class FlatMap {
 public:
  // The value of `key`, made if it is not there. References live until the next one is made.
  Value& operator[](std::uint64_t key) {
    if (entries_.size() * 2 >= slots_.size()) grow();
    std::uint32_t& slot = slots_[slot_of(key)];
    if (slot == 0) {
      entries_.emplace_back(key, Value());
      slot = static_cast<std::uint32_t>(entries_.size());
    }
    return entries_[slot - 1].second;
  }

  Value* find(std::uint64_t key) {
    if (slots_.empty()) return nullptr;
    const std::uint32_t slot = slots_[slot_of(key)];
    return slot == 0 ? nullptr : &entries_[slot - 1].second;
  }
  const Value* find(std::uint64_t key) const { return const_cast<FlatMap*>(this)->find(key); }

  void clear() {
    entries_.clear();
    slots_.assign(slots_.size(), 0);
  }

  // (key, value), in the order in which they came.
  std::vector<std::pair<std::uint64_t, Value>>& entries() { return entries_; }
  const std::vector<std::pair<std::uint64_t, Value>>& entries() const { return entries_; }

 private:
  // Where the key is, or where it goes.
  std::size_t slot_of(std::uint64_t key) const {
    const std::size_t mask = slots_.size() - 1;
    std::uint64_t hash = key * 0x9E3779B97F4A7C15;
    hash ^= hash >> 32;
    for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
      if (slots_[at] == 0 || entries_[slots_[at] - 1].first == key) return at;
    }
  }

  void grow() {
    slots_.assign(slots_.empty() ? 8 : slots_.size() * 2, 0);
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      slots_[slot_of(entries_[i].first)] = static_cast<std::uint32_t>(i + 1);
    }
  }

  std::vector<std::pair<std::uint64_t, Value>> entries_;
  std::vector<std::uint32_t> slots_;  // One more than an index into entries_; 0 if free.
};

}  // namespace syncline::checkers
