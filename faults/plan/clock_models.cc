#include "faults/plan/clock_models.h"

#include <array>
#include <chrono>

#include "faults/plan/party_name.h"
#include "server/base/assert.h"

namespace syncline::faults {
namespace {

using std::chrono::hours;

struct ClockErrors {
  Duration skew_unit;
  Duration skew_max;
  std::int64_t slow_ppm_max;
  std::int64_t fast_ppm_max;
};

constexpr Duration day = hours(24);

ClockErrors errors_of(ClockModel model) {
  switch (model) {
    case ClockModel::perfect:
    case ClockModel::ordinary:
      return {milliseconds(1), milliseconds(200), 100, 100};
    case ClockModel::bad:
      return {seconds(1), seconds(600), 50'000, 50'000};
    // No more days than since 1980: clocks of machines that forgot everything stand there.
    case ClockModel::absurd:
      return {day, 16'000 * day, 500'000, 2'000'000};
  }
  return {milliseconds(1), milliseconds(1), 1, 1};
}

FaultKind choose_kind(PlanRandom& random, ClockModel model) {
  constexpr std::array<FaultKind, 2> gentle = {FaultKind::skew, FaultKind::drift};
  constexpr std::array<FaultKind, 6> all = {FaultKind::skew,  FaultKind::skew,   FaultKind::drift,
                                            FaultKind::drift, FaultKind::freeze, FaultKind::strobe};
  if (model == ClockModel::ordinary) return random.pick<FaultKind>(gentle);
  return random.pick<FaultKind>(all);
}

}  // namespace

void choose_clock_error(PlanRandom& random, ClockModel model, Fault& fault) {
  const ClockErrors errors = errors_of(model);
  switch (fault.kind) {
    case FaultKind::skew: {
      const Duration amount = random.log_between(errors.skew_unit, errors.skew_max);
      fault.amount = random.chance(50) ? amount : -amount;
      return;
    }
    case FaultKind::strobe:
      fault.amount = random.log_between(errors.skew_unit, errors.skew_max);
      return;
    case FaultKind::drift: {
      const bool fast = random.chance(50);
      const std::int64_t most = fast ? errors.fast_ppm_max : errors.slow_ppm_max;
      const auto unit = most >= 1'000 ? most / 100 : 1;
      const auto steps = static_cast<std::uint64_t>(most / unit);
      const auto ppm = static_cast<std::int64_t>(random.between(1, steps)) * unit;
      fault.ppm = fast ? ppm : -ppm;
      return;
    }
    case FaultKind::freeze:
      return;
    default:
      SYNCLINE_ASSERT(false, static_cast<int>(fault.kind));
  }
}

std::vector<Fault> generate_clocks(PlanRandom& random, const PlanCluster& cluster, ClockModel model,
                                   std::size_t count_max) {
  std::vector<Fault> faults;
  if (model == ClockModel::perfect) return faults;
  constexpr std::array<std::uint64_t, 3> percents = {20, 40, 80};
  const std::uint64_t percent = random.pick<std::uint64_t>(percents);
  for (const Role role : {Role::node, Role::redis, Role::worker, Role::client}) {
    for (std::uint32_t number = 1; number <= count_of(cluster, role); ++number) {
      if (!random.chance(percent) || faults.size() == count_max) continue;
      Fault fault;
      fault.kind = choose_kind(random, model);
      fault.target = print_party({role, number});
      fault.duration = cluster.load;
      choose_clock_error(random, model, fault);
      faults.push_back(std::move(fault));
    }
  }
  return faults;
}

}  // namespace syncline::faults
