#include "faults/executor.h"

#include <algorithm>
#include <utility>

#include "faults/plan/fault_parts.h"
#include "faults/plan/validate.h"
#include "server/base/assert.h"

namespace syncline::faults {

Executor::Executor(FaultTarget& target, FaultStageSink& stages)
    : target_(target), stages_(stages) {}

void Executor::start(FaultPlan plan) {
  SYNCLINE_ASSERT(progress_.empty() && plan_.faults.empty());
  const std::optional<std::string> problem = problem_of(plan);
  SYNCLINE_ASSERT(!problem.has_value(), *problem);
  plan_ = std::move(plan);
  progress_.resize(plan_.faults.size());
  for (std::size_t at = 0; at < plan_.faults.size(); ++at) {
    const std::uint32_t id = plan_.faults[at].id;
    if (id >= index_by_id_.size()) index_by_id_.resize(std::size_t{id} + 1, nowhere);
    index_by_id_[id] = at;
    stages_.on_fault_stage(plan_.faults[at], FaultStage::armed);
  }
  find_next_deadline();
}

void Executor::on_time(Duration now) {
  if (finished_) return;
  end_parts(now);
  fire_due_faults(now);
  begin_parts(now);
  find_next_deadline();
}

void Executor::finish(Duration now) {
  if (finished_) return;
  end_parts(now);
  finished_ = true;
  std::vector<Part> left = std::exchange(active_, {});
  waiting_.clear();
  for (Progress& progress : progress_) progress.parts_waiting = 0;
  std::for_each(left.rbegin(), left.rend(), [this](const Part& part) { end_part(part); });
  target_.heal();
}

void Executor::on_observed(std::uint32_t fault_id) {
  if (fault_id >= index_by_id_.size() || index_by_id_[fault_id] == nowhere) return;
  const std::size_t index = index_by_id_[fault_id];
  if (!progress_[index].fired) return;
  if (progress_[index].observations++ == 0) {
    stages_.on_fault_stage(plan_.faults[index], FaultStage::observed);
  }
}

void Executor::on_probe(std::string_view probe) {
  if (events_awaited_ == 0 || finished_) return;
  for (std::size_t at = 0; at < progress_.size(); ++at) {
    const FaultTrigger& trigger = plan_.faults[at].trigger;
    Progress& progress = progress_[at];
    if (progress.wait != Wait::event || trigger.probe != probe) continue;
    if (++progress.probes_seen < trigger.occurrence) continue;
    progress.wait = Wait::due;
    --events_awaited_;
    next_deadline_ = Duration::zero();
  }
}

FaultCounts Executor::counts_of(std::uint32_t fault_id) const {
  return counts_of_index(index_of(fault_id));
}

FaultCounts Executor::counts_of(FaultKind kind) const {
  FaultCounts sum;
  for (std::size_t at = 0; at < progress_.size(); ++at) {
    if (plan_.faults[at].kind != kind) continue;
    const FaultCounts one = counts_of_index(at);
    sum.armed += one.armed;
    sum.fired += one.fired;
    sum.observed += one.observed;
    sum.healed += one.healed;
  }
  return sum;
}

FaultCounts Executor::counts() const {
  FaultCounts sum;
  for (std::size_t at = 0; at < fault_kind_count; ++at) {
    const FaultCounts one = counts_of(static_cast<FaultKind>(at));
    sum.armed += one.armed;
    sum.fired += one.fired;
    sum.observed += one.observed;
    sum.healed += one.healed;
  }
  return sum;
}

std::uint64_t Executor::observations_of(std::uint32_t fault_id) const {
  return progress_[index_of(fault_id)].observations;
}

bool Executor::vacuous() const { return !plan_.faults.empty() && counts().observed == 0; }

std::size_t Executor::index_of(std::uint32_t fault_id) const {
  SYNCLINE_ASSERT(fault_id < index_by_id_.size(), fault_id);
  SYNCLINE_ASSERT(index_by_id_[fault_id] != nowhere, fault_id);
  return index_by_id_[fault_id];
}

FaultCounts Executor::counts_of_index(std::size_t index) const {
  const Progress& progress = progress_[index];
  FaultCounts counts;
  counts.armed = 1;
  counts.fired = progress.fired ? 1 : 0;
  counts.observed = progress.observations > 0 ? 1 : 0;
  counts.healed = progress.healed ? 1 : 0;
  return counts;
}

void Executor::end_parts(Duration now) {
  std::vector<Part> over;
  for (std::size_t at = 0; at < active_.size();) {
    if (active_[at].end > now) {
      ++at;
      continue;
    }
    over.push_back(std::move(active_[at]));
    active_.erase(active_.begin() + static_cast<std::ptrdiff_t>(at));
  }
  std::stable_sort(over.begin(), over.end(),
                   [](const Part& a, const Part& b) { return a.end < b.end; });
  for (const Part& part : over) end_part(part);
}

// Turns faults whose moment has come into parts that wait for theirs.
void Executor::fire_due_faults(Duration now) {
  for (std::size_t at = 0; at < progress_.size(); ++at) {
    const Fault& fault = plan_.faults[at];
    Progress& progress = progress_[at];
    if (progress.wait == Wait::time && fault.trigger.at <= now) {
      progress.wait = fault.trigger.probe.empty() ? Wait::due : Wait::event;
      if (progress.wait == Wait::event) ++events_awaited_;
    }
    if (progress.wait != Wait::due) continue;
    progress.wait = Wait::done;
    for (FaultPart& part : parts_of(plan_.cluster, fault)) {
      const Duration begin = now + part.offset;
      const Duration end = begin + part.fault.duration;
      waiting_.push_back({at, std::move(part.fault), begin, end});
      ++progress.parts_waiting;
    }
  }
}

void Executor::begin_parts(Duration now) {
  std::vector<Part> due;
  for (std::size_t at = 0; at < waiting_.size();) {
    if (waiting_[at].begin > now) {
      ++at;
      continue;
    }
    due.push_back(std::move(waiting_[at]));
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(at));
  }
  std::stable_sort(due.begin(), due.end(),
                   [](const Part& a, const Part& b) { return a.begin < b.begin; });
  for (Part& part : due) begin_part(std::move(part));
}

void Executor::begin_part(Part part) {
  Progress& progress = progress_[part.fault];
  const std::size_t index = part.fault;
  --progress.parts_waiting;
  if (target_.begin(part.what)) {
    ++progress.parts_active;
    if (!progress.fired) {
      progress.fired = true;
      stages_.on_fault_stage(plan_.faults[index], FaultStage::fired);
    }
    if (part.what.duration == Duration::zero()) {
      end_part(part);
      return;
    }
    active_.push_back(std::move(part));
  }
  settle(index);
}

void Executor::end_part(const Part& part) {
  target_.end(part.what);
  --progress_[part.fault].parts_active;
  settle(part.fault);
}

// A fault is healed when all that it consisted of is over.
void Executor::settle(std::size_t fault) {
  Progress& progress = progress_[fault];
  if (!progress.fired || progress.healed) return;
  if (progress.parts_active > 0 || progress.parts_waiting > 0) return;
  progress.healed = true;
  stages_.on_fault_stage(plan_.faults[fault], FaultStage::healed);
}

void Executor::find_next_deadline() {
  next_deadline_ = never;
  for (std::size_t at = 0; at < progress_.size(); ++at) {
    if (progress_[at].wait == Wait::due) next_deadline_ = Duration::zero();
    if (progress_[at].wait != Wait::time) continue;
    next_deadline_ = std::min(next_deadline_, plan_.faults[at].trigger.at);
  }
  for (const Part& part : waiting_) next_deadline_ = std::min(next_deadline_, part.begin);
  for (const Part& part : active_) next_deadline_ = std::min(next_deadline_, part.end);
}

}  // namespace syncline::faults
