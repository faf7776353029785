#include "server/crdt/text.h"
#include "tests/unit/sim/checkers/story.h"

namespace syncline::checkers {

namespace {

// The update that client 1 did not write.
Bytes forged(std::string_view text) {
  crdt::Doc doc({.client_id = 1});
  return doc.transact([&](crdt::Doc& in) { SYNCLINE_ASSERT(in.text("t").insert(0, text).ok()); });
}

OwnedState state_of(BytesView update) {
  crdt::Doc doc;
  SYNCLINE_ASSERT(doc.apply_update(update).ok());
  return OwnedState(doc);
}

void written_twice(Story& story) {
  const Edit edit = story.type(1, 0, "hello");
  story.tell(history::ClientEdited{.client = client_party(2),
                                   .document = minutes,
                                   .edit = 77,
                                   .ids = edit.ids,
                                   .update = edit.update,
                                   .depends_on = crdt::empty_state_vector()});
}

void log_differs(Story& story) {
  story.type(1, 0, "hello");
  story.log(minutes, forged("hellO"));
}

void buffer_differs(Story& story) {
  Edit edit = story.type(1, 0, "hello");
  edit.update = forged("jello");
  story.buffer(edit);
}

void snapshot_differs(Story& story) {
  story.type(1, 0, "hello");
  story.tell(history::SnapshotWritten{.writer = node_party(1),
                                      .document = minutes,
                                      .sequence = Sequence{1},
                                      .state = forged("jello")});
}

void cold_read_differs(Story& story) {
  const Edit edit = story.type(1, 0, "hello");
  const OwnedState good = state_of(edit.update);
  const OwnedState bad = state_of(forged("jello"));
  story.tell(history::ColdRead{
      .document = minutes, .from_log = good.view(), .from_snapshot = bad.view(), .at_end = false});
}

// The same characters at another place.
void moved(Story& story) {
  story.type(1, 0, "a");
  story.type(1, 1, "b");
  story.log(minutes, [] {
    crdt::Doc doc({.client_id = 1});
    SYNCLINE_ASSERT(doc.text("t").insert(0, "a").ok());
    return doc.transact([](crdt::Doc& in) { SYNCLINE_ASSERT(in.text("t").insert(0, "b").ok()); });
  }());
}

void moved_to_another_root(Story& story) {
  story.type(1, 0, "hello");
  crdt::Doc doc({.client_id = 1});
  story.log(minutes, doc.transact([](crdt::Doc& in) {
    SYNCLINE_ASSERT(in.text("u").insert(0, "hello").ok());
  }));
}

void logged_by_nobody(Story& story) { story.log(minutes, forged("hello")); }

void applied_by_nobody(Story& story) {
  const auto ids = client::read_update_ids(forged("hello")).value();
  story.tell(history::ClientApplied{
      .client = client_party(2), .document = minutes, .ids = ids, .readable = true});
}

void in_a_replica_by_nobody(Story& story) {
  const OwnedState state = state_of(forged("hello"));
  story.tell(
      history::ReplicaSeen{.party = node_party(1), .document = minutes, .state = state.view()});
}

// A state that lists a run a second time.
void twice_in_one_update(Story& story) {
  const Edit edit = story.type(1, 0, "hello");
  // One client with one struct of client 1 at 0, and no deletions; told as two such clients.
  Bytes twice = edit.update;
  twice.pop_back();
  const Bytes run(twice.begin() + 1, twice.end());
  twice[0] = std::byte{2};
  twice.insert(twice.end(), run.begin(), run.end());
  twice.push_back(std::byte{0});
  story.log(minutes, twice);
}

void unreadable_state_vector(Story& story) {
  OwnedState state(story.doc(1));
  state.state_vector.push_back(std::byte{1});
  story.tell(
      history::ReplicaSeen{.party = node_party(1), .document = minutes, .state = state.view()});
}

}  // namespace

std::vector<BadHistory> bad_for_single_effect() {
  return {
      {"single_effect", "client-2 in edit 77 of document-0 writes 1:0-4, which was written before",
       "written_twice", written_twice},
      {"single_effect", "entry 1 of the log of document-0 holds at 1:4 something else",
       "log_differs", log_differs},
      {"single_effect", "entry 1 of the buffer of document-0 holds at 1:0 something else",
       "buffer_differs", buffer_differs},
      {"single_effect", "the snapshot at 1 of document-0 holds at 1:0 something else",
       "snapshot_differs", snapshot_differs},
      {"single_effect", "the snapshot of document-0 and what follows it holds at 1:0",
       "cold_read_differs", cold_read_differs},
      {"single_effect", "holds at 1:1 something else", "moved", moved},
      {"single_effect", "holds at 1:0 something else", "moved_to_another_root",
       moved_to_another_root},
      {"single_effect", "entry 1 of the log of document-0 holds 1:0-4, which nobody wrote",
       "logged_by_nobody", logged_by_nobody},
      {"single_effect", "client-2 gets 1:0-4 of document-0, which nobody wrote",
       "applied_by_nobody", applied_by_nobody},
      {"single_effect", "node-1 has of document-0 1:0-4, which nobody wrote",
       "in_a_replica_by_nobody", in_a_replica_by_nobody},
      {"single_effect", "holds 1:0-4 twice", "twice_in_one_update", twice_in_one_update},
      {"single_effect", "the state vector of node-1 cannot be read", "unreadable_state_vector",
       unreadable_state_vector},
  };
}

}  // namespace syncline::checkers
