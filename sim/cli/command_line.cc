#include "sim/cli/command_line.h"

#include <map>
#include <string>

#include <CLI/CLI.hpp>

#include "sim/cli/commands.h"
#include "sim/cli/exit_code.h"

namespace syncline::sim {
namespace {

constexpr const char* description =
    "Runs Syncline's server, whole clusters of it, in virtual time and under faults, from one "
    "seed, and judges what comes of it.";

constexpr const char* footer =
    R"(Exit codes: 0 all passed; 1 a promise about data was broken; 2 wrong usage;
3 something did not come right in time; 4 a run died; 5 nothing was tested; 6 a run took too long.

Examples:
  syncline-sim run --seeds 1000 --jobs 2
      Generated plans; what fails is shrunk and left in ./sim-failures with a picture
  syncline-sim run --seed 17 --plan faults/plans/failover_during_drain.plan
  syncline-sim replay sim-failures/seed-17.plan --history
  syncline-sim demo
)";

std::map<std::string, faults::Profile> profiles() {
  std::map<std::string, faults::Profile> by_name;
  for (const faults::ProfileInfo& info : faults::all_profiles()) {
    by_name.emplace(info.name, info.profile);
  }
  return by_name;
}

void add_profile(CLI::App& command, faults::Profile& profile) {
  command.add_option("--profile", profile, "What sort of plans are generated")
      ->transform(CLI::CheckedTransformer(profiles()))
      ->option_text("ci|big|clocks|lite");
}

void add_seconds(CLI::App& command, const std::string& name, seconds& value,
                 const std::string& help) {
  command
      .add_option_function<std::int64_t>(
          name, [&value](std::int64_t count) { value = seconds(count); },
          help + " (default " + std::to_string(value.count()) + ")")
      ->check(CLI::PositiveNumber)
      ->option_text("SECONDS");
}

void add_bug(CLI::App& command, std::string& bug) {
#ifdef SYNCLINE_PLANTED_BUGS
  command.add_option("--bug", bug, "Plant this bug (list shows them)")->option_text("NAME");
#else
  static_cast<void>(command);
  static_cast<void>(bug);
#endif
}

void add_run(CLI::App& app, RunCommand& run) {
  CLI::App& command = *app.add_subcommand("run", "Run many seeds");
  command.add_option("--seed", run.first_seed, "The first seed")->capture_default_str();
  command.add_option("--seeds", run.seeds, "How many")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_option("--plan", run.plans, "Run this plan with each seed; may be given again")
      ->check(CLI::ExistingFile)
      ->option_text("FILE ...");
  add_profile(command, run.profile);
  command.add_option("--jobs,-j", run.jobs, "So many processes at a time")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_option("--failures", run.failures, "Where plans and pictures of failures go")
      ->capture_default_str();
  add_seconds(command, "--shrink-time", run.shrink_time, "For making one failure small");
  add_seconds(command, "--seed-time", run.seed_time, "For one seed, of real time");
  command.add_option("--failures-max", run.failures_max, "Give up after so many failures")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      .add_option("--vacuous-max", run.vacuous_percent_max,
                  "More percent of runs in which no fault was noticed fail the whole")
      ->capture_default_str();
  command.add_flag("--hashes", run.hashes, "Print \"SEED ENDING CHECKER HASH\" and nothing else");
  command.add_flag("!--no-shrink", run.shrinks, "Leave failures as they are, without files");
  command.add_flag("--metamorphic", run.metamorphic,
                   "Run each plan again with true wall clocks: all must be the same, to the bit");
  command.add_flag("--canary", run.canary, "With a checker that always fails");
  add_bug(command, run.bug);
}

void add_replay(CLI::App& app, ReplayCommand& replay) {
  CLI::App& command = *app.add_subcommand("replay", "Run one plan again, with its own seed");
  command.add_option("plan", replay.plan, "The plan's file")->required()->check(CLI::ExistingFile);
  command.add_flag("--history", replay.history, "Print what happens");
  command.add_flag("--messages", replay.messages, "And every message");
  command.add_flag("--checkpoints", replay.checkpoints, "Print the hash every 4096 events");
  command.add_option("--trace-from", replay.trace_first,
                     "Print all that makes up the hash from "
                     "this event on");
  command.add_option("--trace-to", replay.trace_last, "Up to this event");
  command.add_flag("--go-on", replay.goes_on, "Do not stop at the first violation");
  command.add_option("--page", replay.page, "Write its picture to this file");
  add_bug(command, replay.bug);
}

void add_shrink(CLI::App& app, ShrinkCommand& shrink) {
  CLI::App& command = *app.add_subcommand("shrink", "Make a failing plan as small as it gets");
  command.add_option("plan", shrink.plan, "The plan's file")->required()->check(CLI::ExistingFile);
  command.add_option("--to", shrink.to, "Where the small one goes (default: NAME.small.plan)");
  add_seconds(command, "--time", shrink.time, "For all of it");
  add_bug(command, shrink.bug);
}

void add_compare(CLI::App& app, CompareCommand& compare) {
  CLI::App& command = *app.add_subcommand(
      "compare", "Run seeds with another build too, and find the first event that differs");
  command.add_option("other", compare.other, "The other syncline-sim")
      ->required()
      ->check(CLI::ExistingFile);
  command.add_option("--seed", compare.first_seed, "The first seed")->capture_default_str();
  command.add_option("--seeds", compare.seeds, "How many")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_option("--jobs,-j", compare.jobs, "So many processes at a time")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  add_seconds(command, "--seed-time", compare.seed_time, "For one seed, of real time");
  add_profile(command, compare.profile);
}

void add_kill_matrix(CLI::App& app, KillMatrixCommand& kill) {
  CLI::App& command =
      *app.add_subcommand("kill-matrix", "Plant one bug after the other; each must be found");
  command.add_option("--seed", kill.first_seed, "The first seed")->capture_default_str();
  command.add_option("--seeds", kill.seeds, "At most so many for each bug")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_option("--jobs,-j", kill.jobs, "So many processes at a time")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_option("--bug", kill.bugs, "Only this one; may be given again");
}

}  // namespace

int run_command_line(int argc, const char* const* argv) {
  CLI::App app(description, "syncline-sim");
  app.require_subcommand(1);
  app.footer(footer);

  RunCommand run;
  ReplayCommand replay;
  ShrinkCommand shrink;
  PlanCommand plan;
  CompareCommand compare;
  KillMatrixCommand kill;
  DemoCommand demo;
  std::string plans = "faults/plans";
  add_run(app, run);
  add_replay(app, replay);
  add_shrink(app, shrink);
  add_compare(app, compare);
  add_kill_matrix(app, kill);

  CLI::App& plan_app = *app.add_subcommand("plan", "Print the plan that a seed generates");
  plan_app.add_option("--seed", plan.seed, "The seed")->capture_default_str();
  add_profile(plan_app, plan.profile);

  CLI::App& demo_app =
      *app.add_subcommand("demo", "Show the failures of the usual architecture, and Syncline");
  demo_app.add_option("--seed", demo.first_seed, "The first seed")->capture_default_str();
  demo_app.add_option("--seeds", demo.seeds, "How many")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  demo_app.add_option("--failure", demo.failure, "Only this one")->check(CLI::Range(1, 6));
  demo_app.add_option("--pictures", demo.pictures, "Write pages with pictures to this folder");

  CLI::App& list_app =
      *app.add_subcommand("list", "List plans, checkers, planted bugs, kinds of faults, options");
  list_app.add_option("--plans", plans, "Where plans are")->capture_default_str();

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_success : exit_usage;
  }
  if (app.got_subcommand("run")) return run_command(run);
  if (app.got_subcommand("replay")) return replay_command(replay);
  if (app.got_subcommand("shrink")) return shrink_command(shrink);
  if (app.got_subcommand("compare")) return compare_command(compare);
  if (app.got_subcommand("kill-matrix")) return kill_matrix_command(kill);
  if (app.got_subcommand("plan")) return plan_command(plan);
  if (app.got_subcommand("demo")) return demo_command(demo);
  return list_command(plans);
}

}  // namespace syncline::sim
