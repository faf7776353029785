// The engine against the naive one, which shares nothing with it but lib0.

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "tests/property/crdt/history.h"
#include "tests/property/crdt/known.h"

namespace syncline::crdt {
namespace {

// Compared after every step of every author, whose own edits reach the reference as updates.
void authors_equal_the_reference(const HistoryShape& shape) {
  std::vector<Author> authors = draw_authors();
  std::vector<reference::Document> twins(authors.size());
  std::vector<Bytes> updates;
  const auto steps = *rc::gen::inRange<std::size_t>(1, shape.steps_max);
  for (std::size_t i = 0; i < steps; ++i) {
    const auto who = *rc::gen::inRange<std::size_t>(0, authors.size());
    Author& author = authors[who];
    if (*rc::gen::inRange(0, 3) == 0) {
      for (; author.seen < updates.size(); ++author.seen) {
        apply_all(author.doc, {updates[author.seen]});
        RC_ASSERT(twins[who].apply_update(updates[author.seen]).ok());
        require_same(author.doc, twins[who]);
      }
    }
    updates.push_back(author.doc.transact([&](Doc& doc) { edit_randomly(doc, shape); }));
    require_check(author.doc);
    RC_ASSERT(twins[who].apply_update(updates.back()).ok());
    require_same(author.doc, twins[who]);
  }
}

RC_GTEST_PROP(crdt_reference, authors_of_plain_content, ()) { authors_equal_the_reference({}); }

RC_GTEST_PROP(crdt_reference, authors_of_formatted_text, ()) {
  authors_equal_the_reference({.formats = true, .surrogate_pairs = false});
}

RC_GTEST_PROP(crdt_reference, authors_at_the_same_place, ()) {
  authors_equal_the_reference({.crowded = true, .steps_max = 60});
}

// A follower is given the updates late, twice and in any order: also what waits, and until when, is
// the same.
void followers_equal_the_reference(const HistoryShape& shape) {
  const std::vector<Bytes> updates = shuffled_with_repetitions(draw_history(shape));
  Doc doc(DocOptions{.gc = *rc::gen::arbitrary<bool>()});
  reference::Document twin;
  for (const Bytes& update : updates) {
    apply_all(doc, {update});
    RC_ASSERT(twin.apply_update(update).ok());
    require_same(doc, twin);
  }
  RC_ASSERT(!doc.has_pending());
}

RC_GTEST_PROP(crdt_reference, followers_of_plain_content, ()) { followers_equal_the_reference({}); }

RC_GTEST_PROP(crdt_reference, followers_of_formatted_text, ()) {
  followers_equal_the_reference({.formats = true});
}

RC_GTEST_PROP(crdt_reference, followers_at_the_same_place, ()) {
  followers_equal_the_reference({.crowded = true, .steps_max = 60});
}

// A replica that tidies nothing away, as a server's, holds exactly what was written.
RC_GTEST_PROP(crdt_reference, followers_that_leave_formats_be, ()) {
  Doc doc(DocOptions{.gc = *rc::gen::arbitrary<bool>(), .tidies_formats = false});
  reference::Document twin;
  for (const Bytes& update : shuffled_with_repetitions(draw_history({.formats = true}))) {
    apply_all(doc, {update});
    RC_ASSERT(twin.apply_update(update).ok());
  }
  RC_ASSERT(known(doc) == known(twin));
}

}  // namespace
}  // namespace syncline::crdt
