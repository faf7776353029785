#pragma once

#include <cstddef>

#include "server/base/instant.h"
#include "server/base/limits.h"
#include "server/ports/clock.h"
#include "server/ports/drain_store.h"
#include "server/ports/history_store.h"
#include "server/ports/log.h"
#include "server/ports/metrics.h"
#include "server/ports/random.h"
#include "server/ports/snapshot_store.h"
#include "server/ports/update_store.h"
#include "server/ports/write_buffer.h"

namespace syncline::core {

// What an operator may set about a worker. Constant while it runs.
struct WorkerConfig {
  // Draining.
  Duration flush_interval = seconds(1);  // Looks for dirty documents this often.
  // A worker that died keeps its documents from the others for so long.
  Duration claim_lease = seconds(10);
  std::size_t claim_documents_max = 1000;  // At once.
  std::size_t documents_max = 100'000;     // In its hands: those that change all the time.
  std::size_t reads_max = 32;              // Of the buffer, at the same time.
  std::size_t page_bytes = 512 * limits::kibibyte;
  // In one transaction, about: a page more for each read that is under way.
  std::size_t drain_bytes_max = 16 * limits::mebibyte;
  Duration retry_delay_min = milliseconds(100);  // After a failure; doubled up to the max.
  Duration retry_delay_max = seconds(5);

  // Snapshots.
  Duration snapshot_interval = seconds(30);  // Of activity.
  std::size_t snapshot_updates_min = 64;     // Fewer new updates are not worth one.
  std::size_t snapshots_max = 2;             // Documents in memory at the same time.
  // Documents whose activity is remembered; the one that is due last is forgotten first.
  std::size_t active_documents_max = 100'000;
  std::size_t log_page_bytes = 512 * limits::kibibyte;
  // As in Config.
  bool keep_deleted_content = false;

  // History. Zero: it is kept for ever.
  Duration history_retention = Duration::zero();
  std::size_t history_documents = 200;        // Looked at in one go.
  Duration history_pause = seconds(1);        // Between goes that found nothing.
  std::size_t history_batch_updates = 1'000;  // In one transaction.
};

// The world of one worker. All must outlive it; all belong to its thread, except where the port
// says that it may be called from any.
struct WorkerPorts {
  ports::Clock& clock;
  ports::Random& random;
  // Both or none: without them there is nothing to drain.
  ports::WriteBuffer* buffer = nullptr;
  ports::DrainStore* drains = nullptr;
  // Null: no history ends.
  ports::HistoryStore* history = nullptr;
  ports::UpdateStore& updates;
  ports::SnapshotStore& snapshots;
  ports::Metrics& metrics;
  ports::Log& log;
};

}  // namespace syncline::core
