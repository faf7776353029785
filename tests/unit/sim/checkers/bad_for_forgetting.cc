#include "tests/unit/sim/checkers/story.h"

namespace syncline::checkers {

namespace {

void write(Story& story, std::uint64_t sequence, std::string_view state) {
  story.tell(history::SnapshotWritten{.writer = node_party(1),
                                      .document = minutes,
                                      .sequence = Sequence{sequence},
                                      .state = as_bytes(state)});
}

void keep(Story& story, std::uint64_t sequence, std::string_view state) {
  story.tell(history::SnapshotKept{
      .document = minutes, .sequence = Sequence{sequence}, .state = as_bytes(state)});
}

void forget(Story& story, std::uint64_t through) {
  story.tell(history::LogForgotten{.document = minutes, .through = Sequence{through}});
}

}  // namespace

std::vector<BadHistory> bad_for_forgetting() {
  return {
      {"forgetting", "forgets all through 2, and of the snapshots that are left 0", "no_snapshot",
       [](Story& story) { forget(story, 2); }},
      {"forgetting", "that are left 1 are intact", "beyond_the_older",
       [](Story& story) {
         write(story, 2, "ab");
         write(story, 4, "abcd");
         keep(story, 2, "ab");
         keep(story, 4, "abcd");
         forget(story, 2);
         keep(story, 2, "ab");
         keep(story, 4, "abcd");
         forget(story, 3);
       }},
      {"forgetting", "that are left 1 are intact", "one_is_damaged",
       [](Story& story) {
         write(story, 2, "ab");
         write(story, 4, "abcd");
         keep(story, 2, "ab");
         keep(story, 4, "abxd");
         forget(story, 2);
       }},
  };
}

}  // namespace syncline::checkers
