#include <cstdio>
#include <filesystem>
#include <optional>

#include "faults/plan/generator.h"
#include "faults/plan/printer.h"
#include "sim/cli/commands.h"
#include "sim/cli/exit_code.h"
#include "sim/cli/failure_report.h"
#include "sim/cli/plan_file.h"
#include "sim/cli/plan_run.h"
#include "sim/cli/planted_bugs.h"
#include "sim/cli/progress.h"
#include "sim/cli/seed_pool.h"

namespace syncline::sim {
namespace {

// What is to be run: every plan with every seed.
class Work {
 public:
  Work(const RunCommand& command, std::vector<faults::FaultPlan> plans)
      : command_(command), plans_(std::move(plans)) {}

  std::size_t count() const {
    return static_cast<std::size_t>(command_.seeds) * std::max<std::size_t>(1, plans_.size());
  }
  std::uint64_t seed(std::size_t index) const {
    return command_.first_seed + index % command_.seeds;
  }
  faults::FaultPlan plan(std::size_t index) const {
    if (plans_.empty()) return faults::generate(seed(index), command_.profile);
    faults::FaultPlan plan = plans_[index / command_.seeds];
    plan.seed = seed(index);
    return plan;
  }
  // "seed-17", "failover_during_drain-17".
  std::string name(std::size_t index) const {
    const std::string number = std::to_string(seed(index));
    if (plans_.empty()) return "seed-" + number;
    const std::string& file = command_.plans[index / command_.seeds];
    return std::filesystem::path(file).stem().string() + '-' + number;
  }
  RunOptions options() const { return {.always_fail = command_.canary}; }

  RunSummary run(std::size_t index) const {
    RunSummary summary = run_plan(plan(index), options());
    if (!command_.metamorphic || summary.failed()) return summary;
    RunOptions true_clocks = options();
    true_clocks.true_wall_clocks = true;
    const RunSummary other = run_plan(plan(index), true_clocks);
    if (other.hash != summary.hash) {
      summary.ending = Ending::correctness;
      summary.checker = "skew_invariance";
      summary.what = other.documents_digest == summary.documents_digest
                         ? "with true wall clocks the run goes otherwise"
                         : "with true wall clocks the documents end otherwise";
    }
    return summary;
  }

 private:
  const RunCommand& command_;
  const std::vector<faults::FaultPlan> plans_;
};

class Course final : public SeedPool::Watcher {
 public:
  Course(const RunCommand& command, const Work& work)
      : command_(command), work_(work), bar_(work.count()) {}

  bool on_done(std::size_t index, const RunSummary& summary) override {
    totals_.add(work_.seed(index), summary);
    if (command_.hashes) {
      std::printf("%llu %s %s %s\n", static_cast<unsigned long long>(work_.seed(index)),
                  std::string(name(summary.ending)).c_str(), summary.checker.c_str(),
                  summary.hash.c_str());
    }
    worst_ = std::max(worst_, summary.ending == Ending::vacuous ? Ending::passed : summary.ending);
    if (!summary.failed()) return true;
    if (!command_.hashes) {
      bar_.clear();
      std::printf("%s: %s (%s): %s\n", work_.name(index).c_str(),
                  std::string(name(summary.ending)).c_str(), summary.checker.c_str(),
                  summary.what.c_str());
      std::fflush(stdout);
    }
    failures_.emplace_back(index, summary);
    return failures_.size() < command_.failures_max;
  }
  void on_tick() override {
    if (!command_.hashes) bar_.show(totals_);
  }

  void report() {
    bar_.clear();
    if (command_.hashes) return;
    print_totals(totals_, real_now() - begin_);
    if (!command_.shrinks) return;
    for (const auto& [index, summary] : failures_) leave_files(index, summary);
  }

  int exit_code() const {
    if (worst_ != Ending::passed) return exit_code_of(worst_);
    const std::uint64_t vacuous = totals_.count(Ending::vacuous);
    const bool too_many = vacuous * 100 > totals_.runs * command_.vacuous_percent_max;
    return too_many ? exit_vacuous : exit_success;
  }

 private:
  void leave_files(std::size_t index, const RunSummary& summary) {
    std::fprintf(stderr, "%s: making it small, for up to %lld s\n", work_.name(index).c_str(),
                 static_cast<long long>(command_.shrink_time.count()));
    faults::FaultPlan plan = work_.plan(index);
    if (summary.checker != "skew_invariance" && summary.ending != Ending::timeout) {
      plan = shrink_failure(plan, summary, work_.options(), command_.shrink_time);
    }
    const FailureFiles files = write_failure(
        plan, work_.options(), command_.failures + '/' + work_.name(index) + ".plan", command_.bug);
    if (files.plan.empty()) {
      std::printf("  its plan could not be written to %s\n", command_.failures.c_str());
    } else {
      std::printf("  %s\n", replay_line(files.plan, command_.bug).c_str());
    }
    if (!files.page.empty()) std::printf("  picture: %s\n", files.page.c_str());
  }

  const RunCommand& command_;
  const Work& work_;
  const Duration begin_ = real_now();
  ProgressBar bar_;
  Totals totals_;
  Ending worst_ = Ending::passed;
  std::vector<std::pair<std::size_t, RunSummary>> failures_;
};

}  // namespace

int run_command(const RunCommand& command) {
  if (!command.bug.empty() && !plant_by_name(command.bug)) return exit_usage;
  std::vector<faults::FaultPlan> plans;
  for (const std::string& path : command.plans) {
    auto plan = read_plan_file(path);
    if (!plan.ok()) {
      std::fprintf(stderr, "syncline-sim: %s\n", plan.error().detail.c_str());
      return exit_usage;
    }
    plans.push_back(std::move(plan).value());
  }
  const Work work(command, std::move(plans));
  Course course(command, work);
  SeedPool pool({.jobs = command.jobs, .time_per_run = command.seed_time});
  pool.run(
      work.count(), [&](std::size_t index) { return work.run(index); }, course);
  course.report();
  return course.exit_code();
}

}  // namespace syncline::sim
