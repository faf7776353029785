#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "server/base/bytes.h"
#include "server/base/instant.h"
#include "server/ports/write_buffer.h"
#include "sim/services/chronicle.h"
#include "sim/services/document_numbers.h"

namespace syncline::sim {

// Who runs a script of the write buffer, as the script needs it.
struct ScriptCaller {
  // Of the Redis process that the caller's connection belongs to; it learnt it when it connected.
  std::uint64_t run_id;
  // 32 random bits, for the name of a lineage that the script may have to begin.
  std::uint32_t random;
};

// What the write buffer's scripts keep in Redis: for each document a header and a stream. Each
// method is one script: atomic.
//
// The header names the process (run id) that made its lineage. Another process has read the data
// from a file, or taken over as a replica, and cannot know whether something that was acknowledged
// is missing. So the first script that meets a header of another process begins a new lineage. So
// does one whose caller knows of a higher lineage: that one was forgotten, header and all. So does
// one that finds entries and header in disagreement: one of the two was evicted or removed.
//
// Remembers for a while how to undo each change: what a crash or a failover takes back.
class BufferStreams {
 public:
  // Changes that are older cannot be undone any more.
  static constexpr Duration undo_horizon = seconds(60);

  explicit BufferStreams(const Chronicle& chronicle) : chronicle_(chronicle) {}

  BufferStreams(const BufferStreams&) = delete;
  BufferStreams& operator=(const BufferStreams&) = delete;

  // Scripts. `now` is Redis's monotonic clock, by which changes are undone.

  ports::BufferPosition append(const ScriptCaller& caller, Instant now, history::Party writer,
                               DocumentNumber document, std::uint64_t checksum, SharedBytes update,
                               std::uint64_t known_lineage);
  ports::BufferPage read(const ScriptCaller& caller, Instant now, DocumentNumber document,
                         ports::BufferPosition after, std::size_t bytes_max);
  ports::BufferHead head(const ScriptCaller& caller, Instant now, DocumentNumber document);
  // `wall` is Redis's wall clock, by which leases end.
  std::vector<DocumentNumber> claim(Instant now, WallTime wall, std::size_t count_max,
                                    Duration lease);
  ports::BufferHead trim(const ScriptCaller& caller, Instant now, DocumentNumber document,
                         ports::BufferPosition through);

  // Faults. Both return how many entries are gone that were acknowledged and not yet trimmed.

  // Undoes what was done after `kept_until`.
  std::uint64_t lose_after(Instant kept_until);
  std::uint64_t flush();
  // One of the two is gone, as when Redis evicts it. Cannot be undone.
  std::uint64_t evict_entries(DocumentNumber document);
  void evict_header(DocumentNumber document);

  // Observers.
  std::uint64_t bytes() const { return bytes_; }  // Of all entries.
  std::size_t dirty_documents() const;

 private:
  struct Entry {
    std::uint64_t lineage;
    std::uint64_t checksum;
    SharedBytes update;
  };

  struct Header {
    std::uint64_t lineage = 0;  // 0: there is no header.
    std::uint64_t run_id = 0;
    std::uint64_t head = 0;
    std::uint64_t trimmed = 0;
    Instant dirty_since;
    WallTime lease_ends;

    bool dirty() const { return head > trimmed; }
    ports::BufferHead as_head() const {
      return {.lineage = lineage, .head = head, .trimmed = trimmed};
    }
  };

  // The entries are those with offsets header.trimmed + 1 .. header.head, unless one of the two was
  // evicted: whoever comes next numbers them anew.
  struct Stream {
    Header header;
    std::deque<Entry> entries;

    bool whole() const { return entries.size() == header.head - header.trimmed; }
  };

  struct Change {
    Instant at;
    DocumentNumber document;
    Header before;
    bool appended;
    std::vector<Entry> trimmed;  // In the order of their offsets.
  };

  Stream& stream(DocumentNumber document);
  // Notes how the stream stands, before it is changed.
  Change& note(Instant now, DocumentNumber document);
  void begin_lineage(const ScriptCaller& caller, Header& header, std::uint64_t known_lineage);
  // Of a stream that is not whole, in the lineage that has just begun. Cannot be undone.
  void number_anew(DocumentNumber document);
  // They cannot be undone any more.
  void forget_changes(DocumentNumber document);
  // The stream, in a lineage of the caller's process and not below what the caller knows, if it has
  // any.
  Stream& touch(const ScriptCaller& caller, Instant now, DocumentNumber document,
                std::uint64_t known_lineage);
  void undo(Change& change);

  const Chronicle& chronicle_;
  std::vector<Stream> streams_;  // By document number.
  std::deque<Change> changes_;   // Oldest first.
  std::uint64_t bytes_ = 0;
};

}  // namespace syncline::sim
