#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "server/base/bytes.h"
#include "server/base/result.h"
#include "server/crdt/id.h"

// Work on encoded updates that needs no document.

namespace syncline::crdt {

// v1 is what providers send and what is stored; v2 packs like fields together, for whole documents.
enum class UpdateFormat : std::uint8_t { v1, v2 };

struct UpdateLimits {
  std::size_t structs_max = 4'000'000;
  std::size_t clients_max = 100'000;
  std::size_t delete_ranges_max = 4'000'000;
  // Format v2 can say "a million structs like the last one" in a few bytes: beyond this number,
  // there may be no more structs than bytes.
  std::size_t packed_structs_max = 250'000;

  // It was accepted before, and must be again, whatever came in between.
  bool accepted_before = false;

  // For what we encoded ourselves: many small updates may add up to more than one may bring.
  static constexpr UpdateLimits none() { return {SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX, true}; }
};

// What an update holds, found while checking it.
struct UpdateSummary {
  std::size_t structs = 0;
  std::size_t delete_ranges = 0;
  bool empty() const { return structs == 0 && delete_ranges == 0; }
};

// The check at the door: succeeds exactly if every stock yjs 13 client could read `update` and if
// yjs could have written it: canonical varints within 2^53 - 1 and runs (v2), no struct of length
// 0, valid UTF-8 and JSON, known content and type tags, `any` values and types within the depth
// limit, nothing after the end. Costs time and memory linear in the size of the update (and
// packed_structs_max), whatever it claims.
Result<UpdateSummary> check_update(BytesView update, const UpdateLimits& limits = {},
                                   UpdateFormat format = UpdateFormat::v1);

// Whether an encoded state vector can be read. Errors: those of the decoder, trailing_bytes.
Result<void> check_state_vector(BytesView state_vector);

// The functions below want updates that have passed check_update, and give its errors for others.

// One update with the effect of all, as yjs' mergeUpdates: structs that are in none are bridged by
// Skip. Costs n log n of all their structs, linear time if they overlap nowhere.
Result<Bytes> merge_updates(std::span<const BytesView> updates,
                            UpdateFormat format = UpdateFormat::v1);

// What of the update somebody with this encoded state vector lacks, and all its deletes: yjs'
// diffUpdate. Errors: also those of check_state_vector.
Result<Bytes> diff_update(BytesView update, BytesView state_vector,
                          UpdateFormat format = UpdateFormat::v1);

// The state vector of who has integrated nothing but this update: yjs' encodeStateVectorFromUpdate.
// A client whose structs begin after clock 0 is left out, and what follows a Skip does not count.
Result<Bytes> state_vector_of_update(BytesView update, UpdateFormat format = UpdateFormat::v1);

// Which elements an update brings and which it deletes, by client and clock, joined where they
// touch.
struct UpdateContents {
  std::vector<IdRange> inserted;
  std::vector<IdRange> deleted;
};
Result<UpdateContents> contents_of_update(BytesView update, UpdateFormat format = UpdateFormat::v1);

// The same update in another format: yjs' convertUpdateFormatV1ToV2 and V2ToV1.
Result<Bytes> convert_update(BytesView update, UpdateFormat from, UpdateFormat to);

// The update that changes nothing; in v1, 00 00.
BytesView empty_update(UpdateFormat format = UpdateFormat::v1);

// The state vector of nobody: 00.
BytesView empty_state_vector();

}  // namespace syncline::crdt
