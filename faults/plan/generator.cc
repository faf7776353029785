#include "faults/plan/generator.h"

#include <algorithm>
#include <array>
#include <utility>

#include "faults/plan/aim.h"
#include "faults/plan/clock_models.h"
#include "faults/plan/composites.h"
#include "faults/plan/fault_kind.h"
#include "faults/plan/generated_cluster.h"
#include "faults/plan/option.h"
#include "faults/plan/party_name.h"
#include "faults/plan/plan_random.h"
#include "faults/plan/recoverable.h"
#include "faults/plan/timeline.h"
#include "faults/plan/validate.h"
#include "server/base/assert.h"

namespace syncline::faults {
namespace {

// Until then everybody has connected and typed something.
constexpr Duration quiet_start = seconds(2);

// So many clusters of a hundred forget old history.
constexpr std::uint64_t forgetful_percent = 20;

// Lines that a person can take in.
constexpr std::size_t one_screen = 40;

// What a swizzle can divide into round times.
constexpr Duration composite_step = milliseconds(320);

// What a seed decides before it makes the first fault.
struct Temper {
  std::vector<FaultKind> kinds;  // Switched on; each as often as it is likely.
  std::uint64_t faults_max;
  Duration fault_duration_max;
  Duration healthy_min;
  std::uint64_t aimed_percent;
  std::uint64_t composite_percent;
  ClockModel clocks;
  std::size_t clocks_max;
};

bool is_clock_kind(FaultKind kind) {
  const FaultKindInfo& info = fault_kind_info(kind);
  return info.kind >= FaultKind::skew && info.kind <= FaultKind::strobe;
}

bool is_of_profile(FaultKind kind, Profile profile) {
  switch (profile) {
    case Profile::ci:
    case Profile::big:
      return true;
    case Profile::clocks:
      return is_clock_kind(kind) || kind == FaultKind::suspend || kind == FaultKind::pause ||
             kind == FaultKind::crash;
    case Profile::lite:
      return kind == FaultKind::crash;
  }
  return false;
}

// What makes a difference while it lasts needs time to make one; what breaks something does so at
// once.
Duration shortest_of(FaultKind kind) {
  switch (kind) {
    case FaultKind::crash:
    case FaultKind::restart:
    case FaultKind::pause:
    case FaultKind::suspend:
    case FaultKind::cut:
    case FaultKind::partition:
    case FaultKind::one_way:
    case FaultKind::stall:
    case FaultKind::lose_tail:
    case FaultKind::failover:
      return milliseconds(100);
    default:
      return seconds(1);
  }
}

class Generator {
 public:
  Generator(std::uint64_t seed, Profile profile)
      : cluster_random_(seed, "cluster"),
        temper_random_(seed, "temper"),
        fault_random_(seed, "faults"),
        cluster_(generate_cluster(cluster_random_, profile)),
        temper_(choose_temper(profile)),
        timeline_(cluster_, temper_.healthy_min) {
    // Chosen last, and of a stream of its own, so that all else of a seed is as without it. Not
    // where clocks are to make no difference: history ends by a clock.
    PlanRandom history_random(seed, "history");
    const bool forgets = history_random.chance(forgetful_percent) && profile != Profile::clocks;
    if (forgets) add_option(cluster_, Option::short_history);
    plan_.seed = seed;
    plan_.cluster = cluster_;
  }

  FaultPlan make() &&;

 private:
  Temper choose_temper(Profile profile);
  std::vector<FaultKind> choose_kinds(Profile profile);
  ClockModel choose_clocks(Profile profile);

  void add_fault();
  void add_readers_of(const Fault& torn);
  void add_composite();
  // Takes all of them, or none.
  bool add(std::vector<Fault> faults);

  bool can_happen(FaultKind kind) const;
  Fault choose_fault();
  Duration choose_time(Duration duration);
  Duration choose_duration(FaultKind kind);
  std::vector<Role> roles_of(FaultKind kind) const;
  std::string choose_party(Role role, std::uint64_t group_percent);
  void choose_link(Fault& fault);
  void choose_parameter(Fault& fault);
  void aim(Fault& fault);

  PlanRandom cluster_random_;
  PlanRandom temper_random_;
  PlanRandom fault_random_;
  PlanCluster cluster_;
  Temper temper_;
  Timeline timeline_;
  FaultPlan plan_;
};

// --- The temper of a seed
// -------------------------------------------------------------------------

Temper Generator::choose_temper(Profile profile) {
  PlanRandom& random = temper_random_;
  constexpr std::array<Duration, 3> pauses = {milliseconds(500), seconds(1), seconds(3)};
  constexpr std::array<std::uint64_t, 4> aims = {0, 80, 100, 100};
  Temper temper;
  temper.kinds = choose_kinds(profile);
  switch (profile) {
    case Profile::ci:
      temper.faults_max = random.between(2, 10);
      break;
    case Profile::big:
      temper.faults_max = random.between(6, 24);
      break;
    case Profile::clocks:
      temper.faults_max = random.between(0, 4);
      break;
    case Profile::lite:
      temper.faults_max = random.between(1, 4);
      break;
  }
  const Duration longest = std::min<Duration>(cluster_.load / 4, seconds(20));
  temper.fault_duration_max = random.log_between(longest / 4, longest);
  temper.healthy_min = random.pick<Duration>(pauses);
  temper.aimed_percent = random.pick<std::uint64_t>(aims);
  temper.composite_percent = random.chance(30) ? 25 : 0;
  if (profile == Profile::clocks || profile == Profile::lite) temper.composite_percent = 0;
  temper.clocks = choose_clocks(profile);
  temper.clocks_max = profile == Profile::ci ? 4 : 16;
  return temper;
}

// At least one kind, if any can happen at all: a crash always can.
std::vector<FaultKind> Generator::choose_kinds(Profile profile) {
  PlanRandom& random = temper_random_;
  constexpr std::array<std::uint64_t, 4> percents = {10, 25, 50, 80};
  const std::uint64_t percent = random.pick<std::uint64_t>(percents);
  std::vector<FaultKind> kinds;
  for (const FaultKindInfo& info : all_fault_kinds()) {
    const bool is_crash = info.kind == FaultKind::crash;
    const bool on = random.chance(is_crash ? 70 : percent);
    const std::uint64_t usual = is_crash ? 6 : 1;
    const std::uint64_t weight = usual * random.between(1, 4);
    if (!on || !is_of_profile(info.kind, profile) || !can_happen(info.kind)) continue;
    kinds.insert(kinds.end(), weight, info.kind);
  }
  if (kinds.empty()) kinds.push_back(FaultKind::crash);
  return kinds;
}

ClockModel Generator::choose_clocks(Profile profile) {
  using enum ClockModel;
  constexpr std::array<ClockModel, 8> any = {perfect,  perfect, perfect, ordinary,
                                             ordinary, bad,     absurd,  absurd};
  constexpr std::array<ClockModel, 5> wrong = {ordinary, bad, bad, absurd, absurd};
  if (profile == Profile::lite) return perfect;
  if (profile == Profile::clocks) return temper_random_.pick<ClockModel>(wrong);
  return temper_random_.pick<ClockModel>(any);
}

// --- One fault
// ------------------------------------------------------------------------------------

bool Generator::can_happen(FaultKind kind) const {
  if (kind == FaultKind::rolling_restart) return cluster_.nodes > 1;
  if (kind == FaultKind::torn_snapshot) return has_snapshots(cluster_);
  return hits_link(kind) || !roles_of(kind).empty();
}

// Whom this kind can hit in this cluster; what matters most more often.
std::vector<Role> Generator::roles_of(FaultKind kind) const {
  constexpr std::array<std::pair<Role, std::size_t>, role_count> weights = {{
      {Role::node, 4},
      {Role::worker, 3},
      {Role::redis, 2},
      {Role::postgres, 2},
      {Role::store, 2},
      {Role::client, 2},
      {Role::gateway, 1},
  }};
  std::vector<Role> roles;
  for (const auto& [role, weight] : weights) {
    const bool possible =
        fault_kind_info(kind).roles.contains(role) && count_of(cluster_, role) > 0;
    if (possible) roles.insert(roles.end(), weight, role);
  }
  return roles;
}

std::string Generator::choose_party(Role role, std::uint64_t group_percent) {
  const bool can_be_group = role == Role::node || role == Role::worker || role == Role::client;
  const bool group = can_be_group && fault_random_.chance(group_percent);
  const std::uint64_t number = group ? 0 : fault_random_.between(1, count_of(cluster_, role));
  return print_party({role, static_cast<std::uint32_t>(number)});
}

void Generator::choose_link(Fault& fault) {
  std::vector<std::pair<Role, Role>> links;
  for (std::size_t one = 0; one < role_count; ++one) {
    for (std::size_t other = 0; other < role_count; ++other) {
      const auto roles = std::pair(static_cast<Role>(one), static_cast<Role>(other));
      if (are_linked(cluster_, roles.first, roles.second)) links.push_back(roles);
    }
  }
  const auto [one, other] = fault_random_.pick<std::pair<Role, Role>>(links);
  fault.target = choose_party(one, 15);
  fault.other = choose_party(other, 15);
}

// So that it is over before the load is, if that is possible.
Duration Generator::choose_time(Duration duration) {
  constexpr Duration step = milliseconds(10);
  const Duration latest = std::max(quiet_start + step, cluster_.load - seconds(1) - duration);
  const auto steps = static_cast<std::uint64_t>((latest - quiet_start) / step);
  return quiet_start + step * static_cast<std::int64_t>(fault_random_.below(steps));
}

Duration Generator::choose_duration(FaultKind kind) {
  if (!fault_kind_info(kind).lasts) return Duration::zero();
  if (kind == FaultKind::rolling_restart) {
    return seconds(fault_random_.between(2, 4)) * static_cast<std::int64_t>(cluster_.nodes);
  }
  if (kind == FaultKind::torn_snapshot) return fault_random_.log_between(seconds(4), seconds(8));
  const Duration shortest = shortest_of(kind);
  return fault_random_.log_between(shortest, std::max(shortest, temper_.fault_duration_max));
}

void Generator::choose_parameter(Fault& fault) {
  constexpr std::array<std::uint32_t, 6> rare_to_frequent = {1, 2, 3, 5, 10, 30};
  constexpr Duration step = milliseconds(20);
  if (is_clock_kind(fault.kind)) {
    const ClockModel model = fault_random_.chance(50) ? ClockModel::bad : ClockModel::absurd;
    choose_clock_error(fault_random_, model, fault);
    return;
  }
  switch (fault_kind_info(fault.kind).parameter) {
    case Parameter::amount:
      fault.amount = fault_random_.log_between(step, seconds(2));
      return;
    case Parameter::every:
      fault.every = fault_random_.pick<std::uint32_t>(rare_to_frequent);
      return;
    case Parameter::none:
    case Parameter::signed_amount:
    case Parameter::ppm:
      return;
  }
}

void Generator::aim(Fault& fault) {
  constexpr std::array<std::uint32_t, 8> early = {1, 1, 1, 2, 2, 3, 5, 8};
  constexpr Duration step = milliseconds(10);
  if (!fault_random_.chance(temper_.aimed_percent)) return;
  if (!fault_random_.chance(aim_percent(fault.kind))) return;
  const std::vector<std::string_view> events = events_for(cluster_, temper_.kinds, fault);
  if (events.empty()) return;
  // The sooner it begins to wait, the surer it is to happen.
  fault.trigger.at = quiet_start + (fault.trigger.at - quiet_start) / step / 2 * step;
  fault.trigger.probe = std::string(fault_random_.pick<std::string_view>(events));
  fault.trigger.occurrence = fault_random_.pick<std::uint32_t>(early);
}

Fault Generator::choose_fault() {
  Fault fault;
  fault.kind = fault_random_.pick<FaultKind>(temper_.kinds);
  if (hits_link(fault.kind)) {
    choose_link(fault);
  } else if (fault.kind == FaultKind::rolling_restart) {
    fault.target = "nodes";
  } else {
    const std::vector<Role> roles = roles_of(fault.kind);
    const std::uint64_t group_percent = fault.kind == FaultKind::reconnect_storm ? 60 : 10;
    fault.target = choose_party(fault_random_.pick<Role>(roles), group_percent);
  }
  fault.duration = choose_duration(fault.kind);
  fault.trigger.at = choose_time(fault.duration);
  choose_parameter(fault);
  aim(fault);
  return fault;
}

// --- The plan
// -------------------------------------------------------------------------------------

bool Generator::add(std::vector<Fault> faults) {
  if (faults.empty()) return false;
  FaultPlan with = plan_;
  Timeline timeline = timeline_;
  for (Fault& fault : faults) {
    if (!timeline.reserve(fault)) return false;
    with.faults.push_back(std::move(fault));
  }
  if (with.faults.size() > one_screen || !is_recoverable(with)) return false;
  plan_ = std::move(with);
  timeline_ = std::move(timeline);
  return true;
}

void Generator::add_fault() {
  // A place that is taken is no reason to do without: elsewhere there may be one.
  constexpr int tries = 6;
  for (int left = tries; left > 0; --left) {
    const Fault fault = choose_fault();
    if (!add({fault})) continue;
    if (fault.kind == FaultKind::torn_snapshot) add_readers_of(fault);
    return;
  }
}

// A damaged snapshot matters only to who loads it: nodes that come back before a sound one follows.
void Generator::add_readers_of(const Fault& torn) {
  if (!fault_random_.chance(75)) return;
  Fault crash;
  crash.kind = FaultKind::crash;
  crash.target = "nodes";
  crash.duration = fault_random_.log_between(milliseconds(100), milliseconds(800));
  crash.trigger.at = torn.trigger.at + torn.duration - milliseconds(10);
  add({std::move(crash)});
}

void Generator::add_composite() {
  const auto composite = static_cast<Composite>(fault_random_.below(composite_count));
  const Duration most = std::max(composite_step, temper_.fault_duration_max);
  const Duration duration = fault_random_.log_between(composite_step, most);
  const Duration at = choose_time(duration);
  add(generate_composite(fault_random_, cluster_, composite, at, duration));
}

FaultPlan Generator::make() && {
  std::vector<Fault> clocks =
      generate_clocks(fault_random_, cluster_, temper_.clocks, temper_.clocks_max);
  for (Fault& clock : clocks) add({std::move(clock)});
  for (std::uint64_t left = temper_.faults_max; left > 0; --left) {
    if (fault_random_.chance(temper_.composite_percent)) {
      add_composite();
    } else {
      add_fault();
    }
  }
  sort_by_time(plan_);
  std::uint32_t id = 0;
  for (Fault& fault : plan_.faults) fault.id = ++id;
  const std::optional<std::string> problem = problem_of(plan_);
  SYNCLINE_ASSERT(!problem.has_value(), plan_.seed, *problem);
  return std::move(plan_);
}

}  // namespace

FaultPlan generate(std::uint64_t seed, Profile profile) { return Generator(seed, profile).make(); }

}  // namespace syncline::faults
