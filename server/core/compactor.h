#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "server/base/document_name.h"
#include "server/base/ids.h"
#include "server/base/instant.h"
#include "server/base/result.h"
#include "server/core/document_loader.h"
#include "server/core/worker_config.h"
#include "server/crdt/doc.h"
#include "server/ports/gauge_share.h"
#include "server/ports/history_store.h"

namespace syncline::core {

// The part of a worker that lets history end: it removes from the logs what is older than the
// retention and what no load needs any more. Logs otherwise grow with everything that was ever
// typed.
//
// A log that has lost its beginning is no longer the whole truth, so what takes its place is looked
// at first. Entries up to S go only if all of this holds:
//
//   1. two snapshots at S or later were read back, their checksums compared and their content
//      decoded as a document: what was written is there, and if one is damaged later, the other has
//      a complete log after it;
//   2. the newer of the two holds all that the older one holds, and each entry was read, compared
//      with its checksum and applied to the older one, and changed nothing;
//   3. the store finds both snapshots in the transaction that removes the entries, and keeps them
//      until later ones have been looked at in the same way: so nobody else, however old his view
//      is, takes away what this relies on.
//
// Whatever fails, less is forgotten. A replica that was away while something was forgotten that it
// lacks gets that from a snapshot (Room, DocumentLoader); without an intact one its document is
// refused as damaged, never shown in part.
//
// It goes through the catalogue in the order of the names, some documents at a time, again and
// again: also documents that nobody opens get smaller. One that has something to forget, and no
// snapshots for it, gets them: at its newest entry and at the one before, so that the two differ.
// Several workers may do the same at the same time; it costs them work.
//
// A state machine like Worker; one question at a time.
class Compactor final : private TokenSource {
 public:
  // `config`, `ports` and `tokens` must outlive it. REQUIRES: config.history_retention > 0,
  // ports.history != nullptr.
  Compactor(const WorkerConfig& config, const WorkerPorts& ports, TokenSource& tokens);

  // Inputs: the answers to what it asked.

  void on_old_logs(Result<ports::OldLogPage> page);
  void on_snapshot_read(Result<std::optional<ports::Snapshot>> snapshot);
  void on_log_page(Result<ports::LogPage> page);
  void on_snapshot_written(ports::SnapshotOutcome outcome);
  void on_forgotten(ports::ForgetResult result);
  void on_deadline();
  // Asks nothing more.
  void stop() { stopping_ = true; }

  // Observers.

  // Whether this was asked here.
  bool asked(RequestToken token) const { return awaited_ == token; }
  bool idle() const { return !awaited_; }
  Instant next_deadline() const { return stopping_ || awaited_ ? Instant::never() : round_at_; }

 private:
  // A log that is being looked at.
  struct Job {
    ports::OldLog log;
    // Those that were read back and are intact; the newest of all, intact or not.
    std::optional<ports::SnapshotId> newer = {};
    std::optional<ports::SnapshotId> older = {};
    Sequence newest = {};
    std::optional<crdt::Doc> newer_doc = {};  // Until the older one was compared with it.
    std::optional<crdt::Doc> older_doc = {};
    // Snapshots that are to be made first, ascending; the first is being loaded or written.
    std::deque<Sequence> to_write = {};
    bool may_write = true;
    std::unique_ptr<DocumentLoader> loader = {};  // While one is made.
    Sequence looked_at = {};                      // Entries up to here are in the older snapshot.
    std::size_t batch = 0;                        // So many are being forgotten.
  };

  // TokenSource.
  RequestToken next_token() override;
  // Takes the answer that was awaited; false if it is too late for it.
  bool take_answer();

  void find();
  void begin(ports::OldLog log);
  void read_snapshots();
  void take_snapshot(Result<std::optional<ports::Snapshot>> snapshot);
  void take_intact(const ports::Snapshot& snapshot, crdt::Doc doc);
  void choose();
  bool plan_snapshots();
  void make_next_snapshot();
  void after_load_step();
  void read_entries();
  Sequence look_at(const std::vector<ports::LogRecord>& records);
  void distrust(std::string_view problem);
  void fail();
  void end_job(Instant go_on_at);

  const WorkerConfig& config_;
  const WorkerPorts& ports_;
  TokenSource& tokens_;
  const Duration sweep_interval_;

  std::optional<RequestToken> awaited_;
  Instant round_at_;
  bool stopping_ = false;

  // Of the sweep that is under way.
  std::optional<DocumentName> after_;
  bool sweep_ends_ = false;  // After what was found.
  std::deque<ports::OldLog> found_;
  std::unique_ptr<Job> job_;
  Instant sweep_began_at_;
  ports::GaugeShare sweep_gauge_;
};

}  // namespace syncline::core
