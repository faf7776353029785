#include "faults/plan/shrinker.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "faults/plan/duration_text.h"
#include "faults/plan/party_name.h"
#include "faults/plan/plan_cuts.h"
#include "faults/plan/printer.h"
#include "faults/plan/recoverable.h"
#include "faults/plan/validate.h"

namespace syncline::faults {
namespace {

// Looks for smaller plans around the best one so far. A step makes candidates; the first that fails
// is the new best.
class Shrinker {
 public:
  Shrinker(const FaultPlan& failing, Duration failed_at, TrialRun& trial, std::uint32_t runs_max)
      : trial_(trial),
        runs_max_(runs_max),
        must_be_recoverable_(is_recoverable(failing)),
        best_(failing),
        failed_at_(failed_at) {
    tried_.insert(print_plan(failing));
  }

  Shrunk run() &&;

 private:
  bool is_over();
  // Runs it, unless it cannot be, or has been. True: it fails, and is the best now.
  bool try_plan(FaultPlan plan);

  void truncate();
  void remove_faults();
  bool remove_chunks_of(std::size_t size);
  void shrink_cluster();
  void shrink_edits();
  void drop_options();
  void simplify_faults();
  void simplify_fault(std::size_t index);
  void halve(std::size_t index, Duration Fault::*field);
  void shorten_load();

  // Looks for the smallest value for which `plan_with(value)` fails, as if all above it did too.
  // REQUIRES: `high` is the best plan's.
  template <class PlanWith>
  void minimise(std::uint64_t low, std::uint64_t high, PlanWith plan_with);
  template <class Change>
  bool try_change(Change change);
  template <class Change>
  bool try_fault(std::size_t index, Change change);

  // Constant after construction.
  TrialRun& trial_;
  std::uint32_t runs_max_;
  bool must_be_recoverable_;  // As the given plan is: else a cut makes a failure of another sort.

  FaultPlan best_;
  Duration failed_at_;
  std::uint32_t runs_ = 0;
  bool stopped_ = false;
  std::set<std::string> tried_;  // As text.
};

bool Shrinker::is_over() {
  if (!stopped_) stopped_ = runs_ >= runs_max_ || trial_.is_time_up();
  return stopped_;
}

bool Shrinker::try_plan(FaultPlan plan) {
  sort_by_time(plan);
  if (problem_of(plan).has_value()) return false;
  if (must_be_recoverable_ && !is_recoverable(plan)) return false;
  if (!tried_.insert(print_plan(plan)).second) return false;
  if (is_over()) return false;
  ++runs_;
  const std::optional<Duration> failure = trial_.failure_of(plan);
  if (!failure.has_value()) return false;
  best_ = std::move(plan);
  failed_at_ = *failure;
  return true;
}

template <class Change>
bool Shrinker::try_change(Change change) {
  FaultPlan plan = best_;
  change(plan);
  return try_plan(std::move(plan));
}

template <class Change>
bool Shrinker::try_fault(std::size_t index, Change change) {
  return try_change([&](FaultPlan& plan) { change(plan.faults[index]); });
}

template <class PlanWith>
void Shrinker::minimise(std::uint64_t low, std::uint64_t high, PlanWith plan_with) {
  if (low >= high || try_plan(plan_with(low))) return;
  while (high - low > 1 && !is_over()) {
    const std::uint64_t middle = low + (high - low) / 2;
    (try_plan(plan_with(middle)) ? high : low) = middle;
  }
}

// What comes after the failure has no part in it.
void Shrinker::truncate() {
  if (failed_at_ >= best_.cluster.load) return;
  const Duration end = rounded_up(failed_at_ + Duration(1));
  if (end >= best_.cluster.load) return;
  try_plan(with_load(best_, end));
}

// Delta debugging (Zeller and Hildebrandt, 2002): without larger parts first, then without smaller
// ones.
void Shrinker::remove_faults() {
  for (std::size_t size = best_.faults.size(); size > 0 && !is_over();) {
    if (!remove_chunks_of(size)) size /= 2;
    size = std::min(size, best_.faults.size());
  }
}

// True if any could go.
bool Shrinker::remove_chunks_of(std::size_t size) {
  bool removed = false;
  // From the back: what happened last is least likely to be needed for the rest.
  std::size_t end = best_.faults.size();
  while (end > 0 && !is_over()) {
    const std::size_t begin = end > size ? end - size : 0;
    removed |= try_change([&](FaultPlan& plan) {
      plan.faults.erase(plan.faults.begin() + static_cast<std::ptrdiff_t>(begin),
                        plan.faults.begin() + static_cast<std::ptrdiff_t>(end));
    });
    end = begin;
  }
  return removed;
}

void Shrinker::shrink_cluster() {
  for (const Role role : {Role::client, Role::node, Role::worker}) {
    for (const Misfits misfits : {Misfits::leave_out, Misfits::move}) {
      minimise(1, count_of(best_.cluster, role), [&](std::uint64_t count) {
        return with_count(best_, role, static_cast<std::uint32_t>(count), misfits);
      });
    }
  }
  const auto with = [this](std::uint32_t PlanCluster::*field, std::uint64_t value) {
    FaultPlan plan = best_;
    plan.cluster.*field = static_cast<std::uint32_t>(value);
    return plan;
  };
  minimise(1, best_.cluster.documents,
           [&](std::uint64_t value) { return with(&PlanCluster::documents, value); });
  minimise(1, best_.cluster.shards,
           [&](std::uint64_t value) { return with(&PlanCluster::shards, value); });
  try_change([](FaultPlan& plan) { plan.cluster.gateway = false; });
  try_change([](FaultPlan& plan) {
    plan.cluster.durability = Durability::commit;
    plan.cluster.workers = PlanCluster{}.workers;
  });
}

// Without a limit nobody knows how many there were: up from one until enough.
void Shrinker::shrink_edits() {
  constexpr std::uint32_t most = 256;
  for (std::uint32_t edits = 1; best_.cluster.edits == 0 && edits <= most; edits *= 2) {
    if (is_over()) return;
    try_change([&](FaultPlan& plan) { plan.cluster.edits = edits; });
  }
  if (best_.cluster.edits == 0) return;
  minimise(1, best_.cluster.edits, [this](std::uint64_t edits) {
    FaultPlan plan = best_;
    plan.cluster.edits = static_cast<std::uint32_t>(edits);
    return plan;
  });
}

void Shrinker::drop_options() {
  if (best_.cluster.options.empty()) return;
  if (try_change([](FaultPlan& plan) { plan.cluster.options.clear(); })) return;
  for (std::size_t at = best_.cluster.options.size(); at-- > 0 && !is_over();) {
    try_change([at](FaultPlan& plan) {
      plan.cluster.options.erase(plan.cluster.options.begin() + static_cast<std::ptrdiff_t>(at));
    });
  }
}

void Shrinker::simplify_faults() {
  for (std::size_t at = 0; at < best_.faults.size() && !is_over(); ++at) simplify_fault(at);
}

void Shrinker::simplify_fault(std::size_t index) {
  // One of a group may do.
  for (const std::string& member : members_of_target(best_.cluster, best_.faults[index])) {
    if (try_fault(index, [&](Fault& fault) { fault.target = member; })) break;
  }
  if (best_.faults[index].trigger.occurrence > 1) {
    try_fault(index, [](Fault& fault) { fault.trigger.occurrence = 1; });
  }
  if (best_.faults[index].ppm != 0) {
    if (!try_fault(index, [](Fault& fault) { fault.ppm = 0; })) {
      while (try_fault(index, [](Fault& fault) { fault.ppm /= 2; })) {
      }
    }
  }
  halve(index, &Fault::amount);
  halve(index, &Fault::duration);
  try_fault(index, [](Fault& fault) { fault.trigger.at -= fault.trigger.at % seconds(1); });
}

// To nothing, or to less as long as less will do.
void Shrinker::halve(std::size_t index, Duration Fault::*field) {
  if (best_.faults[index].*field == Duration::zero()) return;
  if (try_fault(index, [&](Fault& fault) { fault.*field = Duration::zero(); })) return;
  const auto half = [&](Fault& fault) { fault.*field = rounded_up(fault.*field / 2); };
  while (try_fault(index, half)) {
  }
}

void Shrinker::shorten_load() {
  Duration last{0};
  for (const Fault& fault : best_.faults) last = std::max(last, fault.trigger.at);
  constexpr Duration step = milliseconds(100);
  const auto low = static_cast<std::uint64_t>(last / step) + 1;
  const auto high = static_cast<std::uint64_t>(best_.cluster.load / step);
  minimise(low, high, [&](std::uint64_t steps) {
    return with_load(best_, step * static_cast<std::int64_t>(steps));
  });
}

Shrunk Shrinker::run() && {
  Shrunk shrunk;
  shrunk.before = size_of(best_);
  std::string start;
  do {
    start = print_plan(best_);
    truncate();
    remove_faults();
    shrink_cluster();
    drop_options();
    shrink_edits();
    simplify_faults();
    shorten_load();
  } while (print_plan(best_) != start && !is_over());
  shrunk.minimal = print_plan(best_) == start && !stopped_;
  shrunk.after = size_of(best_);
  shrunk.runs = runs_;
  shrunk.plan = std::move(best_);
  return shrunk;
}

}  // namespace

PlanSize size_of(const FaultPlan& plan) {
  PlanSize size;
  size.faults = plan.faults.size();
  for (const Fault& fault : plan.faults) size.fault_time += fault.duration;
  size.nodes = plan.cluster.nodes;
  size.shards = plan.cluster.shards;
  size.workers = count_of(plan.cluster, Role::worker);
  size.clients = plan.cluster.clients;
  size.documents = plan.cluster.documents;
  size.edits = plan.cluster.edits;
  size.options = plan.cluster.options.size();
  size.load = plan.cluster.load;
  return size;
}

std::string print_size(const PlanSize& size) {
  const auto counted = [](std::uint64_t count, const std::string& what) {
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
  };
  std::string text = counted(size.faults, "fault");
  if (size.faults > 0) text += " of " + print_duration(size.fault_time);
  text += ", " + counted(size.nodes, "node") + " of " + counted(size.shards, "shard");
  if (size.workers > 0) text += ", " + counted(size.workers, "worker");
  text += ", " + counted(size.clients, "client");
  if (size.edits > 0) text += " of " + counted(size.edits, "edit");
  text += ", " + counted(size.documents, "document");
  text += ", " + counted(size.options, "option");
  return text + ", " + print_duration(size.load) + " of load";
}

Shrunk shrink(const FaultPlan& failing, Duration failed_at, TrialRun& trial,
              std::uint32_t runs_max) {
  return Shrinker(failing, failed_at, trial, runs_max).run();
}

}  // namespace syncline::faults
