// What a loaded document takes: loads many copies of a trace's final state, keeps them, and prints
// the difference a copy makes as JSON: {"rss": bytes, "allocated": bytes, "reported": bytes}; then
// folds them, and adds "folded_rss" and "folded_allocated"; "encoded" is the size of the state.
//
//   engine_memory TRACE [COPIES]
//
// rss is what the system says of the process; allocated is what malloc gave out; reported is
// Doc::memory_bytes. A process of its own, because memory that was freed before would be used
// again.

#include <charconv>
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <malloc.h>
#include <unistd.h>

#include "server/crdt/doc.h"
#include "tests/bench/crdt/trace.h"

namespace syncline::bench {
namespace {

struct Footprint {
  std::size_t rss = 0;
  std::size_t allocated = 0;
};

Footprint footprint() {
  std::size_t pages = 0;
  std::ifstream statm("/proc/self/statm");
  statm >> pages >> pages;  // The second field counts resident pages.
  const struct mallinfo2 info = mallinfo2();
  return {pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)), info.uordblks + info.hblkhd};
}

int run(std::string_view name, std::size_t copies) {
  const auto folder = find_trace(name);
  expect(folder.has_value(), "there is no such trace");
  const Trace trace = read_trace(*folder, name);
  std::vector<crdt::Doc> docs;
  docs.reserve(copies);
  malloc_trim(0);  // What reading the trace has freed is not ours to fill.
  const Footprint before = footprint();
  for (std::size_t i = 0; i < copies; ++i) {
    expect(docs.emplace_back().apply_update(trace.final_state).ok(), "the state is refused");
  }
  malloc_trim(0);
  const Footprint after = footprint();
  const std::size_t reported = docs.back().memory_bytes();
  for (crdt::Doc& doc : docs) expect(doc.fold(), "the document does not fold");
  malloc_trim(0);
  const Footprint folded = footprint();
  std::printf(
      "{\"rss\": %zu, \"allocated\": %zu, \"reported\": %zu, \"folded_rss\": %zu, "
      "\"folded_allocated\": %zu, \"encoded\": %zu}\n",
      (after.rss - before.rss) / copies, (after.allocated - before.allocated) / copies, reported,
      (folded.rss - before.rss) / copies, (folded.allocated - before.allocated) / copies,
      trace.final_state.size());
  return 0;
}

}  // namespace
}  // namespace syncline::bench

int main(int argc, char** argv) {
  std::size_t copies = 64;
  if (argc > 2) {
    const std::string_view text = argv[2];
    std::from_chars(text.data(), text.data() + text.size(), copies);
  }
  if (argc < 2 || copies == 0) {
    std::fprintf(stderr, "usage: engine_memory TRACE [COPIES]\n");
    return 2;
  }
  return syncline::bench::run(argv[1], copies);
}
