// However updates arrive, the document is the same in the end.

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "tests/property/crdt/history.h"
#include "tests/property/crdt/known.h"

namespace syncline::crdt {
namespace {

HistoryShape draw_shape() { return {.crowded = *rc::gen::arbitrary<bool>(), .steps_max = 30}; }

bool draw_bool() { return *rc::gen::arbitrary<bool>(); }

// Applies each in one of the two formats.
void apply_in_any_format(Doc& doc, const std::vector<Bytes>& updates) {
  for (const Bytes& update : updates) {
    const bool v2 = draw_bool();
    const auto applied =
        doc.apply_update(v2 ? as_v2(update) : update, {}, v2 ? UpdateFormat::v2 : UpdateFormat::v1);
    if (!applied.ok()) RC_FAIL(applied.error().message());
    require_check(doc);
  }
}

RC_GTEST_PROP(crdt_delivery, any_order_repetition_and_format_gives_the_same_document, ()) {
  const std::vector<Bytes> updates = draw_history(draw_shape());
  const Doc expected = built_from(updates);
  RC_ASSERT(!expected.has_pending());
  Doc actual(DocOptions{.gc = draw_bool()});
  apply_in_any_format(actual, shuffled_with_repetitions(updates));
  RC_ASSERT(!actual.has_pending());
  RC_ASSERT(known(actual) == known(expected));
}

RC_GTEST_PROP(crdt_delivery, what_was_lost_may_come_later, ()) {
  const std::vector<Bytes> updates = draw_history(draw_shape());
  const Known expected = known(built_from(updates));
  std::vector<Bytes> first;
  for (const Bytes& update : updates) {
    if (draw_bool()) first.push_back(update);
  }
  Doc doc = built_from(shuffled(first), draw_bool());
  // What waits travels with the state, in either format.
  Doc copy;
  const UpdateFormat format = draw_bool() ? UpdateFormat::v2 : UpdateFormat::v1;
  RC_ASSERT(copy.apply_update(whole_state(doc, format), UpdateLimits::none(), format).ok());
  apply_all(doc, shuffled(updates));
  apply_all(copy, shuffled(updates));
  RC_ASSERT(known(doc) == expected);
  RC_ASSERT(known(copy) == expected);
}

RC_GTEST_PROP(crdt_delivery, only_what_is_new_changes_something, ()) {
  const std::vector<Bytes> updates = shuffled(draw_history(draw_shape()));
  Doc doc = built_from(updates);
  const Bytes before = whole_state(doc);
  for (const Bytes& update : updates) RC_ASSERT(!doc.apply_update(update)->changed);
  RC_ASSERT(whole_state(doc) == before);
}

RC_GTEST_PROP(crdt_delivery, chunks_never_wait, ()) {
  const std::vector<Bytes> updates = draw_history(draw_shape());
  const Doc doc = built_from(updates);
  const auto seen = *rc::gen::inRange<std::size_t>(0, updates.size() + 1);
  Doc follower = built_from({updates.begin(), updates.begin() + static_cast<std::ptrdiff_t>(seen)});
  const auto chunk_bytes = *rc::gen::inRange<std::size_t>(1, 200);
  const auto chunks = doc.encode_state_in_chunks(follower.encode_state_vector(), chunk_bytes);
  RC_ASSERT(chunks.ok());
  RC_ASSERT(!chunks->empty());
  for (const Bytes& chunk : *chunks) {
    const auto applied = follower.apply_update(chunk);
    RC_ASSERT(applied.ok());
    RC_ASSERT(!applied->pending);
  }
  RC_ASSERT(known(follower) == known(doc));
}

RC_GTEST_PROP(crdt_delivery, what_is_refused_changes_nothing, ()) {
  const std::vector<Bytes> updates = draw_history(draw_shape());
  Doc doc = built_from(updates);
  const Bytes before = whole_state(doc);
  Bytes damaged = updates[*rc::gen::inRange<std::size_t>(0, updates.size())];
  const auto at = *rc::gen::inRange<std::size_t>(0, damaged.size());
  damaged[at] = static_cast<std::byte>(*rc::gen::inRange(0, 256));
  const auto applied = doc.apply_update(damaged);
  if (!applied.ok() || !applied->changed) RC_ASSERT(whole_state(doc) == before);
  require_check(doc);
}

// Formats are tidied away after they came, in each replica at its own time: one exchange more, and
// all have deleted the same.
RC_GTEST_PROP(crdt_delivery, formats_converge_after_one_exchange_more, ()) {
  const std::vector<Bytes> updates = draw_history({.formats = true});
  Doc one = built_from(shuffled(updates), draw_bool());
  Doc other = built_from(shuffled(updates), draw_bool());
  for (int round = 0; round < 2; ++round) {
    const Bytes to_other = whole_state(one);
    apply_all(one, {whole_state(other)});
    apply_all(other, {to_other});
  }
  RC_ASSERT(known(one) == known(other));
}

}  // namespace
}  // namespace syncline::crdt
