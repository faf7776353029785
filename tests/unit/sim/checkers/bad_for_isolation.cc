#include "sim/checkers/canary_text.h"
#include "tests/unit/sim/checkers/story.h"

namespace syncline::checkers {

namespace {

void in_a_frame(Story& story) {
  story.begin();
  const Edit edit = story.type_canary(3);
  story.tell(history::FrameSent{
      .node = node_party(1), .client = client_party(1), .document = minutes, .frame = edit.update});
}

// Behind a first byte of a mark that is none, and behind the document's own.
void in_the_middle_of_a_frame(Story& story) {
  const std::string frame = "\xEA.\xEA\xA7\x80zzzz " + canary_of(minutes) + canary_of(budget);
  story.tell(history::FrameSent{.node = node_party(1),
                                .client = client_party(1),
                                .document = minutes,
                                .frame = as_bytes(frame)});
}

void in_the_log(Story& story) {
  story.tell(history::LogAppended{
      .document = minutes, .sequence = Sequence{1}, .update = as_bytes(canary_of(budget))});
}

void in_the_buffer(Story& story) {
  story.tell(history::BufferAppended{
      .document = minutes, .lineage = 1, .offset = 1, .update = as_bytes(canary_of(budget))});
}

void in_a_snapshot(Story& story) {
  story.tell(history::SnapshotWritten{.writer = node_party(1),
                                      .document = minutes,
                                      .sequence = Sequence{1},
                                      .state = as_bytes(canary_of(budget))});
}

void without_canaries(Story& story) { story.tell(history::Ended{}); }

}  // namespace

std::vector<BadHistory> bad_for_isolation() {
  return {
      {"isolation", "node-1 sends to client-1, who has document-0 open, something of document-1",
       "in_a_frame", in_a_frame},
      {"isolation", "something of document-1", "in_the_middle_of_a_frame",
       in_the_middle_of_a_frame},
      {"isolation", "of the log of document-0 has something of document-1", "in_the_log",
       in_the_log},
      {"isolation", "of the buffer of document-0 has something of document-1", "in_the_buffer",
       in_the_buffer},
      {"isolation", "the snapshot at 1 of document-0 has something of document-1", "in_a_snapshot",
       in_a_snapshot},
      {"isolation", "no canary was seen", "without_canaries", without_canaries},
  };
}

}  // namespace syncline::checkers
