#include "tests/unit/sim/checkers/story.h"

namespace syncline::checkers {

namespace {

void acknowledged_before_the_commit(Story& story) {
  story.begin();
  story.acknowledge(story.type(1, 0, "x"));
}

void deletion_acknowledged_before_the_commit(Story& story) {
  story.begin();
  story.acknowledge(story.erase(1, 0, 1));
}

// What the log said it had committed is gone.
void store_lost_it(Story& story) {
  story.begin();
  const OwnedState before(story.cold(minutes));
  story.save(1, 0, "x");
  story.tell(history::ColdRead{.document = minutes,
                               .from_log = before.view(),
                               .from_snapshot = before.view(),
                               .at_end = false});
}

void store_lost_a_deletion(Story& story) {
  story.begin();
  const OwnedState before(story.cold(minutes));
  const Edit edit = story.erase(1, 0, 1);
  story.log(edit);
  story.acknowledge(edit);
  story.tell(history::ColdRead{.document = minutes,
                               .from_log = before.view(),
                               .from_snapshot = before.view(),
                               .at_end = false});
}

void never_drained(Story& story) {
  story.begin();
  const Edit edit = story.type(1, 0, "x");
  story.buffer(edit);
  story.acknowledge(edit);
  story.cold_read(minutes);  // The buffer has it.
  story.finish();
}

void trimmed_before_the_commit(Story& story) {
  story.begin();
  story.buffer(story.type(1, 0, "x"));
  story.trim(minutes, 1);
}

// The node that appended it is running: it must append it again.
void forgotten_and_not_appended_again(Story& story) {
  story.begin();
  const Edit edit = story.type(1, 0, "x");
  story.buffer(edit);
  story.acknowledge(edit);
  story.tell(history::BufferForgot{.document = minutes, .entries = 1});
  story.cold_read(minutes);  // Not yet.
  story.finish();
}

// Another node's end excuses nothing.
void forgotten_while_another_node_is_down(Story& story) {
  story.begin();
  story.tell(history::ProcessEnded{.party = node_party(2), .crashed = true});
  forgotten_and_not_appended_again(story);
}

// The buffer still had it when the node went down, and lost it only in a trim.
void one_failure_is_no_excuse(Story& story) {
  story.begin();
  const Edit edit = story.type(1, 0, "x");
  story.buffer(edit);
  story.acknowledge(edit);
  story.tell(history::ProcessEnded{.party = node_party(1), .crashed = true});
  story.finish();
}

void unreadable_log(Story& story) {
  story.tell(
      history::LogAppended{.document = minutes, .sequence = Sequence{1}, .update = as_bytes("?")});
}

void unreadable_buffer(Story& story) {
  story.tell(history::BufferAppended{
      .document = minutes, .lineage = 1, .offset = 1, .update = as_bytes("?")});
}

void unreadable_cold_read(Story& story) {
  const history::ReplicaState state{.state_vector = crdt::empty_state_vector(),
                                    .delete_set = {},
                                    .encoded = as_bytes("?"),
                                    .reading = "{}"};
  story.tell(history::ColdRead{
      .document = minutes, .from_log = state, .from_snapshot = state, .at_end = false});
}

}  // namespace

std::vector<BadHistory> bad_for_durability() {
  return {
      {"durability", "client-1 is told that 1:5 of document-0 is saved", "early_acknowledgement",
       acknowledged_before_the_commit},
      {"durability", "client-1 is told that the deletion of 1:", "early_acknowledged_deletion",
       deletion_acknowledged_before_the_commit},
      {"durability", "document-0 has lost 1:5", "lost_by_the_store", store_lost_it},
      {"durability", "document-0 has lost delete 1:", "deletion_lost_by_the_store",
       store_lost_a_deletion},
      {"durability", "in the end the log does not have it", "never_drained", never_drained},
      {"durability", "drops 1:5 at offset 1", "trimmed_before_the_commit",
       trimmed_before_the_commit},
      {"durability", "in the end the log does not have it", "forgotten_and_not_appended_again",
       forgotten_and_not_appended_again},
      {"durability", "in the end the log does not have it", "forgotten_while_another_node_is_down",
       forgotten_while_another_node_is_down},
      {"durability", "in the end the log does not have it", "one_failure_is_no_excuse",
       one_failure_is_no_excuse},
      {"durability", "entry 1 of the log of document-0 cannot be read", "unreadable_log",
       unreadable_log},
      {"durability", "entry 1 of the buffer of document-0 cannot be read", "unreadable_buffer",
       unreadable_buffer},
      {"durability", "the log of document-0 cannot be read", "unreadable_cold_read",
       unreadable_cold_read},
  };
}

}  // namespace syncline::checkers
