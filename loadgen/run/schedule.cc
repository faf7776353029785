#include "loadgen/run/schedule.h"

namespace syncline::loadgen {

Schedule::Schedule(const Options& options)
    : options_(options), random_(options.seed, options.stream) {
  // Schedules of one seed do not tick together: each begins somewhere in its first gap.
  if (options_.arrivals == Arrivals::uniform && options_.edits_per_second > 0) {
    at_ns_ = -random_.fraction() * 1e9 / options_.edits_per_second;
  }
  advance();
}

void Schedule::take() {
  ++taken_;
  advance();
}

void Schedule::advance() {
  if (options_.writers == 0 || options_.edits_per_second <= 0) {
    next_ = {.at = Duration::max(), .writer = 0};
    return;
  }
  const bool poisson = options_.arrivals == Arrivals::poisson;
  const double gap_ns = 1e9 / options_.edits_per_second;
  at_ns_ += poisson ? gap_ns * random_.exponential() : gap_ns;
  next_.at = Duration(static_cast<std::int64_t>(at_ns_));
  // Each of many Poisson processes is a random choice from their sum.
  next_.writer = static_cast<std::size_t>(poisson ? random_.below(options_.writers)
                                                  : taken_ % options_.writers);
}

}  // namespace syncline::loadgen
