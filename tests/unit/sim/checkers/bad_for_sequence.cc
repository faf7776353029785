#include "tests/unit/sim/checkers/story.h"

namespace syncline::checkers {

namespace {

void append(Story& story, std::uint64_t sequence, std::string_view update) {
  story.tell(history::LogAppended{
      .document = minutes, .sequence = Sequence{sequence}, .update = as_bytes(update)});
}

void read(Story& story, std::uint64_t sequence, std::string_view update) {
  story.tell(history::LogRead{.reader = node_party(2),
                              .document = minutes,
                              .sequence = Sequence{sequence},
                              .update = as_bytes(update)});
}

void buffer(Story& story, std::uint64_t lineage, std::uint64_t offset) {
  story.tell(history::BufferAppended{
      .document = minutes, .lineage = lineage, .offset = offset, .update = as_bytes("x")});
}

}  // namespace

std::vector<BadHistory> bad_for_sequence() {
  return {
      {"sequence", "goes from 0 to 2", "begins_too_late",
       [](Story& story) { append(story, 2, "a"); }},
      {"sequence", "goes from 1 to 3", "gap",
       [](Story& story) {
         append(story, 1, "a");
         append(story, 3, "b");
       }},
      {"sequence", "gives out 1 again", "given_out_twice",
       [](Story& story) {
         append(story, 1, "a");
         append(story, 1, "b");
       }},
      {"sequence", "node-2 is given another 1 of the log", "read_otherwise",
       [](Story& story) {
         append(story, 1, "a");
         read(story, 1, "a");
         read(story, 1, "b");
       }},
      {"sequence", "node-2 is given 2 of the log of document-0, which nobody appended",
       "read_before_appended",
       [](Story& story) {
         append(story, 1, "a");
         read(story, 2, "b");
       }},
      {"sequence", "goes to offset 3 of lineage 7; it had got to 1", "gap_in_the_buffer",
       [](Story& story) {
         buffer(story, 7, 1);
         buffer(story, 7, 3);
       }},
      {"sequence", "gives out offset 1 of lineage 7 again", "offset_given_out_twice",
       [](Story& story) {
         buffer(story, 7, 1);
         buffer(story, 7, 2);
         buffer(story, 8, 2);
         buffer(story, 7, 1);
       }},
  };
}

}  // namespace syncline::checkers
