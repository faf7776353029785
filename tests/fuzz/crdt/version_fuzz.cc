// A version from strangers (v1 and v2 form), and a document looked at through it: reading costs
// what the input is worth, shows JSON, and changes nothing.

#include <array>
#include <cstddef>
#include <cstdint>

#include "server/base/assert.h"
#include "server/crdt/comparison.h"
#include "server/crdt/doc.h"
#include "server/crdt/history.h"
#include "server/crdt/map.h"
#include "server/crdt/text.h"
#include "server/crdt/version.h"
#include "server/lib0/json.h"

namespace {

using namespace syncline;
using namespace syncline::crdt;

constexpr std::string_view sample_text = "plain \U0001F600 text";

// Small client ids and runs, so that a version that is found by chance fits.
Doc sample() {
  Doc doc({.client_id = 1, .gc = false});
  const lib0::Any bold = lib0::Any::object({{"bold", lib0::Any(true)}});
  SYNCLINE_ASSERT(doc.text("t").insert(0, sample_text).ok());
  SYNCLINE_ASSERT(doc.text("t").remove(2, 3).ok());
  SYNCLINE_ASSERT(doc.text("t").insert(4, "bold", bold).ok());
  for (int value = 0; value < 4; ++value) {
    SYNCLINE_ASSERT(doc.map("m").set("k", lib0::Any(value)).ok());
  }
  return doc;
}

void check_json(const std::string& json) { SYNCLINE_ASSERT(lib0::check_json(json).ok(), json); }

void look(const Version& version) {
  Doc doc = sample();
  const Bytes before = doc.encode_state_as_update(empty_state_vector()).value();
  const Version now = doc.version();
  for (const Comparison& comparison :
       {Comparison{&version, nullptr}, Comparison{&now, &version},
        Comparison{&version, &now, marks_with_authors({{1, "ann"}})}}) {
    check_json(doc.delta_json("t", comparison));
  }
  check_json(doc.array_json("t", version));
  check_json(doc.map_json("m", version));
  (void)contains_update(version, before).value();
  if (const auto update = doc.encode_version_as_update(version); update.ok()) {
    Doc again;
    SYNCLINE_ASSERT(again.apply_update(*update).ok());
    SYNCLINE_ASSERT(again.check().ok());
  }
  SYNCLINE_ASSERT(doc.encode_state_as_update(empty_state_vector()).value() == before);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView input = std::as_bytes(std::span(data, size));
  for (const auto& version : {decode_version(input), decode_version_v2(input)}) {
    if (!version.ok()) continue;
    SYNCLINE_ASSERT(decode_version(encode_version(*version)).value() == *version);
    SYNCLINE_ASSERT(decode_version_v2(encode_version_v2(*version)).value() == *version);
    look(*version);
  }
  return 0;
}
