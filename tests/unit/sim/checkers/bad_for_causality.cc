#include "server/crdt/text.h"
#include "tests/unit/sim/checkers/story.h"

namespace syncline::checkers {

namespace {

void see(Story& story, history::Party party, const OwnedState& state) {
  story.tell(history::ReplicaSeen{.party = party, .document = minutes, .state = state.view()});
}

// Somebody who has client 2's "b", which stands on client 1's "a", without that.
void without_a_neighbour(Story& story) {
  const Edit a = story.type(1, 0, "a");
  story.deliver(a, 2);
  story.type(2, 1, "b");
  OwnedState state(story.doc(2));
  state.state_vector = crdt::Doc({.client_id = 2}).encode_state_vector();
  crdt::Doc other({.client_id = 2});
  SYNCLINE_ASSERT(other.text("t").insert(0, "b").ok());
  see(story, node_party(1), OwnedState(other));
}

void again_after_less(Story& story) {
  const Edit a = story.type(1, 0, "a");
  story.deliver(a, 2);
  story.type(2, 1, "b");
  see(story, node_party(1), OwnedState(story.doc(2)));
  see(story, node_party(1), OwnedState(crdt::Doc()));
  crdt::Doc other({.client_id = 2});
  SYNCLINE_ASSERT(other.text("t").insert(0, "b").ok());
  see(story, node_party(1), OwnedState(other));
}

void cold(Story& story) {
  const Edit a = story.type(1, 0, "a");
  story.deliver(a, 2);
  story.type(2, 1, "b");
  crdt::Doc other({.client_id = 2});
  SYNCLINE_ASSERT(other.text("t").insert(0, "b").ok());
  const OwnedState state(other);
  story.tell(history::ColdRead{.document = minutes,
                               .from_log = state.view(),
                               .from_snapshot = state.view(),
                               .at_end = false});
}

void an_author_who_knew_the_future(Story& story) {
  const Edit a = story.type(1, 0, "a");
  story.deliver(a, 2);
  const Bytes update = story.doc(2).transact(
      [](crdt::Doc& doc) { SYNCLINE_ASSERT(doc.text("t").insert(1, "b").ok()); });
  story.tell(history::ClientEdited{.client = client_party(2),
                                   .document = minutes,
                                   .edit = 77,
                                   .ids = client::read_update_ids(update).value(),
                                   .update = update,
                                   .depends_on = crdt::empty_state_vector()});
}

}  // namespace

std::vector<BadHistory> bad_for_causality() {
  return {
      {"causality", "node-1 has 2:0 of document-0, but not 1:0", "lacks_a_neighbour",
       without_a_neighbour},
      {"causality", "node-1 has 2:0 of document-0, but not 1:0", "lacks_it_after_a_restart",
       again_after_less},
      {"causality", "cold-reader has 2:0", "store_lacks_it", cold},
      {"causality", "which it had not seen", "author_had_not_seen_it",
       an_author_who_knew_the_future},
  };
}

}  // namespace syncline::checkers
