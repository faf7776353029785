// Does one work once, in a process that has done nothing before, and prints the CPU time of the
// process as JSON: {"cpuMs": [milliseconds]}. tests/bench/engine.mjs compares that with the peers.
//
//   engine_once WORK TRACE

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string_view>

#include <malloc.h>

#include "tests/bench/crdt/works.h"

namespace syncline::bench {
namespace {

double cpu_ms() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

int run(std::string_view work_name, std::string_view trace_name) {
  const auto works = all_works();
  const auto work = std::find_if(works.begin(), works.end(),
                                 [&](const Work& each) { return each.name == work_name; });
  expect(work != works.end(), "there is no such work");
  const auto folder = find_trace(trace_name);
  expect(folder.has_value(), "there is no such trace");
  const Trace trace = read_trace(*folder, trace_name);
  expect(trace.concurrent() == work->concurrent, "the work is for other traces");
  const auto once = work->prepare(trace);
  malloc_trim(0);  // What reading the trace has freed is not ours to tidy up.
  const double before = cpu_ms();
  once(false);
  const double spent = cpu_ms() - before;
  once(true);
  std::printf("{\"cpuMs\": [%.4f]}\n", spent);
  return 0;
}

}  // namespace
}  // namespace syncline::bench

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: engine_once WORK TRACE\n");
    return 2;
  }
  return syncline::bench::run(argv[1], argv[2]);
}
