#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "loadgen/client/update_ids.h"
#include "server/base/document_name.h"
#include "server/ports/drain_store.h"
#include "server/ports/history_store.h"
#include "server/ports/snapshot_store.h"
#include "server/ports/update_store.h"
#include "server/ports/write_buffer.h"

namespace syncline::world {

using client::UpdateIds;

enum class StoreStep : std::uint8_t {
  append,
  read_log,
  read_heads,
  read_snapshot,
  write_snapshot,
  drain,
  find_old_logs,
  forget,
  // Of the write buffer.
  buffer_append,
  buffer_read,
  buffer_heads,
  buffer_claim,
  buffer_trim,
};

// How one step of the store can go wrong.
enum class StoreFault : std::uint8_t {
  none,
  refused,            // Append, drain: not in the log, and never will be.
  storage_full,       // Append: the same, because no space is left.
  unknown_committed,  // Append: it is in the log, but the answer was lost.
  unknown_lost,       // Append: it is not in the log, and the answer was lost.
  unknown_late,       // Append: the answer was lost; it gets into the log some time later.
  error,              // Any other step: the store could not do it now.
  corrupt,            // A read: the bytes that come back are not those that were written.
  lacking,            // A read of the buffer: the head comes, and no entry.
};

std::string_view name(StoreStep step);
std::string_view name(StoreFault fault);
// The ways in which this step can fail.
std::vector<StoreFault> faults_of(StoreStep step);

// One request of a node to the store, as it was made.
struct StoreRequest {
  StoreStep step;
  RequestToken token;
  DocumentName document;
  SharedBytes bytes = {};  // The update, or the snapshot's state.
  std::uint64_t checksum = 0;
  Sequence sequence = {};  // read_log: after; read_snapshot: before; write_snapshot: its own.
  std::size_t bytes_max = 0;
  std::vector<DocumentName> documents = {};  // read_heads, buffer_heads.
  // buffer_read: after; buffer_trim: through; buffer_append: the lineage that is known.
  ports::BufferPosition position = {};
  std::size_t count_max = 0;  // buffer_claim.
  Duration lease = {};        // buffer_claim.
  std::vector<ports::DrainBatch> batches = {};
  // find_old_logs: after the document, or from the first; count_max. forget: the document's.
  bool from_first = false;
  ports::HistoryAge age = {};
  ports::Forgetting forgetting = {};
};

using StoreAnswer =
    std::variant<ports::AppendResult, Result<ports::LogPage>, Result<std::vector<Sequence>>,
                 Result<std::optional<ports::Snapshot>>, ports::SnapshotOutcome, ports::DrainResult,
                 ports::BufferAppendResult, Result<ports::BufferPage>, Result<ports::BufferHeads>,
                 Result<std::vector<DocumentName>>, Result<ports::BufferHead>,
                 Result<ports::OldLogPage>, ports::ForgetResult>;

// The same bytes with one bit flipped in the middle.
SharedBytes damaged(const SharedBytes& bytes);

// The logs and snapshots of all documents: the disk that all nodes share, and that survives them.
class MemoryStore {
 public:
  // Without a clock no time passes.
  explicit MemoryStore(std::function<Instant()> clock = {}) : clock_(std::move(clock)) {}

  // Does what the request asks, with the given fault; the answer is for the caller to deliver,
  // later. For unknown_late the caller also calls commit(), later.
  StoreAnswer execute(const StoreRequest& request, StoreFault fault);

  // REQUIRES: request.step == append.
  Sequence commit(const StoreRequest& request);
  // REQUIRES: request.step == drain.
  std::vector<Sequence> commit_drain(const StoreRequest& request);

  // Observers, for checks.
  std::vector<DocumentName> documents() const;
  // All that was ever appended; what was forgotten can only be seen here.
  const std::vector<ports::LogRecord>& log(const DocumentName& document) const;
  // So many of them are forgotten.
  std::size_t forgotten(const DocumentName& document) const;
  const std::map<Sequence, ports::Snapshot>& snapshots(const DocumentName& document) const;
  // Everything that the document's log says was inserted and deleted.
  const UpdateIds& logged_ids(const DocumentName& document) const;

  // Damages what is stored, for good.
  void damage_record(const DocumentName& document, Sequence sequence);
  void damage_newest_snapshot(const DocumentName& document);
  // The log goes back: it failed over to where only the records up to here had arrived.
  void lose_after(const DocumentName& document, Sequence last);
  void damage_all_snapshots(const DocumentName& document);

 private:
  struct Shelf {
    std::vector<ports::LogRecord> log;
    UpdateIds ids;
    std::vector<Instant> appended_at = {};  // Of each record.
    std::size_t forgotten = 0;              // So many records can be read no more.
    std::map<Sequence, ports::Snapshot> snapshots;
    std::set<Sequence> verified = {};  // Snapshots on which that relies.
    // The offset up to which each lineage of the buffer has been drained.
    std::map<std::uint64_t, std::uint64_t> drained;
  };

  Instant now() const { return clock_ ? clock_() : Instant{}; }
  void put(Shelf& shelf, std::uint64_t checksum, const SharedBytes& update) const;

  ports::AppendResult append(const StoreRequest& request, StoreFault fault);
  Result<ports::LogPage> read_log(const StoreRequest& request, StoreFault fault) const;
  Result<std::vector<Sequence>> read_heads(const StoreRequest& request, StoreFault fault) const;
  ports::DrainResult drain(const StoreRequest& request, StoreFault fault);
  Result<std::optional<ports::Snapshot>> read_snapshot(const StoreRequest& request,
                                                       StoreFault fault) const;
  ports::SnapshotOutcome write_snapshot(const StoreRequest& request, StoreFault fault);
  Result<ports::OldLogPage> find_old_logs(const StoreRequest& request, StoreFault fault) const;
  ports::ForgetResult forget(const StoreRequest& request, StoreFault fault);
  const Shelf& shelf(const DocumentName& document) const;

  const std::function<Instant()> clock_;
  std::map<DocumentName, Shelf> shelves_;
};

// A node's way to the store: turns calls into requests and hands them on.
class StorePort final : public ports::UpdateStore,
                        public ports::SnapshotStore,
                        public ports::DrainStore,
                        public ports::HistoryStore {
 public:
  explicit StorePort(std::function<void(StoreRequest)> request) : request_(std::move(request)) {}

  void append(RequestToken token, const DocumentName& document, SharedBytes update,
              std::uint64_t checksum) override;
  void read_log(RequestToken token, const DocumentName& document, Sequence after,
                std::size_t bytes_max) override;
  void read_heads(RequestToken token, std::vector<DocumentName> documents) override;
  void read_snapshot(RequestToken token, const DocumentName& document, Sequence before) override;
  void write_snapshot(RequestToken token, const DocumentName& document,
                      ports::Snapshot snapshot) override;
  void drain(RequestToken token, std::vector<ports::DrainBatch> batches) override;
  void find_old_logs(RequestToken token, const std::optional<DocumentName>& after,
                     std::size_t count_max, ports::HistoryAge age) override;
  void forget(RequestToken token, const DocumentName& document,
              const ports::Forgetting& forgetting) override;

  // The write buffer's, which has some names in common with the log's.
  ports::WriteBuffer& buffer() { return buffer_; }

 private:
  class Buffer final : public ports::WriteBuffer {
   public:
    explicit Buffer(const std::function<void(StoreRequest)>& request) : request_(request) {}

    void append(RequestToken token, const DocumentName& document, SharedBytes update,
                std::uint64_t checksum, std::uint64_t known_lineage) override;
    void read(RequestToken token, const DocumentName& document, ports::BufferPosition after,
              std::size_t bytes_max) override;
    void read_heads(RequestToken token, std::vector<DocumentName> documents) override;
    void claim(RequestToken token, std::size_t count_max, Duration lease) override;
    void trim(RequestToken token, const DocumentName& document,
              ports::BufferPosition through) override;

   private:
    const std::function<void(StoreRequest)>& request_;
  };

  const std::function<void(StoreRequest)> request_;
  Buffer buffer_{request_};
};

}  // namespace syncline::world
