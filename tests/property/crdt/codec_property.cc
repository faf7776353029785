// What is encoded is read again as what it was, in both formats.

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "tests/property/crdt/history.h"
#include "tests/property/crdt/known.h"

namespace syncline::crdt {
namespace {

RC_GTEST_PROP(crdt_codec, a_state_is_read_again, ()) {
  const Doc doc = built_from(shuffled(draw_history()));
  for (const UpdateFormat format : {UpdateFormat::v1, UpdateFormat::v2}) {
    const Bytes encoded = whole_state(doc, format);
    RC_ASSERT(check_update(encoded, {}, format).ok());
    Doc copy;
    RC_ASSERT(copy.apply_update(encoded, {}, format).ok());
    require_check(copy);
    RC_ASSERT(known(copy) == known(doc));
    // From then on nothing changes any more.
    Doc again;
    RC_ASSERT(again.apply_update(whole_state(copy, format), {}, format).ok());
    RC_ASSERT(whole_state(again, format) == whole_state(copy, format));
  }
}

// A folded document is what it was: to those who ask what they lack, and to those who edit on.
RC_GTEST_PROP(crdt_codec, folding_changes_nothing, ()) {
  std::vector<Bytes> updates = draw_history({.formats = true});
  const auto cut = static_cast<std::ptrdiff_t>(*rc::gen::inRange<std::size_t>(0, updates.size()));
  Doc reader = built_from({updates.begin(), updates.begin() + cut});
  Doc doc = built_from(updates);
  const Known before = known(doc);
  const Bytes state = whole_state(doc, UpdateFormat::v1);
  const Bytes vector = doc.encode_state_vector();
  RC_ASSERT(doc.fold());
  RC_ASSERT(whole_state(doc, UpdateFormat::v1) == state);
  RC_ASSERT(doc.encode_state_vector() == vector);
  const auto difference = doc.encode_state_as_update(reader.encode_state_vector());
  RC_ASSERT(doc.is_folded());
  RC_ASSERT(reader.apply_update(difference.value()).ok());
  RC_ASSERT(known(reader) == before);
  RC_ASSERT(known(doc) == before);
  RC_ASSERT(!doc.is_folded());
  require_check(doc);
}

// Converting forgets, as in yjs, which items have a key where their neighbours tell it; once.
RC_GTEST_PROP(crdt_codec, converting_there_and_back_is_no_change, ()) {
  for (const Bytes& update : draw_history({.formats = true})) {
    const Bytes v2 = as_v2(update);
    const Bytes v1 = convert_update(v2, UpdateFormat::v2, UpdateFormat::v1).value();
    RC_ASSERT(v1 == convert_update(update, UpdateFormat::v1, UpdateFormat::v1).value());
    RC_ASSERT(v2 == as_v2(v1));
    RC_ASSERT(check_update(v2, {}, UpdateFormat::v2).ok());
  }
}

// Merging one update alone reads it and writes it again.
RC_GTEST_PROP(crdt_codec, an_update_is_written_as_it_was_read, ()) {
  for (const Bytes& update : draw_history({.formats = true})) RC_ASSERT(merged({update}) == update);
}

}  // namespace
}  // namespace syncline::crdt
