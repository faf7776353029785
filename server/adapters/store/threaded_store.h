#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "server/adapters/store/answer.h"
#include "server/adapters/store/store_threads.h"
#include "server/ports/executor.h"

namespace syncline::adapters::store {

// The logs and snapshots of one shard or worker, in a store that all share. Its calls are made on
// the shard's thread; the answers come back there through the shard's executor, those of one commit
// together.
//
// It must live until the store has stopped and the executor runs no more tasks.
class ThreadedStore : public ports::UpdateStore,
                      public ports::SnapshotStore,
                      public ports::HistoryStore,
                      private Requester {
 public:
  // Where the answers go. REQUIRES: called before the first request. The sinks must outlive the
  // answers to all requests.
  void attach(ports::UpdateStoreSink& updates, ports::SnapshotStoreSink& snapshots);
  // The same for history; where nobody asks for it, there is no need.
  void attach_history(ports::HistoryStoreSink& history);

  void append(RequestToken token, const DocumentName& document, SharedBytes update,
              std::uint64_t checksum) final;
  void read_log(RequestToken token, const DocumentName& document, Sequence after,
                std::size_t bytes_max) final;
  void read_heads(RequestToken token, std::vector<DocumentName> documents) final;
  void read_snapshot(RequestToken token, const DocumentName& document, Sequence before) final;
  void write_snapshot(RequestToken token, const DocumentName& document,
                      ports::Snapshot snapshot) final;
  void find_old_logs(RequestToken token, const std::optional<DocumentName>& after,
                     std::size_t count_max, ports::HistoryAge age) final;
  void forget(RequestToken token, const DocumentName& document,
              const ports::Forgetting& forgetting) final;

 protected:
  ThreadedStore(StoreThreads& threads, ports::Executor& executor)
      : threads_(threads), executor_(executor) {}

 private:
  void deliver(std::vector<Answer> answers) final;

  StoreThreads& threads_;
  ports::Executor& executor_;
  ports::UpdateStoreSink* updates_ = nullptr;      // Constant after attach().
  ports::SnapshotStoreSink* snapshots_ = nullptr;  // Constant after attach().
  ports::HistoryStoreSink* history_ = nullptr;     // Constant after attach_history().
};

}  // namespace syncline::adapters::store
