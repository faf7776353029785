// The engine on recorded histories. Run from anywhere: crdt_bench [--benchmark_filter=automerge].
// automerge-paper is measured if it lies beside the repository, in ../shared/traces.

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <zlib.h>

#include "server/crdt/doc.h"
#include "server/crdt/text.h"
#include "server/lib0/json.h"

namespace syncline::crdt {
namespace {

namespace fs = std::filesystem;

std::string read_gzip(const fs::path& path) {
  std::string out;
  gzFile file = gzopen(path.c_str(), "rb");
  std::array<char, 65536> buffer{};
  int count = 0;
  while (file && (count = gzread(file, buffer.data(), buffer.size())) > 0) {
    out.append(buffer.data(), static_cast<std::size_t>(count));
  }
  if (file) gzclose(file);
  return out;
}

struct Edit {
  Clock position;
  Clock removed;
  std::string inserted;
};

// A recorded history, read once.
struct Trace {
  std::string log;
  std::vector<BytesView> updates;
  std::string final_state;
  std::vector<Edit> edits;  // Only of sequential traces.
};

void read_edits(const fs::path& path, Trace& trace) {
  if (!fs::exists(path)) return;
  const auto json = lib0::parse_json(read_gzip(path)).value();
  if (json.find("numAgents")) return;
  for (const lib0::Any& transaction : *json.find("txns")->as_array()) {
    for (const lib0::Any& patch : *transaction.find("patches")->as_array()) {
      const auto& fields = *patch.as_array();
      trace.edits.push_back({static_cast<Clock>(*fields[0].as_number()),
                             static_cast<Clock>(*fields[1].as_number()), *fields[2].as_string()});
    }
  }
}

Trace read_trace(const fs::path& folder, const std::string& name) {
  Trace trace;
  trace.log = read_gzip(folder / (name + ".yjs-updates-v1.bin.gz"));
  const std::string_view log = trace.log;
  for (std::size_t at = 0; at < log.size();) {
    std::size_t size = 0;
    for (std::size_t i = 4; i-- > 0;) size = size << 8 | static_cast<unsigned char>(log[at + i]);
    trace.updates.push_back(as_bytes(log.substr(at + 4, size)));
    at += 4 + size;
  }
  std::ifstream in(folder / (name + ".yjs-final-v1.bin"), std::ios::binary);
  trace.final_state.assign(std::istreambuf_iterator<char>(in), {});
  read_edits(folder / (name + ".json.gz"), trace);
  return trace;
}

void expect(bool condition) {
  if (!condition) std::abort();
}

Doc loaded(const Trace& trace) {
  Doc doc;
  expect(doc.apply_update(as_bytes(trace.final_state)).ok());
  return doc;
}

void apply_one_by_one(benchmark::State& state, const Trace& trace) {
  for (auto _ : state) {
    Doc doc;
    for (const BytesView update : trace.updates) expect(doc.apply_update(update).ok());
    benchmark::DoNotOptimize(doc.struct_count());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(trace.updates.size()));
}

void load_and_read(benchmark::State& state, const Trace& trace) {
  std::size_t memory = 0;
  for (auto _ : state) {
    const Doc doc = loaded(trace);
    benchmark::DoNotOptimize(doc.text_of("text"));
    memory = doc.memory_bytes();
  }
  state.counters["memory"] = static_cast<double>(memory);
}

void encode(benchmark::State& state, const Trace& trace) {
  const Doc doc = loaded(trace);
  for (auto _ : state) {
    benchmark::DoNotOptimize(doc.encode_state_as_update(empty_state_vector()).value());
  }
}

void merge_all(benchmark::State& state, const Trace& trace) {
  for (auto _ : state) benchmark::DoNotOptimize(merge_updates(trace.updates).value());
}

// Everything that the log holds is known from the state in front of it: nothing can be appended
// blindly.
void merge_with_state(benchmark::State& state, const Trace& trace) {
  std::vector<BytesView> updates = {as_bytes(trace.final_state)};
  updates.insert(updates.end(), trace.updates.begin(), trace.updates.end());
  for (auto _ : state) benchmark::DoNotOptimize(merge_updates(updates).value());
}

void merge_all_v2(benchmark::State& state, const Trace& trace) {
  std::vector<Bytes> converted;
  for (const BytesView update : trace.updates) {
    converted.push_back(convert_update(update, UpdateFormat::v1, UpdateFormat::v2).value());
  }
  const std::vector<BytesView> updates(converted.begin(), converted.end());
  for (auto _ : state) benchmark::DoNotOptimize(merge_updates(updates, UpdateFormat::v2).value());
}

void encode_v2(benchmark::State& state, const Trace& trace) {
  const Doc doc = loaded(trace);
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        doc.encode_state_as_update(empty_state_vector(), UpdateFormat::v2).value());
  }
}

void load_v2(benchmark::State& state, const Trace& trace) {
  const Bytes update =
      convert_update(as_bytes(trace.final_state), UpdateFormat::v1, UpdateFormat::v2).value();
  for (auto _ : state) {
    Doc doc;
    expect(doc.apply_update(update, {}, UpdateFormat::v2).ok());
    benchmark::DoNotOptimize(doc.struct_count());
  }
}

void replay(benchmark::State& state, const Trace& trace) {
  for (auto _ : state) {
    Doc doc({.client_id = 1234567890});
    for (const Edit& edit : trace.edits) {
      benchmark::DoNotOptimize(doc.transact([&edit](Doc& in) {
        Text text = in.text("text");
        expect(text.remove(edit.position, edit.removed).ok());
        expect(text.insert(edit.position, edit.inserted).ok());
      }));
    }
  }
}

void register_trace(const std::string& name, const Trace& trace) {
  const auto add = [&](const std::string& work, auto run) {
    benchmark::RegisterBenchmark((name + "/" + work).c_str(), [run,
                                                               &trace](benchmark::State& state) {
      run(state, trace);
    })->Unit(benchmark::kMillisecond);
  };
  add("apply_one_by_one", apply_one_by_one);
  add("load_and_read", load_and_read);
  add("encode", encode);
  add("encode_v2", encode_v2);
  add("load_v2", load_v2);
  add("merge_all", merge_all);
  add("merge_all_v2", merge_all_v2);
  add("merge_with_state", merge_with_state);
  if (!trace.edits.empty()) add("replay", replay);
}

}  // namespace
}  // namespace syncline::crdt

int main(int argc, char** argv) {
  namespace fs = std::filesystem;
  using syncline::crdt::Trace;
  const fs::path root = SYNCLINE_SOURCE_DIR;
  const fs::path beside = root.parent_path() / "shared/traces";
  std::vector<std::unique_ptr<Trace>> traces;  // Alive until the benchmarks have run.
  const auto add = [&](const fs::path& folder, const std::string& name) {
    if (!fs::exists(folder / (name + ".yjs-final-v1.bin"))) return;
    traces.push_back(std::make_unique<Trace>(syncline::crdt::read_trace(folder, name)));
    syncline::crdt::register_trace(name, *traces.back());
  };
  for (const char* name : {"friendsforever", "clownschool", "sveltecomponent"}) {
    add(root / "tests/data/traces", name);
  }
  add(beside, "automerge-paper");
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
