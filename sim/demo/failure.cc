#include "sim/demo/failure.h"

namespace syncline::demo {

std::array<const Failure*, 6> all_failures() {
  return {&failure_1_polling,           &failure_2_clocks, &failure_3_snapshots, &failure_4_sticky,
          &failure_5_row_per_keystroke, &failure_6_cdn};
}

}  // namespace syncline::demo
