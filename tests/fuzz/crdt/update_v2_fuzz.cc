// Update format v2 from strangers: what the check lets through means the same in v1, can be written
// again, and does to a document what its v1 form does.

#include <cstddef>
#include <cstdint>

#include "server/base/assert.h"
#include "server/crdt/doc.h"

namespace {

using namespace syncline;
using namespace syncline::crdt;

Bytes state(const Doc& doc) { return doc.encode_state_as_update(empty_state_vector()).value(); }

void check(const Doc& doc) {
  const auto checked = doc.check();
  SYNCLINE_ASSERT(checked.ok(), checked.error().message());
}

void read_written(BytesView in_v2, BytesView in_v1) {
  SYNCLINE_ASSERT(check_update(in_v2, UpdateLimits::none(), UpdateFormat::v2).ok());
  const auto back = convert_update(in_v2, UpdateFormat::v2, UpdateFormat::v1);
  SYNCLINE_ASSERT(back.ok() && as_text(*back) == as_text(in_v1));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView update = std::as_bytes(std::span(data, size));
  UpdateLimits limits;
  limits.packed_structs_max = 1000;  // More would only be slow.
  const bool accepted = check_update(update, limits, UpdateFormat::v2).ok();
  Doc doc;
  const auto applied = doc.apply_update(update, limits, UpdateFormat::v2);
  check(doc);
  SYNCLINE_ASSERT(accepted || !applied.ok());
  if (!accepted) return 0;
  const auto in_v1 = convert_update(update, UpdateFormat::v2, UpdateFormat::v1);
  SYNCLINE_ASSERT(in_v1.ok());
  SYNCLINE_ASSERT(check_update(*in_v1).ok());
  read_written(convert_update(*in_v1, UpdateFormat::v1, UpdateFormat::v2).value(), *in_v1);
  Doc other;
  const auto other_applied = other.apply_update(*in_v1);
  SYNCLINE_ASSERT(applied.ok() == other_applied.ok());
  SYNCLINE_ASSERT(as_text(state(doc)) == as_text(state(other)));
  // Reading and writing drops a bit that says nothing, in all formats.
  const Bytes normal = convert_update(state(doc), UpdateFormat::v1, UpdateFormat::v1).value();
  read_written(doc.encode_state_as_update(empty_state_vector(), UpdateFormat::v2).value(), normal);
  return 0;
}
