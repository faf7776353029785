// The engine on recorded histories: one benchmark a work and a trace, named WORK/TRACE.
//
//   crdt_bench [--benchmark_filter=^replay/automerge-paper$]
//
// These are the times of an engine that is warm; engine_once measures the first run of a process.

#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "tests/bench/crdt/works.h"

namespace syncline::bench {
namespace {

void add(const Work& work, const Trace& trace) {
  const std::string name = std::string(work.name) + "/" + trace.name;
  const auto run = [&work, &trace](benchmark::State& state) {
    const auto once = work.prepare(trace);
    once(true);
    const auto again = work.prepare(trace);
    for (auto _ : state) again(false);
  };
  benchmark::RegisterBenchmark(name.c_str(), run)->Unit(benchmark::kMillisecond);
}

}  // namespace
}  // namespace syncline::bench

int main(int argc, char** argv) {
  using namespace syncline::bench;
  std::vector<std::unique_ptr<Trace>> traces;  // Alive until the benchmarks have run.
  for (const char* name : {"automerge-paper", "sveltecomponent", "friendsforever", "clownschool"}) {
    const auto folder = find_trace(name);
    if (!folder) continue;
    traces.push_back(std::make_unique<Trace>(read_trace(*folder, name)));
    for (const Work& work : all_works()) {
      if (work.concurrent == traces.back()->concurrent()) add(work, *traces.back());
    }
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
