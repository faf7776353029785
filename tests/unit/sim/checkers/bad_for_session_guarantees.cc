#include "tests/unit/sim/checkers/story.h"

namespace syncline::checkers {

namespace {

// Client 1's "x" was saved through node-1; then node-1 offers a document without it.
void forgets_what_it_acknowledged(Story& story) {
  story.begin();
  const Bytes before = story.cold(minutes).encode_state_vector();
  story.save(1, 0, "x");
  story.connect(1, 1);
  story.sync(1, before);
}

void forgets_what_it_sent(Story& story) {
  story.begin();
  const Bytes before = story.cold(minutes).encode_state_vector();
  const Edit edit = story.type(1, 0, "x");
  story.log(edit);
  story.deliver(edit, 2);
  story.connect(2, 1);
  story.sync(2, before);
}

void forgets_what_it_offered(Story& story) {
  story.begin();
  const Bytes before = story.cold(minutes).encode_state_vector();
  story.save(1, 0, "x");
  story.connect(1, 2);
  story.sync(1, story.cold(minutes).encode_state_vector());
  story.connect(1, 2);
  story.sync(1, before);
}

// It was logged before node-2 was started: it cannot have been missed when it was loaded.
void loads_too_little(Story& story) {
  story.begin();
  const Bytes before = story.cold(minutes).encode_state_vector();
  story.tell(history::ProcessEnded{.party = node_party(2), .crashed = true});
  story.save(1, 0, "x");
  story.tell(history::ProcessStarted{node_party(2)});
  story.connect(1, 2);
  story.sync(1, before);
}

void loads_without_the_buffer(Story& story) {
  story.begin();
  const Bytes before = story.cold(minutes).encode_state_vector();
  story.tell(history::ProcessEnded{.party = node_party(2), .crashed = true});
  story.buffer(story.type(1, 0, "x"));
  story.tell(history::ProcessStarted{node_party(2)});
  story.connect(1, 2);
  story.sync(1, before);
}

void replica_shrinks(Story& story) {
  story.begin();
  const OwnedState before(story.doc(1));
  story.save(1, 0, "x");
  story.see(1);
  story.tell(
      history::ReplicaSeen{.party = client_party(1), .document = minutes, .state = before.view()});
}

void unreadable_offer(Story& story) {
  story.connect(1, 1);
  story.sync(1, as_bytes("\x05"));
}

}  // namespace

std::vector<BadHistory> bad_for_session_guarantees() {
  return {
      {"session_guarantees", "node-1 offers client-1 document-0 without 1:5",
       "forgets_what_it_acknowledged", forgets_what_it_acknowledged},
      {"session_guarantees", "node-1 offers client-2 document-0 without 1:5",
       "forgets_what_it_sent", forgets_what_it_sent},
      {"session_guarantees", "node-2 offers client-1 document-0 without 1:5",
       "forgets_what_it_offered", forgets_what_it_offered},
      {"session_guarantees", "node-2 offers client-1 document-0 without 1:5", "loads_too_little",
       loads_too_little},
      {"session_guarantees", "node-2 offers client-1 document-0 without 1:5",
       "loads_without_the_buffer", loads_without_the_buffer},
      {"session_guarantees", "client-1 no longer has 1:5", "replica_shrinks", replica_shrinks},
      {"session_guarantees", "a state vector that cannot be read", "unreadable_offer",
       unreadable_offer},
  };
}

}  // namespace syncline::checkers
