// A state vector from strangers, as every client sends one: what the check lets through is
// answered, by a document and by its encoding alike, in both formats and in chunks; anything else
// is refused by all.

#include <array>
#include <cstddef>
#include <cstdint>

#include "server/base/assert.h"
#include "server/crdt/doc.h"
#include "server/crdt/map.h"
#include "server/crdt/text.h"

namespace {

using namespace syncline;
using namespace syncline::crdt;

// Two clients, with small ids, so that a state vector that is found by chance fits.
Doc sample() {
  Doc doc({.client_id = 1});
  SYNCLINE_ASSERT(doc.text("t").insert(0, "plain \U0001F600 text").ok());
  SYNCLINE_ASSERT(doc.text("t").remove(2, 3).ok());
  Doc other({.client_id = 2});
  SYNCLINE_ASSERT(other.map("m").set("k", lib0::Any(1)).ok());
  const Bytes update = other.encode_state_as_update(empty_state_vector()).value();
  SYNCLINE_ASSERT(doc.apply_update(update).ok());
  return doc;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView vector = std::as_bytes(std::span(data, size));
  const bool accepted = check_state_vector(vector).ok();
  Doc doc = sample();
  const auto in_chunks = doc.encode_state_in_chunks(vector, 16);
  SYNCLINE_ASSERT(in_chunks.ok() == accepted);
  for (const UpdateFormat format : {UpdateFormat::v1, UpdateFormat::v2}) {
    const Bytes whole = doc.encode_state_as_update(empty_state_vector(), format).value();
    const auto lacking = doc.encode_state_as_update(vector, format);
    const auto difference = diff_update(whole, vector, format);
    SYNCLINE_ASSERT(lacking.ok() == accepted && difference.ok() == accepted);
    if (!accepted) continue;
    SYNCLINE_ASSERT(check_update(*lacking, {}, format).ok());
    SYNCLINE_ASSERT(*difference == *lacking);
  }
  if (!accepted) return 0;
  for (const Bytes& chunk : *in_chunks) SYNCLINE_ASSERT(check_update(chunk).ok());
  return 0;
}
