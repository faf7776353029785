#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "server/base/document_name.h"
#include "server/base/ids.h"
#include "server/base/instant.h"
#include "server/base/result.h"
#include "server/core/document_loader.h"
#include "server/core/worker_config.h"

namespace syncline::core {

// The part of a worker that writes a snapshot of each document from time to time while it changes.
// It reads the newest snapshot and the log after it, so a snapshot holds exactly the part of the
// log that it says it does; the store refuses it if another worker has written a newer one.
class SnapshotMaker {
 public:
  // `config`, `ports` and `tokens` must outlive the maker.
  SnapshotMaker(const WorkerConfig& config, const WorkerPorts& ports, TokenSource& tokens)
      : config_(config), ports_(ports), tokens_(tokens) {}

  // Inputs.

  // The log has grown to `head`, by about so many updates.
  void note_activity(const DocumentName& document, Sequence head, std::size_t updates);
  void on_log_page(RequestToken token, Result<ports::LogPage> page);
  void on_snapshot_read(RequestToken token, Result<std::optional<ports::Snapshot>> snapshot);
  void on_snapshot_written(RequestToken token, ports::SnapshotOutcome outcome);
  void on_deadline();
  // Begins nothing more.
  void stop() { stopping_ = true; }

  // Observers.

  bool idle() const { return jobs_.empty(); }
  Instant next_deadline() const;

 private:
  struct Activity {
    Sequence snapshot;   // The newest one is at least at this.
    Sequence head = {};  // The log is at least here.
    Instant due = Instant::never();
  };
  // One document that is being loaded and written.
  struct Job final : public TokenSource {
    Job(SnapshotMaker& owner, DocumentName name);
    RequestToken next_token() override;

    SnapshotMaker& maker;
    const DocumentName document;
    DocumentLoader loader;
    Sequence written;
  };

  void set_due(const DocumentName& document, Activity& activity, Instant due);
  void begin(const DocumentName& document);
  Job& answered(RequestToken token);
  void after_load_step(Job& job);
  void write(Job& job);
  // The newest snapshot is at `snapshot`; looks again at `due`.
  void end(const Job& job, Sequence snapshot, Instant due);

  const WorkerConfig& config_;
  const WorkerPorts& ports_;
  TokenSource& tokens_;

  std::map<DocumentName, Activity> active_;
  std::set<std::pair<Instant, DocumentName>> by_due_;  // All of active_.
  std::map<DocumentName, std::unique_ptr<Job>> jobs_;
  std::map<RequestToken, Job*> requests_;
  bool stopping_ = false;
};

}  // namespace syncline::core
