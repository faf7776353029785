#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/demo/observations.h"

// Each promise as a function of what was seen: the same one judges both sides.

namespace syncline::demo {

// Somebody opened a document through a cache.
struct Look {
  Duration at;
  std::uint32_t document;
  Duration answered;  // When the origin gave this answer.
  std::vector<PressNumber> missing;
};

struct Measurement {
  std::uint64_t broken = 0;  // How often the promise was; what is counted, the sentence says.
  std::string sentence;
  // The press that shows it best, and when it was missed.
  std::optional<PressNumber> press = {};
  Duration at{0};
  std::vector<Look> looks = {};  // measure_freshness only.

  bool violated() const { return broken > 0; }
};

// P1: an edit reaches clients of every other node at once. "At once" is within this, counted from
// the keystroke: two trips over the internet and the hops between.
inline constexpr Duration at_once = seconds(1);
Measurement measure_visibility(const Observations& seen);

// P2 and P3: what was acknowledged is in the document in the end.
Measurement measure_acknowledged_edits(const Observations& seen);

// P4: whoever types while nodes come and go loses nothing, acknowledged or not, and reloads
// nothing.
Measurement measure_continuity(const Observations& seen);

// P5: at most this many write transactions in a second, on average, however many people type.
inline constexpr double write_transactions_per_second_max = 10;
Measurement measure_write_transactions(const Observations& seen);

// P6: somebody opens a document every now and then, through a cache that obeys `cache_control` as
// caches do, and is shown everything that had been acknowledged a second before. `seed` chooses
// when.
Measurement measure_freshness(const Observations& seen, std::string_view cache_control,
                              std::uint64_t seed);

}  // namespace syncline::demo
