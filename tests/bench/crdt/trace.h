#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/bytes.h"
#include "server/crdt/id.h"

// Recorded editing histories, as tests/data/traces/README.md describes them: what the engine is
// measured on.

namespace syncline::bench {

// One edit: at `position`, `removed` elements go and `inserted` comes.
struct Edit {
  crdt::Clock position = 0;
  crdt::Clock removed = 0;
  std::string inserted;
};

// A recorded history of the root text `trace_root`. Not copied: its updates point into its log.
struct Trace {
  std::string name;
  Bytes log;
  std::vector<BytesView> updates;  // All that yjs emitted, in order.
  Bytes final_state;               // yjs' encodeStateAsUpdate at the end.
  std::vector<Edit> edits;         // Of a history with one author; otherwise empty.

  Trace() = default;
  Trace(Trace&&) = default;
  Trace(const Trace&) = delete;
  Trace& operator=(const Trace&) = delete;

  // Two people typed at once.
  bool concurrent() const { return edits.empty(); }
};

inline constexpr std::string_view trace_root = "text";
inline constexpr crdt::ClientId trace_author = 1234567890;

// The folder that holds a trace: the repository's own, or shared/traces beside the repository, for
// traces whose licence does not allow to hold them here. Nothing if neither has it.
std::optional<std::filesystem::path> find_trace(std::string_view name);

// REQUIRES: the folder holds the trace, intact.
Trace read_trace(const std::filesystem::path& folder, std::string_view name);

// Ends the process if what was measured is not what was meant to be.
void expect(bool condition, std::string_view what);

}  // namespace syncline::bench
