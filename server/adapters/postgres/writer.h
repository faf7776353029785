#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "server/adapters/postgres/connection.h"
#include "server/adapters/postgres/drain_request.h"
#include "server/adapters/postgres/postgres_options.h"
#include "server/adapters/store/answer.h"
#include "server/base/backoff.h"
#include "server/ports/clock.h"
#include "server/ports/gauge_share.h"
#include "server/ports/log.h"
#include "server/ports/metrics.h"

namespace syncline::adapters::postgres {

// One connection that writes, with its thread: one transaction at a time, which carries all that
// arrived during the one before (group commit). So there are never more transactions in flight than
// writers, however fast people type.
//
// A document's appends always come to the same writer. Those that fail are answered, and the core
// asks again; asked again or not, what was asked for first is committed first.
//
//   - An update that the server cannot store itself (too large, or anything that it says no to
//     because of what it is) is refused alone.
//   - What the server refuses for other reasons (no space) is refused as a whole.
//   - A server that only reads (it was the primary) is left, for the one that is.
//   - When the connection is lost while a transaction is in flight, its outcome is unknown.
//   - While there is no connection, everything is refused at once.
//
// The requests, stop() and stop_at_once() may be called from any thread.
class Writer {
 public:
  // Says, of all writers of a process, whether any of them cannot write. From any thread.
  class Health {
   public:
    explicit Health(ports::Metrics& metrics) : gauge_(metrics, ports::Gauge::degraded_store) {}

    // One writer's state has changed.
    void note(bool works) {
      const std::lock_guard lock(mutex_);
      failing_ += works ? -1 : 1;
      gauge_.set(failing_ > 0 ? 1 : 0);
    }

   private:
    std::mutex mutex_;
    int failing_ = 0;
    ports::GaugeShare gauge_;
  };

  // What a writer needs of its surroundings; all must outlive it.
  struct Surroundings {
    const PostgresOptions& options;
    Watchdog& watchdog;
    ports::Clock& clock;
    ports::Metrics& metrics;
    ports::Log& log;
    Health& health;
  };

  Writer(const Surroundings& surroundings, std::unique_ptr<Connection> connection);
  ~Writer();

  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // After stop() they are refused.
  void append(store::AppendRequest request);
  void write_snapshot(store::SnapshotRequest request);
  void drain(DrainRequest request);
  void forget(store::ForgetRequest request);

  // Commits and answers everything that was asked before, and ends the thread.
  void stop();
  // Refuses what waits. What is in flight ends as the watchdog lets it.
  void stop_at_once();

 private:
  // What is done in one go: appends in one transaction, anything else in one of its own.
  struct Batch {
    std::vector<store::AppendRequest> appends;
    std::optional<store::SnapshotRequest> snapshot;
    std::optional<DrainRequest> drain;
    std::optional<store::ForgetRequest> forget;

    bool empty() const { return appends.empty() && !snapshot && !drain && !forget; }
  };

  template <class Request>
  bool enqueue(std::deque<Request>& queue, Request& request);
  void end_thread(bool at_once);
  void run();
  // Waits for requests, or until it is time to connect. Empty: look again.
  Batch take_batch();
  void take_appends(Batch& batch);
  bool nothing_asked() const;  // With mutex_.
  bool ended();
  // After a while without a request: is the server still there?
  void look();

  void connect_if_due();
  void note_connected(bool connected);
  void note_failure(const Failure& failure);
  void note_works(bool works);
  // What a request is answered with that was not tried.
  static Failure not_connected();

  void commit(Batch batch);
  void commit_appends(std::vector<store::AppendRequest> requests);
  // In one transaction, or in several if the server refuses some of it.
  void commit_part(std::span<const store::AppendRequest> requests);
  void fit_batches(const std::optional<Failure>& failure);
  void note_refused_update(const store::AppendRequest& request, const Failure& failure);
  void commit_snapshot(const store::SnapshotRequest& request);
  void commit_drain(DrainRequest request);
  void commit_forget(const store::ForgetRequest& request);
  void refuse(const Batch& batch, const Failure& failure);
  void refuse(std::span<const store::AppendRequest> appends, const Failure& failure);
  void refuse_too_large(std::vector<store::AppendRequest>& requests);
  std::optional<Failure> attempt(const std::function<void(pqxx::connection&)>& work,
                                 std::size_t bytes);

  const Surroundings surroundings_;

  // Shared, under mutex_.
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<store::AppendRequest> appends_;
  std::deque<store::SnapshotRequest> snapshots_;
  std::deque<DrainRequest> drains_;
  std::deque<store::ForgetRequest> forgets_;
  bool stopping_ = false;

  // The thread's own.
  std::unique_ptr<Connection> connection_;  // Null while there is none.
  // What one transaction of appends carries at most now.
  std::size_t batch_updates_max_;
  std::size_t batch_bytes_max_;
  Instant connect_at_;
  Backoff backoff_;
  std::string refused_last_;  // The document with the last update that was refused alone.
  std::mt19937_64 jitter_{std::random_device()()};
  bool works_ = true;

  std::mutex stop_mutex_;  // Makes stop() idempotent from any thread.
  std::thread thread_;     // Last: it uses all of the above.
};

}  // namespace syncline::adapters::postgres
