// The laws of the algebra on encoded updates.

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "tests/property/crdt/history.h"
#include "tests/property/crdt/known.h"
#include "tests/unit/crdt/update_builder.h"

namespace syncline::crdt {
namespace {

// Some updates of a history, in any order, in one of the formats.
struct Parts {
  std::vector<Bytes> updates;
  UpdateFormat format = UpdateFormat::v1;
};

// Converted even if to the format that they have: yjs, when it reads an update and writes it again,
// forgets which items have a key where their neighbours tell it; but not if it merges one alone.
Parts draw_parts() {
  Parts parts{shuffled(draw_history({.formats = true}))};
  if (*rc::gen::arbitrary<bool>()) parts.format = UpdateFormat::v2;
  for (Bytes& update : parts.updates) {
    update = convert_update(update, UpdateFormat::v1, parts.format).value();
  }
  return parts;
}

// As text, so that a failure shows it.
std::string merged_hex(const Parts& parts) { return to_hex(merged(parts.updates, parts.format)); }

// Cuts a list in two.
std::pair<std::vector<Bytes>, std::vector<Bytes>> cut(const std::vector<Bytes>& updates) {
  const auto at =
      static_cast<std::ptrdiff_t>(*rc::gen::inRange<std::size_t>(0, updates.size() + 1));
  return {{updates.begin(), updates.begin() + at}, {updates.begin() + at, updates.end()}};
}

RC_GTEST_PROP(crdt_merge, commutes, ()) {
  const Parts parts = draw_parts();
  const Parts mixed = {shuffled(parts.updates), parts.format};
  RC_ASSERT(merged_hex(parts) == merged_hex(mixed));
}

RC_GTEST_PROP(crdt_merge, is_associative, ()) {
  const Parts parts = draw_parts();
  const auto [left, right] = cut(parts.updates);
  const auto merge = [&](const std::vector<Bytes>& updates) {
    return merged(updates, parts.format);
  };
  const Parts in_two_steps = {{merge(left), merge(right)}, parts.format};
  RC_ASSERT(merged_hex(in_two_steps) == merged_hex(parts));
}

RC_GTEST_PROP(crdt_merge, is_idempotent, ()) {
  const Parts parts = draw_parts();
  const Bytes once = merged(parts.updates, parts.format);
  const Parts twice = {{once, once}, parts.format};
  RC_ASSERT(merged_hex(twice) == to_hex(once));
  const Parts mixed = {shuffled_with_repetitions(parts.updates), parts.format};
  RC_ASSERT(merged_hex(mixed) == to_hex(once));
}

RC_GTEST_PROP(crdt_merge, merging_first_changes_nothing, ()) {
  const std::vector<Bytes> updates = draw_history();
  const Known expected = known(built_from(updates));
  const auto [left, right] = cut(shuffled(updates));
  RC_ASSERT(known(built_from({merged(updates)})) == expected);
  RC_ASSERT(known(built_from({merged(right), merged(left), merged(right)})) == expected);
}

RC_GTEST_PROP(crdt_merge, a_difference_applied_is_a_merge, ()) {
  const std::vector<Bytes> updates = draw_history();
  const Known expected = known(built_from(updates));
  const auto [left, right] = cut(updates);
  Doc one = built_from(left);
  // From the document that has all, and from the encoded whole without a document.
  const Doc whole = built_from(updates);
  const Bytes of_document = whole.encode_state_as_update(one.encode_state_vector()).value();
  const Bytes of_update = diff_update(merged(updates), one.encode_state_vector()).value();
  Doc other = built_from(left);
  apply_all(one, {of_document});
  apply_all(other, {of_update});
  RC_ASSERT(known(one) == expected);
  RC_ASSERT(known(other) == expected);
  RC_ASSERT(!one.has_pending());
}

RC_GTEST_PROP(crdt_merge, an_update_tells_its_state_vector, ()) {
  const std::vector<Bytes> updates = draw_history();
  const Doc whole = built_from(updates);
  const Bytes update = merged(updates);
  RC_ASSERT(state_vector_of_update(update).value() == whole.encode_state_vector());
  RC_ASSERT(state_vector_of_update(as_v2(update), UpdateFormat::v2).value() ==
            whole.encode_state_vector());
}

}  // namespace
}  // namespace syncline::crdt
