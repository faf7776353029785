#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "server/adapters/sqlite/write_connection.h"
#include "server/adapters/store/answer.h"
#include "server/base/bytes.h"
#include "server/base/document_name.h"
#include "server/ports/clock.h"
#include "server/ports/log.h"
#include "server/ports/metrics.h"

namespace syncline::adapters::sqlite {

// A commit waits for the disk, which takes about as long for one update as for a thousand. So one
// thread commits, again and again, everything that arrived from all shards while it was busy with
// the commit before: under load the batches grow, and an update alone is not held back.
//
// What fails is told apart:
//   - An update or snapshot that cannot be stored itself (too large) is answered refused, and the
//     rest of its batch is tried again without it.
//   - A document whose rows are damaged: all of the batch's updates of it are refused at once, as
//     each would cost the others another transaction.
//   - No space, or a failing disk: the transaction is rolled back and all of it is refused.
//   - The COMMIT itself fails: the bytes may have reached the disk, so the outcome is unknown.
// The next batch simply tries again, so that everything continues once there is space.
//
// append(), write_snapshot(), forget() and stop() may be called from any thread.
class GroupCommit {
 public:
  struct Options {
    std::size_t batch_updates_max;
    std::size_t batch_bytes_max;
  };

  GroupCommit(std::unique_ptr<WriteConnection> connection, Options options, ports::Clock& clock,
              ports::Metrics& metrics, ports::Log& log);
  ~GroupCommit();

  GroupCommit(const GroupCommit&) = delete;
  GroupCommit& operator=(const GroupCommit&) = delete;

  // After stop() they are refused.
  void append(store::AppendRequest request);
  void write_snapshot(store::SnapshotRequest request);
  void forget(store::ForgetRequest request);

  // Takes effect with the next batch.
  void limit_pages(std::uint32_t pages);

  // Commits and answers everything that was asked before, then checkpoints and ends the thread.
  void stop();
  // As soon as possible: refuses what waits for a commit, and leaves the write-ahead log as it is.
  void stop_at_once();

 private:
  // What one transaction carries.
  struct Batch {
    std::vector<store::AppendRequest> appends;
    // At most one, as they are large and nobody waits for them.
    std::vector<store::SnapshotRequest> snapshots;

    bool empty() const { return appends.empty() && snapshots.empty(); }
  };

  // What is done in one go; nobody waits for what is forgotten, so it has a transaction of its own.
  struct Work {
    Batch batch;
    std::optional<store::ForgetRequest> forget;

    bool empty() const { return batch.empty() && !forget; }
  };

  // How a transaction ended that did not commit.
  struct Failure {
    ports::Outcome outcome;
    Error error;
    // The request that failed, counting the appends and then the snapshots; one past the last if it
    // was none of them.
    std::size_t culprit;
  };

  void run();
  void end_thread(bool at_once);
  bool must_hurry();
  // Waits for requests. Empty: stopped.
  Work take_work();
  void take_appends(Batch& batch);

  void commit(Batch batch);
  void commit_forget(const store::ForgetRequest& request);
  Result<ports::ForgetResult> try_forget(const store::ForgetRequest& request);
  Result<void> try_commit(const Batch& batch, store::Answers& answers, Failure& failure);
  Result<void> write_all(const Batch& batch, store::Answers& answers, Failure& failure);
  // Answers and removes the requests to blame, so that the rest can be tried again; false if it is
  // not the fault of some.
  bool drop_culprit(Batch& batch, const Failure& failure);
  void drop_appends(Batch& batch, const Failure& failure);
  void answer_failed(const Batch& batch, const Failure& failure);
  void note_health(const Error* error);

  void apply_page_limit();
  void checkpoint_if_due();

  // Constant after construction; the connection is the thread's.
  const std::unique_ptr<WriteConnection> connection_;
  const Options options_;
  ports::Clock& clock_;
  ports::Metrics& metrics_;
  ports::Log& log_;

  // Shared, under mutex_.
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<store::AppendRequest> appends_;
  std::deque<store::SnapshotRequest> snapshots_;
  std::deque<store::ForgetRequest> forgets_;
  bool stopping_ = false;
  bool at_once_ = false;

  // Zero: nothing to apply.
  std::atomic<std::uint32_t> page_limit_{0};

  // The thread's own.
  bool healthy_ = true;
  int pages_at_checkpoint_ = 0;

  std::mutex stop_mutex_;  // Makes stop() idempotent from any thread.
  std::thread thread_;     // Last: it uses all of the above.
};

}  // namespace syncline::adapters::sqlite
