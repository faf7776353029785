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

}  // namespace

std::vector<BadHistory> bad_for_reference() {
  return {
      {"reference", "the log of document-0 reads", "another_order", another_order},
      {"reference", "and the naive engine something else", "more_elements", more_elements},
      {"reference", "and the naive engine something else", "fewer_elements", fewer_elements},
      {"reference", "has deleted 1:0, unlike the naive engine", "deleted_by_nobody",
       deleted_by_nobody},
  };
}

}  // namespace syncline::checkers
