#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "server/base/document_name.h"
#include "server/base/ids.h"
#include "server/base/instant.h"
#include "server/base/result.h"

namespace syncline::ports {

// Which entries of a log count as old.
struct HistoryAge {
  // In the log for so long, by the clock of the store. It decides what is forgotten, never what a
  // document contains: a clock that is wrong makes history end sooner or later.
  Duration retention = {};
  // A document that is being written has so many old entries before it is worth a look; one whose
  // newest entry is old is worth a look with one that can go. At least 1.
  std::size_t updates_min = 1;
};

// A log that may have something to forget.
struct OldLog {
  DocumentName document;
  Sequence first;  // The oldest entry that it still has.
  Sequence due;    // An old one, after `first`: as many as HistoryAge asks for, or the newest.
  Sequence head;
};

struct OldLogPage {
  std::vector<OldLog> logs;          // By name, in byte order.
  std::optional<DocumentName> last;  // The last document looked at; nullopt: there are no more.
};

// A snapshot, known by what a reader has compared.
struct SnapshotId {
  Sequence sequence;
  std::uint64_t checksum;
};

// Part of a log that is to be forgotten, and the two snapshots that have its effect.
struct Forgetting {
  SnapshotId older;
  SnapshotId newer;  // older.sequence < newer.sequence
  Sequence through;  // <= older.sequence
  Duration retention = {};
};

enum class ForgetOutcome : std::uint8_t {
  done,    // Committed; maybe there was nothing old enough.
  stale,   // One of the snapshots is not there any more; nothing was changed.
  failed,  // Or its outcome is unknown. Ask again: it does no harm.
};

struct ForgetResult {
  ForgetOutcome outcome;
  std::size_t updates = 0;  // So many entries went.
  std::size_t bytes = 0;    // Of their updates.
};

// The answers, on the caller's thread, never from within a request. Each request gets exactly one.
class HistoryStoreSink {
 public:
  virtual void on_old_logs(RequestToken token, Result<OldLogPage> page) = 0;
  virtual void on_forgotten(RequestToken token, ForgetResult result) = 0;

 protected:
  ~HistoryStoreSink() = default;
};

// The logs as history, the oldest part of which may go: for workers (core/compactor.h, which says
// what has to hold before anything does). A log that has forgotten something begins later than at
// 1; its head and all that is left keep their numbers, and numbers that are gone never come back.
//
// Implementations: adapters/sqlite, adapters/postgres, tests/world.
class HistoryStore {
 public:
  virtual ~HistoryStore() = default;

  // Looks at the next `count_max` documents with name > after (nullopt: from the first), and
  // returns those of them with something old to forget, for which snapshots exist or can be made.
  // REQUIRES: count_max > 0, age.updates_min > 0.
  virtual void find_old_logs(RequestToken token, const std::optional<DocumentName>& after,
                             std::size_t count_max, HistoryAge age) = 0;

  // In one transaction: finds both snapshots as they were named, keeps them for as long as no
  // later call has named newer ones, and removes the oldest entries, from the first on and without
  // gaps, up to `through` or to one that is not old. Appends do not wait for it.
  virtual void forget(RequestToken token, const DocumentName& document,
                      const Forgetting& forgetting) = 0;
};

}  // namespace syncline::ports
