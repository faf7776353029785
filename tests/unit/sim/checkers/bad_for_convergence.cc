#include "server/crdt/text.h"
#include "tests/unit/sim/checkers/story.h"

namespace syncline::checkers {

namespace {

void see(Story& story, history::Party party, const OwnedState& state) {
  story.tell(history::ReplicaSeen{.party = party, .document = minutes, .state = state.view()});
}

OwnedState typed(std::string_view text) {
  crdt::Doc doc({.client_id = 9});
  SYNCLINE_ASSERT(doc.text("t").insert(0, text).ok());
  return OwnedState(doc);
}

void other_elements(Story& story) {
  see(story, node_party(1), typed("hello"));
  see(story, node_party(2), typed("jello"));
}

// Encoded alike, so that the order in which they integrated it must differ.
void other_reading(Story& story) {
  OwnedState state = typed("hello");
  see(story, node_party(1), state);
  state.reading = R"({"t":"ehllo"})";
  see(story, node_party(2), state);
}

void other_place(Story& story) {
  crdt::Doc doc({.client_id = 9});
  SYNCLINE_ASSERT(doc.text("t").insert(0, "h").ok());
  SYNCLINE_ASSERT(doc.text("t").insert(0, "e").ok());
  see(story, node_party(1), typed("he"));
  OwnedState state(doc);
  state.reading = R"({"t":"he"})";
  see(story, node_party(2), state);
}

void cold_differs(Story& story) {
  see(story, node_party(1), typed("hello"));
  const OwnedState state = typed("jello");
  story.tell(history::ColdRead{.document = minutes,
                               .from_log = state.view(),
                               .from_snapshot = state.view(),
                               .at_end = false});
}

void unreadable(Story& story) {
  OwnedState state = typed("hello");
  state.encoded.pop_back();
  see(story, node_party(1), state);
}

void one_lacks_an_edit_in_the_end(Story& story) {
  story.begin();
  const Edit edit = story.type(1, 0, "x");
  story.log(edit);
  story.finish();
}

void one_lacks_a_deletion_in_the_end(Story& story) {
  story.begin();
  const Edit edit = story.erase(1, 6, 1);
  story.log(edit);
  story.finish();
}

void store_lacks_an_edit_in_the_end(Story& story) {
  story.begin();
  story.deliver(story.type(1, 0, "x"), 2);
  story.finish();
}

}  // namespace

std::vector<BadHistory> bad_for_convergence() {
  return {
      {"convergence", "hold other elements", "other_elements", other_elements},
      {"convergence", "read otherwise", "other_reading", other_reading},
      {"convergence", "hold other elements", "other_place", other_place},
      {"convergence", "cold-reader", "cold_read_differs", cold_differs},
      {"convergence", "cannot be read", "unreadable", unreadable},
      {"convergence", "in the end client-2 has of document-0", "edit_missing_at_one",
       one_lacks_an_edit_in_the_end},
      {"convergence", "with other deletions", "deletion_missing_at_one",
       one_lacks_a_deletion_in_the_end},
      {"convergence", "in the end cold-reader", "edit_missing_in_the_store",
       store_lacks_an_edit_in_the_end},
  };
}

}  // namespace syncline::checkers
