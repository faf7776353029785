#include "tests/unit/sim/checkers/story.h"

namespace syncline::checkers {

namespace {

void write(Story& story, std::uint64_t sequence, const crdt::Doc& doc) {
  story.tell(history::SnapshotWritten{.writer = node_party(1),
                                      .document = minutes,
                                      .sequence = Sequence{sequence},
                                      .state = OwnedState(doc).encoded});
}

void lacks_an_edit(Story& story) {
  story.begin();
  const crdt::Doc before = story.cold(minutes);
  story.save(1, 0, "x");
  write(story, 3, before);
}

void lacks_a_deletion(Story& story) {
  story.begin();
  const crdt::Doc before = story.cold(minutes);
  story.log(story.erase(1, 0, 1));
  write(story, 3, before);
}

void holds_what_is_not_logged(Story& story) {
  story.begin();
  story.type(1, 0, "x");
  write(story, 2, story.doc(1));
}

void goes_back(Story& story) {
  story.begin();
  write(story, 2, story.cold(minutes));
  write(story, 1, story.cold(minutes));
}

void is_ahead(Story& story) {
  story.begin();
  write(story, 3, story.cold(minutes));
}

void is_unreadable(Story& story) {
  story.begin();
  story.tell(history::SnapshotWritten{.writer = node_party(1),
                                      .document = minutes,
                                      .sequence = Sequence{2},
                                      .state = as_bytes("?")});
}

void cold_read(Story& story, const OwnedState& from_log, const OwnedState& from_snapshot) {
  story.tell(history::ColdRead{.document = minutes,
                               .from_log = from_log.view(),
                               .from_snapshot = from_snapshot.view(),
                               .at_end = false});
}

void loads_less(Story& story) {
  story.begin();
  cold_read(story, OwnedState(story.cold(minutes)), OwnedState(crdt::Doc()));
}

void loads_other_deletions(Story& story) {
  story.begin();
  const OwnedState before(story.doc(1));
  story.erase(1, 0, 1);
  cold_read(story, OwnedState(story.doc(1)), before);
}

void loads_another_reading(Story& story) {
  story.begin();
  OwnedState other(story.doc(1));
  other.reading += ' ';
  cold_read(story, OwnedState(story.doc(1)), other);
}

void waits_for_something(Story& story) {
  story.begin();
  OwnedState other(story.doc(1));
  other.pending = true;
  cold_read(story, OwnedState(story.doc(1)), other);
}

}  // namespace

std::vector<BadHistory> bad_for_snapshots() {
  return {
      {"snapshots", "the snapshot of document-0 at 3 by node-1 lacks 1:5", "lacks_an_edit",
       lacks_an_edit},
      {"snapshots", "at 3 by node-1 lacks delete 1:0", "lacks_a_deletion", lacks_a_deletion},
      {"snapshots", "has 1:5, which is not in the log", "holds_what_is_not_logged",
       holds_what_is_not_logged},
      {"snapshots", "at 1 by node-1 replaces one at 2", "goes_back", goes_back},
      {"snapshots", "at 3 by node-1 is ahead of the log", "is_ahead", is_ahead},
      {"snapshots", "cannot be read", "is_unreadable", is_unreadable},
      {"snapshots", "have {}; the whole log has {1:5 2:5}", "loads_less", loads_less},
      {"snapshots", "have other deletions", "loads_other_deletions", loads_other_deletions},
      {"snapshots", "read otherwise", "loads_another_reading", loads_another_reading},
      {"snapshots", "wait for something else", "waits_for_something", waits_for_something},
  };
}

}  // namespace syncline::checkers
