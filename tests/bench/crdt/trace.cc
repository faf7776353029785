#include "tests/bench/crdt/trace.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include <zlib.h>

#include "server/lib0/json.h"

namespace syncline::bench {
namespace {

namespace fs = std::filesystem;

Bytes read_gzip(const fs::path& path) {
  Bytes out;
  gzFile file = gzopen(path.c_str(), "rb");
  expect(file != nullptr, path.native());
  std::array<std::byte, 65536> buffer{};
  int count = 0;
  while ((count = gzread(file, buffer.data(), buffer.size())) > 0) {
    out.insert(out.end(), buffer.begin(), buffer.begin() + count);
  }
  gzclose(file);
  return out;
}

Bytes read_whole(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  expect(in.good(), path.native());
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return to_bytes(as_bytes(text));
}

// The log: a little-endian u32 length before each update.
std::vector<BytesView> cut_log(BytesView log) {
  std::vector<BytesView> updates;
  while (!log.empty()) {
    std::size_t size = 0;
    for (std::size_t i = 4; i-- > 0;) size = size << 8 | static_cast<std::size_t>(log[i]);
    updates.push_back(log.subspan(4, size));
    log = log.subspan(4 + size);
  }
  return updates;
}

std::vector<Edit> read_edits(const fs::path& path) {
  std::vector<Edit> edits;
  if (!fs::exists(path)) return edits;
  const Bytes text = read_gzip(path);
  const auto json = lib0::parse_json(as_text(text)).value();
  if (json.find("numAgents")) return edits;
  for (const lib0::Any& transaction : *json.find("txns")->as_array()) {
    for (const lib0::Any& patch : *transaction.find("patches")->as_array()) {
      const auto& fields = *patch.as_array();
      edits.push_back({static_cast<crdt::Clock>(*fields[0].as_number()),
                       static_cast<crdt::Clock>(*fields[1].as_number()), *fields[2].as_string()});
    }
  }
  return edits;
}

fs::path file_of(const fs::path& folder, std::string_view name, std::string_view suffix) {
  return folder / std::string(name).append(suffix);
}

}  // namespace

std::optional<fs::path> find_trace(std::string_view name) {
  const fs::path root = SYNCLINE_SOURCE_DIR;
  for (const fs::path& folder :
       {root / "tests/data/traces", root.parent_path() / "shared/traces"}) {
    if (fs::exists(file_of(folder, name, ".yjs-final-v1.bin"))) return folder;
  }
  return std::nullopt;
}

Trace read_trace(const fs::path& folder, std::string_view name) {
  Trace trace;
  trace.name = name;
  trace.log = read_gzip(file_of(folder, name, ".yjs-updates-v1.bin.gz"));
  trace.updates = cut_log(trace.log);
  trace.final_state = read_whole(file_of(folder, name, ".yjs-final-v1.bin"));
  trace.edits = read_edits(file_of(folder, name, ".json.gz"));
  return trace;
}

void expect(bool condition, std::string_view what) {
  if (condition) return;
  std::fprintf(stderr, "unexpected: %.*s\n", static_cast<int>(what.size()), what.data());
  std::exit(1);
}

}  // namespace syncline::bench
