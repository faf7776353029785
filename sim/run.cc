#include "sim/run.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "faults/plan/printer.h"
#include "server/core/checksum.h"
#include "sim/checkers/all.h"
#include "sim/tuning.h"
#include "sim/world.h"

namespace syncline::sim {
namespace {

class Run final : private checkers::ViolationSink,
                  private faults::FaultStageSink,
                  private history::EventSink {
 public:
  Run(const faults::FaultPlan& plan, const RunOptions& options)
      : plan_(plan),
        options_(options),
        jury_(checkers::make_checkers(checker_options(), *this)),
        world_(plan_,
               {.true_wall_clocks = options.true_wall_clocks,
                .tells_messages = options.tells_messages},
               all_sinks(),
               [this](std::string what) {
                 on_violation("protocol", checkers::Verdict::correctness,
                              world_.scheduler().now().since_start, std::move(what));
               }),
        executor_(world_, *this) {
    world_.report_to(executor_);
    if (options.trace_last > 0) {
      trace().print(options.trace_first, options.trace_last, options.trace_sink);
    }
  }

  RunResult result() {
    course();
    RunResult& result = result_;
    for (std::size_t kind = 0; kind < faults::fault_kind_count; ++kind) {
      result.faults[kind] = executor_.counts_of(static_cast<faults::FaultKind>(kind));
    }
    result.edits = world_.edits();
    result.events = trace().events();
    result.virtual_time = world_.scheduler().now().since_start;
    result.hash = trace().hash();
    result.checkpoints = trace().checkpoints();
    judge();
    return std::move(result_);
  }

 private:
  Trace& trace() { return world_.scheduler().trace(); }

  checkers::CheckerOptions checker_options() const {
    return {.memory = memory_bounds(plan_.cluster),
            // A document with one client is sent to nobody.
            .canaries = plan_.cluster.clients >= 2 * plan_.cluster.documents,
            .always_fail = options_.always_fail};
  }

  std::vector<history::EventSink*> all_sinks() {
    std::vector<history::EventSink*> sinks = options_.sinks;
    sinks.push_back(&jury_);
    sinks.push_back(this);
    return sinks;
  }

  void course() {
    executor_.start(plan_);
    world_.start();
    world_.start_typing();
    if (!pass(plan_.cluster.load)) return;
    world_.stop_typing();
    executor_.finish(now());
    world_.tell(history::Healed{});
    if (!pass(time_to_converge(plan_.cluster))) return;
    // Whoever comes now sees the same, from every node.
    world_.open_late_clients();
    if (!pass(time_to_join(plan_.cluster))) return;
    world_.tell(history::TimeIsUp{});
    world_.tell_clients();
    world_.tell_cold_reads(true);
    world_.close_clients();
    if (!pass(time_to_forget(plan_.cluster))) return;
    world_.tell_left_behind();
    world_.tell(history::Ended{});
  }

  Duration now() { return world_.scheduler().now().since_start; }

  // Lets time pass. False: the run is over.
  bool pass(Duration duration) {
    Scheduler& scheduler = world_.scheduler();
    const Moment end = scheduler.now() + duration;
    while (!over()) {
      const Moment next{std::min(end.since_start, executor_.next_deadline())};
      if (scheduler.step(next)) continue;
      if (next == end && executor_.next_deadline() > end.since_start) {
        scheduler.run_until(end);
        return true;
      }
      scheduler.run_until(next);
      trace().note("faults", trace().events());
      executor_.on_time(now());
    }
    return false;
  }

  bool over() const { return options_.stops_at_violation && !result_.violations.empty(); }

  void judge() {
    if (!result_.violations.empty()) {
      const bool correctness = result_.violations.front().verdict == checkers::Verdict::correctness;
      result_.verdict = correctness ? RunVerdict::correctness : RunVerdict::liveness;
      return;
    }
    if (result_.edits == 0) {
      result_.vacuous_because = "nobody typed anything";
    } else if (executor_.vacuous()) {
      result_.vacuous_because = "no fault was noticed by anybody";
    } else {
      return;
    }
    result_.verdict = RunVerdict::vacuous;
  }

  // checkers::ViolationSink.
  void on_violation(std::string_view checker, checkers::Verdict verdict, Duration at,
                    std::string what) override {
    result_.violations.push_back(
        {.checker = std::string(checker), .verdict = verdict, .at = at, .what = std::move(what)});
  }

  // faults::FaultStageSink.
  void on_fault_stage(const faults::Fault& fault, faults::FaultStage stage) override {
    const std::string text = faults::print_fault(fault);
    world_.tell(history::FaultChanged{.fault = fault.id,
                                      .kind = faults::fault_kind_info(fault.kind).name,
                                      .text = text,
                                      .stage = static_cast<history::FaultStage>(stage)});
  }

  // history::EventSink.
  void on_event(const history::Event& event) override {
    const auto* read = std::get_if<history::ColdRead>(&event.content);
    if (read == nullptr || !read->at_end) return;
    result_.documents_digest =
        result_.documents_digest * 0x9e3779b97f4a7c15ULL + core::checksum(read->from_log.encoded);
  }

  // Constant after construction.
  const faults::FaultPlan plan_;
  const RunOptions options_;

  RunResult result_;
  checkers::Jury jury_;
  World world_;
  faults::Executor executor_;
};

static_assert(static_cast<int>(faults::FaultStage::healed) ==
                  static_cast<int>(history::FaultStage::healed),
              "the two count the same stages");

}  // namespace

RunResult run(const faults::FaultPlan& plan, const RunOptions& options) {
  return Run(plan, options).result();
}

}  // namespace syncline::sim
