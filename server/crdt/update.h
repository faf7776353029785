#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "server/base/bytes.h"
#include "server/base/result.h"

// Work on encoded updates (format v1) that needs no document.

namespace syncline::crdt {

struct UpdateLimits {
  std::size_t structs_max = 4'000'000;
  std::size_t clients_max = 100'000;
  std::size_t delete_ranges_max = 4'000'000;

  // It was accepted before, and must be again, whatever came in between.
  bool accepted_before = false;

  // For what we encoded ourselves: many small updates may add up to more than one may bring.
  static constexpr UpdateLimits none() { return {SIZE_MAX, SIZE_MAX, SIZE_MAX, true}; }
};

// What an update holds, found while checking it.
struct UpdateSummary {
  std::size_t structs = 0;
  std::size_t delete_ranges = 0;
  bool empty() const { return structs == 0 && delete_ranges == 0; }
};

// The check at the door: succeeds exactly if every stock yjs 13 client could read `update` and if
// yjs could have written it: canonical varints within 2^53 - 1, no run of length 0, valid UTF-8 and
// JSON, known content and type tags, `any` values and types within the depth limit, nothing after
// the end. Costs time and memory linear in the size of the update, whatever it claims.
Result<UpdateSummary> check_update(BytesView update, const UpdateLimits& limits = {});

// Whether an encoded state vector can be read. Errors: those of the decoder, trailing_bytes.
Result<void> check_state_vector(BytesView state_vector);

// One update with the effect of all, as yjs' mergeUpdates: structs that are in none are bridged by
// Skip. REQUIRES: every update has passed check_update; the views live until the call returns.
// Errors: those of check_update, for input that did not.
Result<Bytes> merge_updates(std::span<const BytesView> updates);

// The update that changes nothing: 00 00.
BytesView empty_update();

// The state vector of nobody: 00.
BytesView empty_state_vector();

}  // namespace syncline::crdt
