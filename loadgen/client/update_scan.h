#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "server/base/bytes.h"
#include "server/base/result.h"

// A reader of update format v1 that shares no code with the engine: for judges.

namespace syncline::client {

struct ScannedId {
  std::uint64_t client = 0;
  std::uint64_t clock = 0;
};

// The numbers of contents in the format, as far as a judge must tell them apart.
enum class ContentTag : std::uint8_t {
  collected = 0,
  deleted = 1,
  json = 2,
  binary = 3,
  text = 4,
  embed = 5,
  format = 6,
  type = 7,
  any = 8,
  document = 9,
};

// A run of elements as an update carries it: clocks `clock`, `clock + 1`, ... of one client.
struct ScannedRun {
  std::uint64_t client = 0;
  std::uint64_t clock = 0;
  std::uint64_t length = 0;
  ContentTag tag = ContentTag::collected;
  std::optional<ScannedId> origin = {};  // Of the first; each other's is the one before it.
  std::optional<ScannedId> right_origin = {};
  std::optional<ScannedId> parent = {};  // If the parent is an element.
  BytesView place = {};                  // Parent and key as encoded; empty if there is an origin.
  BytesView content = {};                // As encoded, after its length if it is a list.

  std::uint64_t end() const { return clock + length; }
  // Whether it still tells what was written.
  bool has_content() const { return tag != ContentTag::collected && tag != ContentTag::deleted; }
};

struct ScannedRange {
  std::uint64_t client = 0;
  std::uint64_t clock = 0;
  std::uint64_t length = 0;

  std::uint64_t end() const { return clock + length; }
};

// All in the order of the update, without its skips. Views point into the update.
struct UpdateScan {
  std::vector<ScannedRun> runs;
  std::vector<ScannedRange> deleted;
  BytesView delete_set = {};  // The same as encoded.
};

// Reads `update` into `out`, whose memory is used again. On error `out` holds what came before it.
Result<void> scan_update(BytesView update, UpdateScan& out);

}  // namespace syncline::client
