#include "server/crdt/text.h"
#include "tests/unit/sim/checkers/story.h"

namespace syncline::checkers {

namespace {

void cold_read(Story& story, const OwnedState& state) {
  story.tell(history::ColdRead{.document = minutes,
                               .from_log = state.view(),
                               .from_snapshot = state.view(),
                               .at_end = true});
}

void another_order(Story& story) {
  story.begin();
  OwnedState state(story.cold(minutes));
  std::swap(state.reading[state.reading.size() - 3], state.reading[state.reading.size() - 4]);
  cold_read(story, state);
}

// The store has what nobody wrote.
void more_elements(Story& story) {
  story.begin();
  SYNCLINE_ASSERT(story.doc(1).text("t").insert(0, "x").ok());
  cold_read(story, OwnedState(story.doc(1)));
}

// Every author's edit is there, but something came without what it stands on.
void fewer_elements(Story& story) {
  story.begin();
  OwnedState state(story.cold(minutes));
  state.state_vector = crdt::Doc().encode_state_vector();
  cold_read(story, state);
}

void deleted_by_nobody(Story& story) {
  story.begin();
  SYNCLINE_ASSERT(story.doc(1).text("t").remove(0, 1).ok());
  cold_read(story, OwnedState(story.doc(1)));
}

// One edit put an "x" in the place of a letter; the store has the "x" beside it.
void half_of_an_edit(Story& story) {
  story.begin();
  crdt::Doc half({.client_id = 1});
  SYNCLINE_ASSERT(half.apply_update(OwnedState(story.doc(1)).encoded).ok());
  SYNCLINE_ASSERT(half.text("t").insert(0, "x").ok());
  const Bytes before = story.doc(1).encode_state_vector();
  const Bytes update = story.doc(1).transact([](crdt::Doc& doc) {
    SYNCLINE_ASSERT(doc.text("t").insert(0, "x").ok());
    SYNCLINE_ASSERT(doc.text("t").remove(1, 1).ok());
  });
  const auto ids = client::read_update_ids(update).value();
  story.tell(history::ClientEdited{.client = client_party(1),
                                   .document = minutes,
                                   .edit = 77,
                                   .ids = ids,
                                   .update = update,
                                   .depends_on = before});
  cold_read(story, OwnedState(half));
}

}  // namespace

std::vector<BadHistory> bad_for_reference() {
  return {
      {"reference", "the log of document-0 reads", "another_order", another_order},
      {"reference", "and the naive engine something else", "more_elements", more_elements},
      {"reference", "and the naive engine something else", "fewer_elements", fewer_elements},
      {"reference", "something else than the naive engine: 1:0 more", "deleted_by_nobody",
       deleted_by_nobody},
      {"reference", "and the naive engine something else", "half_of_an_edit", half_of_an_edit},
  };
}

}  // namespace syncline::checkers
