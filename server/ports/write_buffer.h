#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "server/base/bytes.h"
#include "server/base/document_name.h"
#include "server/base/ids.h"
#include "server/base/instant.h"
#include "server/base/result.h"
#include "server/ports/update_store.h"

namespace syncline::ports {

// Where an entry stands in a document's buffer.
//
// A buffer in memory can forget what it has acknowledged: it crashes before its file was synced, it
// fails over to a replica that was behind, somebody flushes it. From then on the same offset may
// name another update. So the buffer begins a new lineage whenever it may have forgotten something,
// and only lineage and offset together name an entry, for ever. Lineages of a document grow.
// Offsets count 1, 2, 3, ...; a new lineage goes on after the last entry that is still there.
struct BufferPosition {
  std::uint64_t lineage = 0;
  std::uint64_t offset = 0;

  friend auto operator<=>(const BufferPosition&, const BufferPosition&) = default;
};

struct BufferAppendResult {
  Outcome outcome;
  BufferPosition position = {};              // Meaningful only when committed.
  ErrorCode error = ErrorCode::unavailable;  // Meaningful only when not committed.
};

// One entry of a document's buffer, as it was appended.
struct BufferRecord {
  BufferPosition position;  // Of the lineage under which it was appended.
  std::uint64_t checksum;   // As given to append; the core compares.
  SharedBytes update;
};

// How a document's buffer stands. All 0 if the buffer knows nothing of the document.
struct BufferHead {
  std::uint64_t lineage = 0;
  std::uint64_t head = 0;     // Offset of the last entry appended; 0 if none ever was.
  std::uint64_t trimmed = 0;  // Entries up to this offset are in the log and no longer here.
};

struct BufferPage {
  // Ascending and without gaps. They begin after `after` if the lineage is still the one asked
  // for, else after head.trimmed.
  std::vector<BufferRecord> records;
  BufferHead head;  // When the page was read.
};

// One for each document asked for, in that order; nothing for one whose part of the buffer did not
// answer.
using BufferHeads = std::vector<std::optional<BufferHead>>;

// The answers, on the shard's thread, never from within a request. Each request gets exactly one.
class WriteBufferSink {
 public:
  virtual void on_buffer_append_done(RequestToken token, BufferAppendResult result) = 0;
  virtual void on_buffer_page(RequestToken token, Result<BufferPage> page) = 0;
  // An error if no part of the buffer answered.
  virtual void on_buffer_heads(RequestToken token, Result<BufferHeads> heads) = 0;
  virtual void on_buffer_claimed(RequestToken token,
                                 Result<std::vector<DocumentName>> documents) = 0;
  virtual void on_buffer_trimmed(RequestToken token, Result<BufferHead> head) = 0;

  // No answer: the buffer's memory is nearly used up, or is not any more. Said when it changes; at
  // first it is not.
  virtual void on_buffer_filling(bool) {}

 protected:
  ~WriteBufferSink() = default;
};

// The buffer before the log (durability=buffer): an append is one atomic step that gives the update
// the document's next offset, keeps it, marks the document dirty for the workers, and publishes it
// to all nodes that have the document open (BrokerSink::on_buffer_update). Workers move entries
// into the log and then trim them. Implementations: adapters/redis, sim/fakes.
class WriteBuffer {
 public:
  virtual ~WriteBuffer() = default;

  // Appends of one shard to one document that are committed get ascending positions in the order of
  // the calls. `known_lineage` is the highest lineage of the document that the caller knows of (0
  // if none). A buffer whose own is lower has forgotten that one, and begins another above both.
  // REQUIRES: !update.empty().
  virtual void append(RequestToken token, const DocumentName& document, SharedBytes update,
                      std::uint64_t checksum, std::uint64_t known_lineage) = 0;

  // Reads entries after `after`, at most about `bytes_max` of them (at least one, if there is one);
  // from the oldest that is there if the lineage has changed since. after.lineage is known to the
  // caller in the sense of append(). A document that the buffer knows nothing of stays unknown.
  virtual void read(RequestToken token, const DocumentName& document, BufferPosition after,
                    std::size_t bytes_max) = 0;

  // Compares many documents in one round trip. Begins a new lineage where entries may have been
  // forgotten, so that everybody learns of it.
  virtual void read_heads(RequestToken token, std::vector<DocumentName> documents) = 0;

  // For a worker: takes over up to `count_max` dirty documents, longest dirty first, from the parts
  // of the buffer that answer (an error if none does), for `lease` by
  // the buffer's own clock; after that another worker may be given them (and at once, if that clock
  // was set back meanwhile: then nobody knows when that is). The lease saves work and
  // protects nothing: DrainStore::drain is what keeps two workers from writing an entry twice.
  virtual void claim(RequestToken token, std::size_t count_max, Duration lease) = 0;

  // Forgets entries up to `through`, which are in the log. Answers with what is left; the document
  // stays dirty while something is. Changes nothing if the lineage has changed since they were
  // read.
  virtual void trim(RequestToken token, const DocumentName& document, BufferPosition through) = 0;
};

}  // namespace syncline::ports
