// Two updates from strangers, the first preceded by its size (u8): merging and applying get along.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "server/base/assert.h"
#include "server/crdt/doc.h"

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
  for (const BytesView update : updates) (void)doc.apply_update(update);
  const auto checked = doc.check();
  SYNCLINE_ASSERT(checked.ok(), checked.error().message());
  SYNCLINE_ASSERT(check_update(doc.encode_state_as_update(empty_state_vector()).value()).ok());
  Doc other;
  if (other.apply_update(*merged).ok()) {
    const auto other_checked = other.check();
    SYNCLINE_ASSERT(other_checked.ok(), other_checked.error().message());
  }
  return 0;
}
