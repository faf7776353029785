#include "sim/cli/failure_report.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>
#include <vector>

#include "faults/plan/printer.h"
#include "faults/plan/shrinker.h"
#include "sim/cli/plan_run.h"
#include "sim/cli/planted_bugs.h"
#include "sim/cli/seed_pool.h"
#include "sim/history/text.h"
#include "sim/picture/history_scene.h"
#include "sim/picture/page.h"

namespace syncline::sim {
namespace {

constexpr std::uint32_t shrink_runs_max = 5000;
constexpr Duration time_per_trial = seconds(30);

// Runs smaller and smaller plans, each in a process of its own.
class Trials final : public faults::TrialRun {
 public:
  Trials(const RunSummary& wanted, const RunOptions& options, Duration budget)
      : wanted_(wanted), options_(options), until_(real_now() + budget) {}

  std::optional<Duration> failure_of(const faults::FaultPlan& plan) override {
    const RunSummary summary = run_plan_apart(plan, options_, time_per_trial);
    if (!summary.failed() || summary.checker != wanted_.checker) return {};
    return summary.ending == Ending::crash ? plan.cluster.load : summary.failed_at;
  }
  bool is_time_up() override { return real_now() >= until_; }

 private:
  const RunSummary wanted_;
  const RunOptions& options_;
  const Duration until_;
};

std::vector<picture::Violation> violations_of(const RunResult& result) {
  std::vector<picture::Violation> violations;
  for (const Violation& violation : result.violations) {
    violations.push_back(
        {.checker = violation.checker, .at = violation.at, .what = violation.what});
  }
  return violations;
}

bool write_file(const std::string& path, const std::string& text) {
  std::error_code ignored;  // The file itself tells.
  const auto folder = std::filesystem::path(path).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, ignored);
  std::ofstream out(path, std::ios::binary);
  out << text;
  return static_cast<bool>(out.flush());
}

}  // namespace

faults::FaultPlan shrink_failure(const faults::FaultPlan& plan, const RunSummary& summary,
                                 const RunOptions& options, Duration budget) {
  Trials trials(summary, options, budget);
  const Duration failed_at =
      summary.ending == Ending::crash ? plan.cluster.load : summary.failed_at;
  const faults::Shrunk shrunk = faults::shrink(plan, failed_at, trials, shrink_runs_max);
  std::fprintf(stderr, "  shrunk in %u runs%s\n    from %s\n    to   %s\n", shrunk.runs,
               shrunk.minimal ? "" : ", until the time was up",
               faults::print_size(shrunk.before).c_str(), faults::print_size(shrunk.after).c_str());
  return shrunk.plan;
}

std::string replay_line(const std::string& plan_path, const std::string& bug) {
  return program_name() + " replay " + plan_path + " --history" +
         (bug.empty() ? "" : " --bug " + bug);
}

bool write_page(const faults::FaultPlan& plan, const RunOptions& options, const std::string& replay,
                const std::string& path) {
  picture::HistoryScene scene(plan);
  RunOptions drawn = options;
  drawn.sinks.push_back(&scene);
  drawn.tells_messages = true;
  const RunResult result = run(plan, drawn);
  picture::Scene drawing = scene.finish(violations_of(result));
  drawing.title = "Seed " + std::to_string(plan.seed) + ": " +
                  (result.violations.empty() ? "nothing wrong" : result.violations.front().checker);
  drawing.plan = faults::print_plan(plan);
  drawing.replay = replay;
  return write_file(path, picture::page_of(picture::cut_around_violation(std::move(drawing),
                                                                         picture::page_items_max)));
}

FailureFiles write_failure(const faults::FaultPlan& plan, const RunOptions& options,
                           const std::string& path, const std::string& bug) {
  FailureFiles files{.plan = path, .page = {}};
  if (!write_file(path, faults::print_plan(plan))) files.plan.clear();
  // In a process of its own: it is a run that fails, perhaps by dying.
  const std::string page = std::filesystem::path(path).replace_extension(".html").string();
  class Drawing final : public SeedPool::Watcher {
   public:
    bool on_done(std::size_t, const RunSummary& summary) override {
      drawn = summary.ending == Ending::passed;
      return true;
    }
    void on_tick() override {}
    bool drawn = false;
  } drawing;
  SeedPool pool({.jobs = 1, .time_per_run = time_per_trial});
  pool.run(
      1,
      [&](std::size_t) {
        RunSummary summary;
        if (!write_page(plan, options, replay_line(path, bug), page))
          summary.ending = Ending::crash;
        return summary;
      },
      drawing);
  if (drawing.drawn) files.page = page;
  return files;
}

}  // namespace syncline::sim
