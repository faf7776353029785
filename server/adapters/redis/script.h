#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

// What the write buffer does in Redis, each an atomic Lua script. Semantics and invariants are
// those of sim/services/buffer_streams.h, which the simulator runs.
//
// A document has a header and, while something of it is not in the log, entries and a place in the
// dirty set of its bucket, or in the bucket's leases while a worker has claimed it:
//
//   header, a hash:  l  its lineage                  h  offset of the last entry appended
//                    r  8 bytes: which life of the   t  offset of the last entry trimmed
//                       data made that lineage
//   entries, a list: those with offsets t + 1 .. h, each its lineage, its checksum (8 bytes each,
//                    little endian) and the update
//   dirty, a sorted set: names, by the microsecond of Redis's clock since when they are dirty
//   leases, a sorted set: names, by when the lease ends
//   claims, a hash: since when those with a lease are dirty
//
// A list and no stream: an entry takes less memory, and a stream takes 4 KiB for its first.
//
// A script that meets a header of another life begins a new lineage: the process has read the data
// from a file or has been a replica meanwhile, and cannot know whether something is missing. So
// does one that finds a header and a list that disagree, of which one has been evicted or removed.

namespace syncline::adapters::redis {

enum class Script : std::uint8_t {
  // header, entries, dirty, channel; life, random, known lineage, name, checksum and update,
  // PUBLISH or SPUBLISH
  // -> lineage, offset [, what publishing failed with]
  append,
  // header, entries; life, random, lineage, offset, bytes
  // -> lineage, head, trimmed, the offset before the first entry, entries...
  read,
  // header, entries, header, entries, ...; life, random -> lineage, head, trimmed for each document
  read_heads,
  // dirty, leases, claims; lease in microseconds, count -> since when the longest dirty are,
  // ascending
  peek,
  // The same -> name, since when, name, since when, ...; leases them.
  claim,
  // header, entries, dirty, leases, claims; life, random, lineage, offset, name, milliseconds for
  // which a
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
