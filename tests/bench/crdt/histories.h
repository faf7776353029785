#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "server/base/bytes.h"
#include "server/crdt/id.h"

// Histories of any length whose structs do not join into runs: what engine_scaling grows.

namespace syncline::bench {

inline constexpr std::string_view grown_root = "root";

// One struct of one element, as its author sent it. Neighbours are places in the history.
struct Made {
  static constexpr std::uint32_t nothing = UINT32_MAX;

  std::uint32_t client = 0;
  std::uint32_t clock = 0;
  std::uint32_t length = 1;
  std::uint32_t origin = nothing;
  std::uint32_t right_origin = nothing;
  std::uint32_t key = nothing;  // Of a map; otherwise it is a letter of a text.
};

// In a causal order. The deletions come last.
struct GrownHistory {
  std::vector<Made> structs;
  std::vector<crdt::IdRange> deletes;
};

// A kind of history. `grow` makes one that ends with about `count` structs in the document.
struct Shape {
  std::string_view name;
  GrownHistory (*grow)(std::size_t count);
  std::size_t structs_max = SIZE_MAX;  // More do not fit into a document.
};

std::span<const Shape> all_shapes();

// The whole history as one update (format v1).
Bytes encode_whole(const GrownHistory& history);

// The same as `parts` updates of about the same number of structs or of deletions, in causal order,
// one after the other in `bytes`.
struct EncodedParts {
  Bytes bytes;
  std::vector<std::size_t> ends;

  std::vector<BytesView> views() const;
};
EncodedParts encode_parts(const GrownHistory& history, std::size_t parts);

// The state vector of somebody who has half of what each client made.
Bytes half_state_vector(const GrownHistory& history);

}  // namespace syncline::bench
