#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "server/base/bytes.h"
#include "server/base/instant.h"
#include "server/core/sequence_tracker.h"
#include "server/ports/write_buffer.h"

namespace syncline::core {

// How far a reading of a document's buffer has come, page by page.
class BufferReading {
 public:
  enum class Status : std::uint8_t {
    more,
    complete,
    broken,  // The buffer says that there is more, and has nothing.
  };

  BufferReading() = default;
  explicit BufferReading(ports::BufferPosition after) : after_(after) {}

  // Where the next page begins.
  ports::BufferPosition after() const { return after_; }
  Status on_page(const ports::BufferPage& page);

 private:
  ports::BufferPosition after_;  // {0, 0}: from the oldest entry that is there.
};

// What one replica knows of its document's write buffer: which entries it has, and which of them
// the buffer could still forget.
//
// The buffer can lose what it has acknowledged; it begins a new lineage then. So whatever the
// replica has got from there, or its node has appended, is retained until it is known to be in the
// log. When the lineage changes, all of it is in doubt: what is not found again, in the buffer as
// it now is or in the log, has to be appended again. A node does so at once with what it appended
// itself, and after a while with what others did: they may have died together with the buffer.
class BufferFollower {
 public:
  // An entry that is not known to be in the log.
  struct Retained {
    ports::BufferPosition position;  // The first that it had.
    std::uint64_t checksum;
    SharedBytes update;
    bool own;       // Appended by this node.
    Instant since;  // The replica has had it for so long.
  };

  // Inputs.

  // Somebody speaks of this lineage. Returns true if it takes the place of another: all that is
  // retained is in doubt, the buffer has to be read from its oldest entry and then the log's tail.
  bool note_lineage(std::uint64_t lineage);
  // The buffer knows nothing of the document any more: all that is retained is in doubt, and what
  // was missing can only be in the log.
  void note_forgotten();
  // There are entries up to here. REQUIRES: of the known lineage.
  void note_offset(std::uint64_t offset);
  // Entries up to head.trimmed are in the log. REQUIRES: of the known lineage.
  void note_head(const ports::BufferHead& head);
  // The replica has this entry. Older lineages are those of entries that a later one still has.
  void add(ports::BufferPosition position, std::uint64_t checksum, const SharedBytes& update,
           bool own, Instant now);
  // The replica has read such an entry in the log.
  void note_logged(std::uint64_t checksum, const SharedBytes& update);

  // What is in doubt and was appended by this node, or by anybody: to be appended again. In the
  // order of their positions; the follower forgets them.
  std::vector<Retained> take_own_in_doubt();
  std::vector<Retained> take_in_doubt();

  // The log is being read to its end, from now on; has been read, or could not be.
  void begin_log_reading();
  void end_log_reading(bool succeeded);

  // Observers.

  std::uint64_t lineage() const { return lineage_; }
  // Where to go on reading the buffer.
  ports::BufferPosition contiguous() const {
    return {.lineage = lineage_, .offset = offsets_.contiguous().value};
  }
  bool contains(ports::BufferPosition position) const {
    return position.lineage == lineage_ && offsets_.contains(Sequence{position.offset});
  }
  // The buffer has, or had, entries that the replica does not have.
  bool has_gap() const { return unread_ || heard_ > offsets_.contiguous().value; }
  // Some of them can only be in the log by now.
  bool wants_log() const { return wants_log_; }
  // The whole buffer has been read since the lineage changed.
  void end_reading() { unread_ = false; }

  bool retains() const { return !retained_.empty() || !in_doubt_.empty(); }
  bool retains_own() const { return own_ > 0; }
  // Since when the oldest entry waits for a worker; never() if none does.
  Instant waits_since() const {
    return retained_.empty() ? Instant::never() : retained_.begin()->second.since;
  }
  std::size_t retained_bytes() const { return retained_bytes_; }
  bool has_doubts() const { return !in_doubt_.empty(); }

 private:
  void put_all_in_doubt();
  void retain(Retained entry);
  // Removes an entry with these bytes from those in doubt. Returns whether it was this node's own.
  bool clear_doubt(std::uint64_t checksum, const SharedBytes& update);
  void forget(const Retained& entry);

  std::uint64_t lineage_ = 0;
  SequenceTracker offsets_;  // Under lineage_.
  std::uint64_t heard_ = 0;  // The highest offset under lineage_ that anybody spoke of.
  bool unread_ = false;

  std::uint64_t trimmed_ = 0;  // Under lineage_.
  bool wants_log_ = false;
  // Of the reading of the log that is under way.
  ports::BufferPosition log_reading_covers_;

  // Entries that are, under lineage_, in the buffer or in the log; ascending offsets as well.
  std::map<ports::BufferPosition, Retained> retained_;
  std::multimap<std::uint64_t, Retained> in_doubt_;  // By checksum.
  // Invariants: over both.
  std::size_t retained_bytes_ = 0;
  std::size_t own_ = 0;
};

}  // namespace syncline::core
