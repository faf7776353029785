#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

// What the write buffer does in Redis, each an atomic Lua script. Semantics and invariants are
// those of sim/services/buffer_streams.h, which the simulator runs.
//
// A document has a header and, while something of it is not in the log, a stream and a member in
// the dirty set of its bucket:
//
//   header, a hash:  l  its lineage                  h  offset of the last entry appended
//                    r  8 bytes: which life of the   t  offset of the last entry trimmed
//                       data made that lineage
//   stream:          entry ID `offset-lineage`, one field: 8 bytes of checksum (little endian) and
//                    the update; offsets t + 1 .. h
//
// A script that meets a header of another life begins a new lineage: the process has read the data
// from a file or has been a replica meanwhile, and cannot know whether something is missing.

namespace syncline::adapters::redis {

enum class Script : std::uint8_t {
  // header, stream, dirty, channel; life, random, known lineage, name, checksum and update,
  // PUBLISH or SPUBLISH
  // -> lineage, offset [, what publishing failed with]
  append,
  // header, stream; life, random, lineage, offset, bytes -> lineage, head, trimmed, entries
  read,
  // headers...; life, random -> lineage, head, trimmed for each
  read_heads,
  // dirty, leases; lease in microseconds, count -> since when the longest dirty are, ascending
  peek,
  // The same -> since when, name, since when, name, ...; leases them.
  claim,
  // header, stream, dirty, leases; life, random, lineage, offset, name, milliseconds for which a
  // clean header is kept -> lineage, head, trimmed
  trim,
  // hash, nodes; time to live in milliseconds, member of nodes, fields and values...
  // -> 1, or 0 if the hash is not there
  enter_connections,
  count_,
};

inline constexpr std::size_t script_count = static_cast<std::size_t>(Script::count_);

// The Lua text. Runs on Redis 6.2 and later, and on Valkey.
std::string_view text_of(Script script);

}  // namespace syncline::adapters::redis
