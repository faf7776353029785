#include "tests/unit/sim/checkers/story.h"

namespace syncline::checkers {

std::vector<BadHistory> bad_for_readable() {
  return {
      {"readable", "client-2 was sent something of document-0 that it cannot read",
       "unreadable_update", [](Story& story) {
         const Edit edit = story.type(1, 0, "x");
         story.tell(history::ClientApplied{
             .client = client_party(2), .document = minutes, .ids = edit.ids, .readable = false});
       }}};
}

}  // namespace syncline::checkers
