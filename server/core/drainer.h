#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string_view>
#include <vector>

#include "server/base/document_name.h"
#include "server/base/ids.h"
#include "server/base/instant.h"
#include "server/base/result.h"
#include "server/core/buffer_follower.h"
#include "server/core/document_loader.h"
#include "server/core/log_throttle.h"
#include "server/core/worker_config.h"
#include "server/ports/gauge_share.h"

namespace syncline::core {

// The part of a worker that moves entries from the write buffer into the log, in rounds: claims
// dirty documents, reads what the buffer has of them, appends all of it in one transaction, then
// trims what is in the log. A round that could not take everything is followed by the next at once.
//
// Nothing that it remembers matters: after whatever failure it reads again and drains again, and
// the log skips what it has.
class Drainer {
 public:
  // The log of this document has grown.
  struct Drained {
    DocumentName document;
    Sequence head;
    std::size_t updates;
  };

  // `config`, `ports` and `tokens` must outlive the drainer. REQUIRES: there is a buffer.
  Drainer(const WorkerConfig& config, const WorkerPorts& ports, TokenSource& tokens);

  // Inputs.

  void on_claimed(Result<std::vector<DocumentName>> documents);
  void on_page(RequestToken token, Result<ports::BufferPage> page);
  // Returns what was committed.
  std::vector<Drained> on_drain_done(const ports::DrainResult& result);
  void on_trimmed(RequestToken token, const Result<ports::BufferHead>& head);
  void on_deadline();
  // Begins nothing more.
  void stop() { stopping_ = true; }

  // Observers.

  bool idle() const { return phase_ == Phase::waiting; }
  Instant next_deadline() const {
    return phase_ == Phase::waiting && !stopping_ ? round_at_ : Instant::never();
  }

 private:
  enum class Phase : std::uint8_t { waiting, claiming, reading, draining, trimming };

  // What has been read of one document.
  struct Batch {
    BufferReading reading;
    std::vector<ports::BufferRecord> records = {};
    std::size_t bytes = 0;
  };
  using Batches = std::map<DocumentName, Batch>;

  void claim();
  void read_more();
  bool has_room() const;
  std::size_t page_bytes() const;
  void read_page(const DocumentName& document, const Batch& batch);
  std::string_view take_page(const DocumentName& document, Batch& batch, ports::BufferPage page);
  void give_up(const DocumentName& document, std::string_view why);
  void drain();
  void trim();
  void end_pass();
  void wait_after_failure();
  void note_failed_drain(const ports::DrainResult& result);
  void observe_drain(std::size_t updates);

  const WorkerConfig& config_;
  const WorkerPorts& ports_;
  TokenSource& tokens_;

  Phase phase_ = Phase::waiting;
  Instant round_at_;
  bool stopping_ = false;

  // Documents that this worker has claimed, not yet read; all that it has claimed.
  std::deque<DocumentName> waiting_;
  std::set<DocumentName> claimed_;
  // Of this pass: what is read, then drained, then trimmed.
  Batches batches_;
  std::size_t bytes_ = 0;                          // Invariant: the sum over the batches.
  std::map<RequestToken, DocumentName> requests_;  // Reads or trims, by the phase.
  std::vector<DocumentName> again_;                // To be read in the next pass.
  bool more_at_once_ = false;                      // The pass could not take all there was.
  bool failed_ = false;
  bool missed_some_ = false;  // Documents that could not be read or trimmed.

  std::size_t claim_count_ = 0;  // Asked for in the last claim.

  // In a row.
  unsigned failures_ = 0;
  unsigned refusals_ = 0;
  std::size_t singles_left_ = 0;  // So many transactions carry one document only.
  // What one carries now: less after one that took too long, or the same would again.
  std::size_t drain_bytes_max_;
  LogThrottle drain_failed_;
  LogThrottle entry_damaged_;

  Instant drain_began_at_;
  Instant behind_since_;  // When it last had taken everything.
  ports::GaugeShare lag_gauge_;
  ports::GaugeShare documents_gauge_;
};

}  // namespace syncline::core
