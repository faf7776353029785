#include <algorithm>
#include <cstdint>
#include <numeric>
#include <set>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "server/core/sequence_tracker.h"

namespace syncline::core {
namespace {

// The same, said plainly: a set of everything that was heard of.
struct Model {
  std::set<std::uint64_t> known;

  void add(std::uint64_t sequence) { known.insert(sequence); }
  void add_through(std::uint64_t sequence) {
    for (std::uint64_t s = 1; s <= sequence; ++s) known.insert(s);
  }
  std::uint64_t contiguous() const {
    std::uint64_t s = 0;
    while (known.contains(s + 1)) ++s;
    return s;
  }
  std::uint64_t highest() const { return known.empty() ? 0 : *known.rbegin(); }
};

RC_GTEST_PROP(SequenceTrackerProperty, AgreesWithASet, ()) {
  SequenceTracker tracker;
  Model model;
  const auto steps = *rc::gen::container<std::vector<std::pair<bool, int>>>(rc::gen::pair(
      rc::gen::weightedElement<bool>({{9, false}, {1, true}}), rc::gen::inRange(1, 30)));
  for (const auto& [through, sequence] : steps) {
    const auto value = static_cast<std::uint64_t>(sequence);
    if (through) {
      tracker.add_through(Sequence{value});
      model.add_through(value);
    } else {
      tracker.add(Sequence{value});
      model.add(value);
    }
    RC_ASSERT(tracker.contiguous().value == model.contiguous());
    RC_ASSERT(tracker.highest().value == model.highest());
    RC_ASSERT(tracker.has_gap() == (model.contiguous() < model.highest()));
    for (std::uint64_t s = 1; s <= 30; ++s) {
      RC_ASSERT(tracker.contains(Sequence{s}) == model.known.contains(s));
    }
  }
}

RC_GTEST_PROP(SequenceTrackerProperty, AnyOrderEndsWithoutAGap, ()) {
  std::vector<std::uint64_t> order(*rc::gen::inRange<std::size_t>(1, 50));
  std::iota(order.begin(), order.end(), 1);
  for (std::size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[*rc::gen::inRange<std::size_t>(0, i)]);
  }
  SequenceTracker tracker;
  for (const std::uint64_t sequence : order) tracker.add(Sequence{sequence});
  RC_ASSERT(tracker.contiguous().value == order.size());
  RC_ASSERT(!tracker.has_gap());
}

}  // namespace
}  // namespace syncline::core
