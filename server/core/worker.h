#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "server/base/document_name.h"
#include "server/base/ids.h"
#include "server/base/instant.h"
#include "server/core/worker_config.h"
#include "server/ports/drain_store.h"
#include "server/ports/history_store.h"
#include "server/ports/snapshot_store.h"
#include "server/ports/update_store.h"
#include "server/ports/write_buffer.h"

namespace syncline::core {

// Moves updates from the write buffer into the log and writes snapshots (durability=buffer), and
// lets history end (either durability, if it is told to). Any number of workers run at the same
// time, and each can be killed or stopped at any instruction:
//
//   1. an entry is trimmed from the buffer only when the log is known to have it;
//   2. whatever the outcome of a transaction was said to be, the same entries may be drained again:
//      the log remembers which positions it has;
//   3. a snapshot is made of the log alone, and says how much of the log it holds;
//   4. an entry leaves the log only when two snapshots are known to hold it (Compactor).
//
// A state machine on one logical thread, like Shard: the driver hands in the answers and calls
// on_deadline() once next_deadline() has passed.
class Worker final : public ports::WriteBufferSink,
                     public ports::DrainStoreSink,
                     public ports::UpdateStoreSink,
                     public ports::SnapshotStoreSink,
                     public ports::HistoryStoreSink {
 public:
  // Begins at its first deadline.
  Worker(const WorkerConfig& config, const WorkerPorts& ports);
  ~Worker();

  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Inputs.

  void on_buffer_claimed(RequestToken token, Result<std::vector<DocumentName>> documents) override;
  void on_buffer_page(RequestToken token, Result<ports::BufferPage> page) override;
  void on_buffer_trimmed(RequestToken token, Result<ports::BufferHead> head) override;
  void on_drain_done(RequestToken token, ports::DrainResult result) override;
  void on_log_page(RequestToken token, Result<ports::LogPage> page) override;
  void on_snapshot_read(RequestToken token,
                        Result<std::optional<ports::Snapshot>> snapshot) override;
  void on_snapshot_written(RequestToken token, ports::SnapshotOutcome outcome) override;
  void on_old_logs(RequestToken token, Result<ports::OldLogPage> page) override;
  void on_forgotten(RequestToken token, ports::ForgetResult result) override;
  // Answers to nodes only.
  void on_buffer_append_done(RequestToken token, ports::BufferAppendResult result) override;
  void on_buffer_heads(RequestToken token, Result<ports::BufferHeads> heads) override;
  void on_append_done(RequestToken token, ports::AppendResult result) override;
  void on_log_heads(RequestToken token, Result<std::vector<Sequence>> heads) override;

  // The earliest time at which on_deadline() has something to do; Instant::never() if nothing waits
  // for time.
  Instant next_deadline() const;
  void on_deadline();

  // SIGTERM: claims nothing more and begins no snapshot, finishes the transaction it is in.
  void drain();
  // True once no answer is awaited.
  bool drained() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace syncline::core
