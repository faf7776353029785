#include "tests/unit/sim/checkers/story.h"

namespace syncline::checkers {

std::vector<BadHistory> bad_for_canary() {
  return {{"canary", "always fails", "good", [](Story& story) {
             story.begin();
             story.finish();
           }}};
}

}  // namespace syncline::checkers
