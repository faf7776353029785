#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "server/base/ids.h"
#include "server/ports/snapshot_store.h"
#include "server/ports/update_store.h"
#include "sim/history/event.h"
#include "sim/services/chronicle.h"
#include "sim/services/disk.h"
#include "sim/services/log_tables.h"
#include "sim/services/process.h"
#include "sim/services/service_reports.h"
#include "sim/services/store_requests.h"

namespace syncline::sim {

using EmbeddedWrite = std::variant<AppendRow, WriteSnapshot, ForgetRows>;
using EmbeddedRead = std::variant<ReadLog, ReadHeads, ReadSnapshot, FindOldLogs>;
using EmbeddedAnswer =
    std::variant<ports::AppendResult, ports::SnapshotOutcome, ports::LogPage, std::vector<Sequence>,
                 std::optional<ports::Snapshot>, OldLogRows, ports::ForgetResult>;

// Who asks; lives in the same process.
class EmbeddedClient {
 public:
  // As an event of the process, never from within a request.
  virtual void on_embedded_answer(std::uint64_t ticket, EmbeddedAnswer answer) = 0;

 protected:
  ~EmbeddedClient() = default;
};

// SQLite's role: the store inside a node that is alone. One transaction of writes at a time, and
// what arrives meanwhile goes into the next. A crash of the node keeps what was committed; what was
// being synced is there or not.
class EmbeddedStore {
 public:
  // All must outlive it. It is closed until start().
  EmbeddedStore(history::Party self, std::uint64_t seed, const Chronicle& chronicle,
                ServiceReports& reports);

  EmbeddedStore(const EmbeddedStore&) = delete;
  EmbeddedStore& operator=(const EmbeddedStore&) = delete;

  // Requests of the node's shards. Exactly one answer follows, unless the node dies.
  void write(EmbeddedWrite write, EmbeddedClient& client, std::uint64_t ticket);
  void read(EmbeddedRead read, EmbeddedClient& client, std::uint64_t ticket);

  // Faults.

  // With the node's process, which must live until crash(); `node` reads and writes from here on.
  void start(Process& process, history::Party node);
  // The node has died, or ended.
  void crash();
  // Entries of logs get dates, so that they can become old.
  void date_entries();
  void set_disk_full(bool full) { disk_.set_full(full); }
  void slow(Duration by) { disk_.slow(by); }
  // 0: none.
  void tear_snapshots_every(std::uint32_t n) {
    tear_every_ = n;
    snapshots_ = 0;
  }

  // Observers, for cold reads and measurements.
  const LogTables& tables() const { return tables_; }
  std::uint64_t write_transactions() const { return write_transactions_; }

 private:
  struct Asked {
    EmbeddedWrite write;
    EmbeddedClient* client;
    std::uint64_t ticket;
  };

  void begin();
  void on_synced();
  EmbeddedAnswer commit(const EmbeddedWrite& write);
  static EmbeddedAnswer refusal(const EmbeddedWrite& write);
  EmbeddedAnswer read_now(const EmbeddedRead& read) const;

  ServiceReports& reports_;
  const history::Party self_;
  Disk disk_;
  LogTables tables_;

  Process* process_ = nullptr;  // While the node runs.
  WallTime told_time_;          // The last time of day that its clock told.
  history::Party node_;
  std::vector<Asked> waiting_;
  std::vector<Asked> running_;  // Not empty: is being synced.

  std::uint32_t tear_every_ = 0;
  std::uint32_t snapshots_ = 0;
  std::uint64_t write_transactions_ = 0;
};

}  // namespace syncline::sim
