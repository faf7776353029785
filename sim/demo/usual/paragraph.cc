#include "sim/demo/usual/paragraph.h"

#include <algorithm>

namespace syncline::demo {

std::vector<PressNumber> overwritten(const Paragraph& before, const Paragraph& after) {
  std::vector<PressNumber> kept = after.presses;
  std::sort(kept.begin(), kept.end());
  std::vector<PressNumber> gone;
  for (const PressNumber press : before.presses) {
    if (!std::binary_search(kept.begin(), kept.end(), press)) gone.push_back(press);
  }
  return gone;
}

}  // namespace syncline::demo
