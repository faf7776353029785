#include "server/crdt/decoded_update.h"

#include <algorithm>

#include "server/crdt/update_v1.h"
#include "server/crdt/update_v2.h"

namespace syncline::crdt {

BytesView BytesArena::keep(BytesView bytes) {
  constexpr std::size_t block_bytes_min = 256;
  constexpr std::size_t block_bytes_max = 65'536;
  if (blocks_.empty() || blocks_.back().capacity() - blocks_.back().size() < bytes.size()) {
    const std::size_t block = std::clamp(2 * size_, block_bytes_min, block_bytes_max);
    blocks_.emplace_back().reserve(std::max(block, bytes.size()));
  }
  Bytes& block = blocks_.back();
  const std::size_t at = block.size();
  block.insert(block.end(), bytes.begin(), bytes.end());
  size_ += bytes.size();
  return BytesView(block).subspan(at);
}

void DecodedUpdate::clear() {
  structs.clear();
  runs.clear();
  deletes.clear();
  rewritten.clear();
}

Result<void> decode_update(BytesView update, const UpdateLimits& limits, DecodedUpdate& out,
                           UpdateFormat format) {
  out.clear();
  return decode_more(update, limits, out, format);
}

Result<void> decode_more(BytesView update, const UpdateLimits& limits, DecodedUpdate& out,
                         UpdateFormat format) {
  return format == UpdateFormat::v1 ? decode_update_v1(update, limits, out)
                                    : decode_update_v2(update, limits, out);
}

void drop_front(DecodedStruct& value, Clock offset, BytesArena& owned) {
  if (offset == 0) return;
  if (value.kind == StructKind::string || value.kind == StructKind::any ||
      value.kind == StructKind::json) {
    bool cuts_pair = false;
    const std::size_t from =
        content_offset(value.kind, value.content, value.length, offset, cuts_pair);
    if (cuts_pair) {
      Bytes text = to_bytes(as_bytes(replacement_character));
      const BytesView rest = value.content.subspan(from + 4);
      text.insert(text.end(), rest.begin(), rest.end());
      value.content = owned.keep(text);
    } else {
      value.content = value.content.subspan(from);
    }
  }
  value.id.clock += offset;
  value.length -= offset;
  if (is_item(value.kind)) {
    value.parent = ParentKind::inherited;
    value.has_origin = true;
    value.origin = {value.id.client, value.id.clock - 1};
  }
}

void sort_and_merge(std::vector<IdRange>& ranges) {
  if (ranges.size() < 2) return;
  std::sort(ranges.begin(), ranges.end(), [](const IdRange& a, const IdRange& b) {
    return a.client != b.client ? a.client < b.client : a.clock < b.clock;
  });
  std::size_t kept = 0;
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    IdRange& last = ranges[kept];
    const IdRange& next = ranges[i];
    if (next.client == last.client && next.clock <= last.end()) {
      last.length = std::max(last.end(), next.end()) - last.clock;
    } else {
      ranges[++kept] = next;
    }
  }
  ranges.resize(kept + 1);
}

}  // namespace syncline::crdt
