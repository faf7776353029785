#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "server/core/update_ring.h"

namespace syncline::core {
namespace {

// A frame that says which entry it is.
SharedBytes numbered(std::uint64_t number, std::size_t size) {
  Bytes bytes(std::max<std::size_t>(size, sizeof number));
  for (std::size_t i = 0; i < sizeof number; ++i) {
    bytes[i] = static_cast<std::byte>(number >> (8 * i));
  }
  return SharedBytes(std::move(bytes));
}

std::uint64_t number_of(const SharedBytes& frame) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i) {
    number |= static_cast<std::uint64_t>(frame.view()[i]) << (8 * i);
  }
  return number;
}

RC_GTEST_PROP(UpdateRingProperty, WhatIsThereIsWhatWasPushed, ()) {
  const auto bytes_max = *rc::gen::inRange<std::size_t>(1, 500);
  const auto frames_max = *rc::gen::inRange<std::size_t>(1, 20);
  UpdateRing ring(bytes_max, frames_max);
  std::uint64_t pushed = 0;
  for (const int size : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 200))) {
    ring.push({.frame = numbered(pushed++, static_cast<std::size_t>(size)),
               .parts = {},
               .ticket = {},
               .received_at = {}});
    const std::uint64_t tail_before = ring.tail();
    if (ring.overfull()) ring.trim();
    RC_ASSERT(ring.head() == pushed);
    RC_ASSERT(ring.tail() >= tail_before);
    RC_ASSERT(ring.tail() < ring.head());  // The newest entry always stays.
    std::size_t bytes = 0;
    for (std::uint64_t index = ring.tail(); index < ring.head(); ++index) {
      RC_ASSERT(number_of(ring.at(index).frame) == index);
      bytes += ring.at(index).frame.size();
    }
    RC_ASSERT(ring.bytes() == bytes);
    RC_ASSERT(!ring.overfull() || ring.head() - ring.tail() == 1);
  }
  ring.clear();
  RC_ASSERT(ring.bytes() == 0u);
  RC_ASSERT(ring.head() == pushed);
  RC_ASSERT(ring.tail() == pushed);
}

// Every cursor either reads each entry once, in order, or is told that it was overtaken.
RC_GTEST_PROP(UpdateRingProperty, ACursorMissesNothingUnnoticed, ()) {
  UpdateRing ring(10'000, *rc::gen::inRange<std::size_t>(1, 8));
  std::uint64_t pushed = 0;
  std::uint64_t cursor = 0;
  for (const bool reads : *rc::gen::arbitrary<std::vector<bool>>()) {
    if (!reads) {
      ring.push({.frame = numbered(pushed++, 8), .parts = {}, .ticket = {}, .received_at = {}});
      if (ring.overfull()) ring.trim();
    } else if (cursor < ring.tail()) {
      cursor = ring.head();  // Overtaken: a catch-up brings it to the end.
    } else if (cursor < ring.head()) {
      RC_ASSERT(number_of(ring.at(cursor).frame) == cursor);
      ++cursor;
    }
  }
}

// A catch-up from a checkpoint must not start after what the reader has.
RC_GTEST_PROP(UpdateRingProperty, ACheckpointIsNeverAheadOfItsReader, ()) {
  UpdateRing ring(1'000'000, 100);
  std::map<std::uint64_t, std::uint64_t> taken;  // Index at which it was taken, by its content.
  std::uint64_t pushed = 0;
  const auto count = *rc::gen::inRange(0, 1200);
  for (int i = 0; i < count; ++i) {
    ring.push({.frame = numbered(pushed++, 8), .parts = {}, .ticket = {}, .received_at = {}});
    if (ring.wants_checkpoint()) {
      taken[pushed] = ring.head();
      ring.add_checkpoint(numbered(pushed, 8));
    }
    if (ring.overfull()) ring.trim();
  }
  const auto cursor = *rc::gen::inRange<std::uint64_t>(0, pushed + 1);
  const auto slowest = *rc::gen::inRange<std::uint64_t>(0, cursor + 1);
  ring.forget_checkpoints_below(slowest);
  const SharedBytes found = ring.checkpoint_before(cursor);
  if (found.empty()) {
    if (!taken.empty()) RC_ASSERT(cursor < taken.begin()->second);
  } else {
    RC_ASSERT(taken.at(number_of(found)) <= cursor);
  }
}

}  // namespace
}  // namespace syncline::core
