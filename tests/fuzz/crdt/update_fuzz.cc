// Update format v1 from strangers: what the check lets through can be applied, keeps every
// invariant, also where conflicts are put in order by an index, and comes out as a document that
// reads itself again.

#include <cstddef>
#include <cstdint>

#include "server/base/assert.h"
#include "server/crdt/doc.h"

namespace {

using namespace syncline;
using namespace syncline::crdt;

void read_everything(const Doc& doc) {
  (void)doc.to_json();
  for (const std::string& root : doc.root_names()) {
    (void)doc.text_of(root);
    (void)doc.delta_json(root);
    (void)doc.array_json(root);
    (void)doc.map_json(root);
    (void)doc.xml_string(root);
  }
}

void check(const Doc& doc) {
  const auto checked = doc.check();
  SYNCLINE_ASSERT(checked.ok(), checked.error().message());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView update = std::as_bytes(std::span(data, size));
  const bool accepted = check_update(update).ok();
  Doc doc;
  const auto applied = doc.apply_update(update);
  SYNCLINE_ASSERT(accepted || !applied.ok());
  check(doc);
  if (!applied.ok()) {
    SYNCLINE_ASSERT(doc.struct_count() == 0);
    return 0;
  }
  read_everything(doc);
  Doc indexed(DocOptions{.conflict_steps_per_item = 0});
  SYNCLINE_ASSERT(indexed.apply_update(update).ok());
  check(indexed);
  SYNCLINE_ASSERT(indexed.to_json() == doc.to_json());
  const Bytes state = doc.encode_state_as_update(empty_state_vector()).value();
  SYNCLINE_ASSERT(check_update(state).ok());
  SYNCLINE_ASSERT(doc.apply_update(update).ok());
  check(doc);
  Doc copy;
  SYNCLINE_ASSERT(copy.apply_update(state).ok());
  check(copy);
  const auto chunks = doc.encode_state_in_chunks(empty_state_vector(), 16);
  for (const Bytes& chunk : *chunks) {
    SYNCLINE_ASSERT(check_update(chunk).ok());
  }
  return 0;
}
