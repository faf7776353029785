#include "tests/unit/sim/checkers/story.h"

namespace syncline::checkers {

namespace {

history::ClientFinal good_final() {
  return {.client = client_party(1),
          .document = minutes,
          .connected = true,
          .synced = true,
          .unsaved_edits = 0,
          .client_id = 1,
          .own_state = "{}"};
}

void not_connected(Story& story) {
  auto final = good_final();
  final.connected = false;
  story.tell(final);
}

void not_synced(Story& story) {
  auto final = good_final();
  final.synced = false;
  story.tell(final);
}

void not_saved(Story& story) {
  auto final = good_final();
  final.unsaved_edits = 2;
  story.tell(final);
}

void something_waits_at_a_client(Story& story) {
  story.time_is_up();
  OwnedState state(story.doc(1));
  state.pending = true;
  story.tell(
      history::ReplicaSeen{.party = client_party(1), .document = minutes, .state = state.view()});
  story.leave();
}

void something_waits_in_the_store(Story& story) {
  OwnedState state(story.doc(1));
  state.pending = true;
  story.tell(history::ColdRead{.document = minutes,
                               .from_log = state.view(),
                               .from_snapshot = state.view(),
                               .at_end = true});
  story.leave();
}

void nobody_looked(Story& story) {
  story.begin();
  story.time_is_up();
  story.leave();
}

}  // namespace

std::vector<BadHistory> bad_for_liveness() {
  return {
      {"liveness", "client-1 is not connected", "not_connected", not_connected},
      {"liveness", "client-1 is not synced", "not_synced", not_synced},
      {"liveness", "client-1 still has 2 unsaved edits", "not_saved", not_saved},
      {"liveness", "still waits at client-1", "something_waits_at_a_client",
       something_waits_at_a_client},
      {"liveness", "the store lacks something", "something_waits_in_the_store",
       something_waits_in_the_store},
      {"liveness", "without a look at its end", "nobody_looked", nobody_looked},
  };
}

}  // namespace syncline::checkers
