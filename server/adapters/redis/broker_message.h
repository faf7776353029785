#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "server/base/bytes.h"
#include "server/ports/write_buffer.h"

// What is published on a document's channel: a byte of kind, two numbers of 8 bytes, little endian,
// and the body.
//
//   update           1, origin, sequence, the update
//   buffered         2, lineage, offset, 8 bytes of checksum, the update
//   awareness        3, origin, 0, the awareness update
//   awareness query  4, origin, 0
//
// The origin is a random number of the shard that publishes, so that it does not hear itself. What
// is buffered is published by the script that appends it (script.cc).

namespace syncline::adapters::redis {

struct BrokerMessage {
  enum class Kind : std::uint8_t { update = 1, buffered = 2, awareness = 3, awareness_query = 4 };

  Kind kind;
  std::uint64_t origin = 0;             // Not of what is buffered.
  std::uint64_t sequence = 0;           // Of an update.
  ports::BufferPosition position = {};  // Of what is buffered.
  SharedBytes body = {};

  std::string encode() const;
  // Nothing if it is not such a message: of a newer version, or of somebody else.
  static std::optional<BrokerMessage> decode(BytesView bytes);
};

}  // namespace syncline::adapters::redis
