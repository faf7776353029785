#include "sim/cli/progress.h"

#include <algorithm>
#include <cstdio>
#include <string>

#include <unistd.h>

#include "sim/cli/seed_pool.h"

namespace syncline::sim {
namespace {

constexpr Duration show_interval = milliseconds(200);
constexpr std::size_t bar_width = 24;

// For people only; nothing of a run depends on it.
double in_seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

double ratio(Duration of, Duration to) {
  return to <= Duration::zero() ? 0 : in_seconds(of) / in_seconds(to);
}

}  // namespace

void Totals::add(std::uint64_t seed, const RunSummary& summary) {
  ++runs;
  ++by_ending[static_cast<std::size_t>(summary.ending)];
  edits += summary.edits;
  events += summary.events;
  virtual_time += summary.virtual_time;
  run_time += summary.real_time;
  for (std::size_t kind = 0; kind < faults.size(); ++kind) {
    faults[kind].armed += summary.faults[kind].armed;
    faults[kind].fired += summary.faults[kind].fired;
    faults[kind].observed += summary.faults[kind].observed;
    faults[kind].healed += summary.faults[kind].healed;
  }
  if (summary.real_time > slowest) {
    slowest = summary.real_time;
    slowest_seed = seed;
  }
}

ProgressBar::ProgressBar(std::uint64_t runs)
    : runs_(runs), terminal_(isatty(STDERR_FILENO) == 1), begin_(real_now()) {}

void ProgressBar::show(const Totals& totals) {
  if (!terminal_ || real_now() - shown_at_ < show_interval) return;
  shown_at_ = real_now();
  const std::size_t filled = static_cast<std::size_t>(totals.runs * bar_width / runs_);
  const std::uint64_t failed = totals.count(Ending::crash) + totals.count(Ending::correctness) +
                               totals.count(Ending::liveness) + totals.count(Ending::timeout);
  std::fprintf(stderr,
               "\r\x1b[K[%s%s] %llu/%llu seeds, %.1f/s, %.0f x real time, %llu failed, slowest "
               "%llu (%.2f s)",
               std::string(filled, '#').c_str(), std::string(bar_width - filled, '.').c_str(),
               static_cast<unsigned long long>(totals.runs), static_cast<unsigned long long>(runs_),
               static_cast<double>(totals.runs) / in_seconds(shown_at_ - begin_),
               ratio(totals.virtual_time, totals.run_time), static_cast<unsigned long long>(failed),
               static_cast<unsigned long long>(totals.slowest_seed), in_seconds(totals.slowest));
}

void ProgressBar::clear() {
  if (terminal_ && shown_at_ > Duration::zero()) std::fputs("\r\x1b[K", stderr);
}

void print_totals(const Totals& totals, Duration real_time) {
  std::printf("\n  %-16s %8s %8s %8s %8s\n", "fault", "armed", "fired", "observed", "healed");
  for (std::size_t kind = 0; kind < totals.faults.size(); ++kind) {
    const faults::FaultCounts& counts = totals.faults[kind];
    if (counts.armed == 0) continue;
    const auto info = faults::fault_kind_info(static_cast<faults::FaultKind>(kind));
    std::printf("  %-16s %8llu %8llu %8llu %8llu\n", std::string(info.name).c_str(),
                static_cast<unsigned long long>(counts.armed),
                static_cast<unsigned long long>(counts.fired),
                static_cast<unsigned long long>(counts.observed),
                static_cast<unsigned long long>(counts.healed));
  }
  std::printf("\n%llu runs in %.1f s (%.1f/s): ", static_cast<unsigned long long>(totals.runs),
              in_seconds(real_time), static_cast<double>(totals.runs) / in_seconds(real_time));
  for (const Ending ending : {Ending::passed, Ending::vacuous, Ending::correctness,
                              Ending::liveness, Ending::crash, Ending::timeout}) {
    if (totals.count(ending) == 0 && ending != Ending::passed) continue;
    std::printf("%s%llu %s", ending == Ending::passed ? "" : ", ",
                static_cast<unsigned long long>(totals.count(ending)),
                std::string(name(ending)).c_str());
  }
  std::printf(
      "\n%.0f x real time on one core (%.1f h of clusters, %.1f M events, %llu edits); slowest "
      "seed %llu took %.2f s\n",
      ratio(totals.virtual_time, totals.run_time), in_seconds(totals.virtual_time) / 3600,
      static_cast<double>(totals.events) / 1e6, static_cast<unsigned long long>(totals.edits),
      static_cast<unsigned long long>(totals.slowest_seed), in_seconds(totals.slowest));
}

}  // namespace syncline::sim
