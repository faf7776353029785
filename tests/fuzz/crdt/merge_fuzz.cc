// Two updates from strangers, the first preceded by its size (u8): merging and applying get along.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "server/base/assert.h"
#include "server/crdt/doc.h"

namespace {

void check(const syncline::crdt::Doc& doc) {
  const auto checked = doc.check();
  SYNCLINE_ASSERT(checked.ok(), checked.error().message());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace syncline;
  using namespace syncline::crdt;
  if (size == 0) return 0;
  const BytesView input = std::as_bytes(std::span(data, size)).subspan(1);
  const std::size_t cut = std::min<std::size_t>(data[0], input.size());
  const std::array updates = {input.first(cut), input.subspan(cut)};
  if (!check_update(updates[0]).ok() || !check_update(updates[1]).ok()) return 0;
  const auto merged = merge_updates(updates);
  SYNCLINE_ASSERT(merged.ok());
  SYNCLINE_ASSERT(check_update(*merged).ok());
  Doc doc;
  bool accepted = true;
  for (const BytesView update : updates) accepted &= doc.apply_update(update).ok();
  check(doc);
  const Bytes state = doc.encode_state_as_update(empty_state_vector()).value();
  SYNCLINE_ASSERT(check_update(state).ok());
  // What was accepted bit by bit can be read again as a whole, whatever it says.
  Doc again;
  SYNCLINE_ASSERT(again.apply_update(state, UpdateLimits::none()).ok());
  check(again);
  Doc other;
  SYNCLINE_ASSERT(other.apply_update(*merged, UpdateLimits::none()).ok() || !accepted);
  check(other);
  return 0;
}
