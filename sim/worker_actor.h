#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/core/worker.h"
#include "sim/backend.h"
#include "sim/event_loop.h"
#include "sim/machine.h"
#include "sim/process_log.h"
#include "sim/process_metrics.h"

namespace syncline::sim {

// What a worker needs of the run; all must outlive it.
struct WorkerSurroundings {
  Machine& machine;
  const Chronicle& chronicle;
  const Services& services;
  std::uint64_t seed;
};

struct WorkerSetting {
  core::WorkerConfig config;
  Duration hand_over_max = microseconds(200);
};

// A worker on a thread of its own, in a process of its own or in a node's: core::Worker with
// everything that it asks of the world. Ends with the life of its process.
class WorkerActor final : public ports::UpdateStoreSink,
                          public ports::SnapshotStoreSink,
                          public ports::WriteBufferSink,
                          public ports::DrainStoreSink,
                          public ports::HistoryStoreSink,
                          private Driven {
 public:
  // `name` tells the workers of all lives apart; `origin` does so among those who live.
  WorkerActor(const WorkerSurroundings& surroundings, const WorkerSetting& setting,
              const std::string& name, std::uint64_t origin);

  // SIGTERM.
  void drain();
  bool drained() const { return worker_.drained(); }

  const ProcessMetrics& metrics() const { return metrics_; }

  // Answers.
  void on_append_done(RequestToken token, ports::AppendResult result) override;
  void on_log_page(RequestToken token, Result<ports::LogPage> page) override;
  void on_log_heads(RequestToken token, Result<std::vector<Sequence>> heads) override;
  void on_snapshot_read(RequestToken token,
                        Result<std::optional<ports::Snapshot>> snapshot) override;
  void on_snapshot_written(RequestToken token, ports::SnapshotOutcome outcome) override;
  void on_buffer_append_done(RequestToken token, ports::BufferAppendResult result) override;
  void on_buffer_page(RequestToken token, Result<ports::BufferPage> page) override;
  void on_buffer_heads(RequestToken token, Result<ports::BufferHeads> heads) override;
  void on_buffer_claimed(RequestToken token, Result<std::vector<DocumentName>> documents) override;
  void on_buffer_trimmed(RequestToken token, Result<ports::BufferHead> head) override;
  void on_drain_done(RequestToken token, ports::DrainResult result) override;
  void on_old_logs(RequestToken token, Result<ports::OldLogPage> page) override;
  void on_forgotten(RequestToken token, ports::ForgetResult result) override;

 private:
  // Driven.
  Instant next_deadline() const override { return worker_.next_deadline(); }
  void on_deadline() override { worker_.on_deadline(); }
  void end_turn() override {}

  RandomStream random_;
  ProcessMetrics metrics_;
  ProcessLog log_;
  std::unique_ptr<Backend> backend_;
  core::Worker worker_;
  EventLoop loop_;
};

}  // namespace syncline::sim
