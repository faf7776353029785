// The algebra on two updates from strangers. The first byte is the format (odd: v2), the second the
// size of the first update: what comes out can be read, and holds what went in.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "server/base/assert.h"
#include "server/crdt/doc.h"
#include "server/crdt/update_ops.h"

namespace {

using namespace syncline;
using namespace syncline::crdt;

Bytes readable(Result<Bytes> update, UpdateFormat format) {
  SYNCLINE_ASSERT(update.ok());
  SYNCLINE_ASSERT(check_update(*update, UpdateLimits::none(), format).ok());
  return std::move(*update);
}

std::vector<IdRange> both(std::vector<IdRange> first, const std::vector<IdRange>& second) {
  first.insert(first.end(), second.begin(), second.end());
  sort_and_merge(first);
  return first;
}

void merge(const std::array<BytesView, 2>& updates, UpdateFormat format) {
  const Bytes merged = readable(merge_updates(updates, format), format);
  const UpdateContents first = contents_of_update(updates[0], format).value();
  const UpdateContents second = contents_of_update(updates[1], format).value();
  const UpdateContents together = contents_of_update(merged, format).value();
  SYNCLINE_ASSERT(together.deleted == both(first.deleted, second.deleted));
  SYNCLINE_ASSERT(together.inserted == both(first.inserted, second.inserted));
}

void split(BytesView update, BytesView state_vector, UpdateFormat format) {
  readable(diff_update(update, state_vector, format), format);
  const Bytes whole = readable(diff_update(update, empty_state_vector(), format), format);
  SYNCLINE_ASSERT(contents_of_update(whole, format)->inserted ==
                  contents_of_update(update, format)->inserted);
  const UpdateFormat other = format == UpdateFormat::v1 ? UpdateFormat::v2 : UpdateFormat::v1;
  const Bytes converted = readable(convert_update(update, format, other), other);
  SYNCLINE_ASSERT(contents_of_update(converted, other)->inserted ==
                  contents_of_update(update, format)->inserted);
  SYNCLINE_ASSERT(as_text(*state_vector_of_update(converted, other)) ==
                  as_text(*state_vector_of_update(update, format)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const UpdateFormat format = data[0] % 2 == 0 ? UpdateFormat::v1 : UpdateFormat::v2;
  const BytesView input = std::as_bytes(std::span(data, size)).subspan(2);
  const std::size_t cut = std::min<std::size_t>(data[1], input.size());
  const std::array updates = {input.first(cut), input.subspan(cut)};
  UpdateLimits limits;
  limits.packed_structs_max = 1000;  // More would only be slow.
  for (const BytesView update : updates) {
    if (!check_update(update, limits, format).ok()) return 0;
  }
  merge(updates, format);
  for (std::size_t i = 0; i < 2; ++i) {
    const Bytes vector = state_vector_of_update(updates[1 - i], format).value();
    SYNCLINE_ASSERT(check_state_vector(vector).ok());
    split(updates[i], vector, format);
  }
  return 0;
}
