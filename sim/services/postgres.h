#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "server/base/instant.h"
#include "sim/network.h"
#include "sim/random_stream.h"
#include "sim/services/chronicle.h"
#include "sim/services/disk.h"
#include "sim/services/log_tables.h"
#include "sim/services/postgres_protocol.h"
#include "sim/services/process.h"
#include "sim/services/service_reports.h"

namespace syncline::sim {

// The simulated PostgreSQL: executes the transactions that arrive over the network, as the real one
// does and with its failures.
//
// A writing transaction locks the rows of its documents, in the order of their numbers (so two
// never wait for each other), and waits where another holds one. Holding all, it assigns sequence
// numbers, and is committed when its record is synced (synchronous_commit = on): from that instant
// on it survives everything. Only then are the locks free, and only then does the answer leave.
// Whatever happens between, the client that hears nothing cannot know on which side of that instant
// it was.
//
// The server does not notice that a client is gone: what has arrived is executed.
class Postgres final : public Listener, public LinkEvents {
 public:
  // All must outlive it. It is down until start().
  Postgres(Party self, std::uint64_t seed, Network& network, const Chronicle& chronicle,
           ServiceReports& reports);

  Postgres(const Postgres&) = delete;
  Postgres& operator=(const Postgres&) = delete;

  // A message of a connection's opener: runs at its arrival here.
  void receive(LinkId link, Party from, PostgresClient& client, PostgresRequestPtr request);

  // Faults.

  // The process must live until crash(), which the world calls when it has died.
  void start(Process& process);
  // SIGKILL, and power loss alike: what was being synced is there or not; all else in flight is
  // rolled back; connections are reset. REQUIRES: running().
  void crash();
  bool running() const { return process_ != nullptr; }
  // Entries of logs get dates, so that they can become old.
  void date_entries();
  void set_disk_full(bool full) { disk_.set_full(full); }
  void slow(Duration by) { disk_.slow(by); }
  // 0: none. The connection of each n-th writing transaction dies around its commit: before it,
  // after it, or long before it, while the server goes on.
  void lose_answers_every(std::uint32_t n) { lost_answers_ = {.every = n}; }
  void serialization_every(std::uint32_t n) { serialization_ = {.every = n}; }
  void tear_snapshots_every(std::uint32_t n) { torn_snapshots_ = {.every = n}; }
  // Something else has taken all connections: transactions wait for one, and are refused if it
  // takes too long.
  void exhaust_pool(bool exhausted);

  // Observers, for cold reads and measurements.
  const LogTables& tables() const { return tables_; }
  std::uint64_t write_transactions() const { return write_transactions_; }
  std::uint64_t requests() const { return requests_; }

  void on_link_open(LinkId) override {}
  void on_link_end(LinkId, LinkEnd) override {}
  LinkEvents* on_link_arrives(LinkId link, Party from) override;

 private:
  // Counts to n, again and again.
  struct Every {
    std::uint32_t every = 0;
    std::uint32_t count = 0;

    bool hits() { return every > 0 && ++count % every == 0; }
  };

  struct Call {
    LinkId link;
    Party from;
    PostgresClient* client;
    PostgresRequestPtr request;
  };

  using Slot = std::uint32_t;
  static constexpr Slot nobody = UINT32_MAX;

  // A writing transaction. It holds locks_held of its locks, and waits for the next, or runs.
  struct Transaction {
    Call call;
    std::uint64_t number = 0;          // 0: the slot is free.
    std::vector<std::uint32_t> locks;  // Document numbers, ascending.
    std::size_t locks_held = 0;
    bool running = false;           // Holds all; its record is being synced.
    std::vector<Sequence> numbers;  // sequence_outside_lock: of the rows, read too early.
  };

  struct RowLock {
    Slot holder = nobody;
    std::deque<Slot> waiting;
  };

  struct Held {
    Call call;
    Instant since;
  };

  void execute(Call call);
  void read(Call call);
  PostgresAnswer read_now(const Call& call) const;

  void begin(Call call);
  void report_begin(const PostgresRequest& request);
  // Takes the locks that it still needs, as far as they are free.
  void proceed(Slot slot);
  void wait_for_lock(Slot slot, RowLock& row);
  void on_lock_timeout(Slot slot);
  void sync(Slot slot);
  void on_synced(Slot slot);
  void lose_answer(Slot slot);
  void roll_back(const Call& call);
  void finish(Slot slot, std::optional<PostgresAnswer> answer);
  PostgresAnswer commit(Transaction& transaction);
  std::vector<Sequence> append(const Transaction& transaction, const AppendRows& request);
  std::vector<Sequence> drain(const DrainDocuments& request);
  void read_numbers(Transaction& transaction) const;
  void note_unsynced(const std::vector<std::uint32_t>& documents);
  void lose_unsynced();
  void report_commit(const PostgresRequest& request);
  void release(Slot slot);
  void on_pool_wait_over();

  void answer(const Call& call, PostgresAnswer answer);
  // True if `number` still is the transaction in that slot.
  bool is(Slot slot, std::uint64_t number) const { return transactions_[slot].number == number; }

  // Constant after construction.
  const Party self_;
  Network& network_;
  ServiceReports& reports_;

  Disk disk_;
  RandomStream random_;
  LogTables tables_;
  Process* process_ = nullptr;  // While it runs.
  WallTime told_time_;          // The last time of day that its clock told.

  // Never shrinks; a closure that waits names its transaction by slot and number.
  std::deque<Transaction> transactions_;
  std::vector<Slot> free_slots_;
  std::uint64_t transactions_begun_ = 0;
  std::vector<RowLock> rows_;  // By document number.

  bool pool_exhausted_ = false;
  std::deque<Held> held_;  // Wait for a connection, oldest first.
  bool pool_wait_armed_ = false;

  // commit_not_synced: how logs stood before what was committed last.
  struct Unsynced {
    Instant since;
    DocumentNumber document;
    Sequence head;
  };
  std::deque<Unsynced> unsynced_;

  Every lost_answers_;
  Every serialization_;
  Every torn_snapshots_;

  std::uint64_t requests_ = 0;
  std::uint64_t write_transactions_ = 0;
};

}  // namespace syncline::sim
