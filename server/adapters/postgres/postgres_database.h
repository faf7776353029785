#pragma once

#include <memory>

#include "server/adapters/postgres/drain_request.h"
#include "server/adapters/postgres/postgres_options.h"
#include "server/adapters/store/store_threads.h"
#include "server/base/result.h"
#include "server/ports/clock.h"
#include "server/ports/log.h"
#include "server/ports/metrics.h"

namespace syncline::adapters {

// A process' connections to PostgreSQL, with a thread each. The shards reach them through a
// PostgresStore each, workers through a PostgresDrainStore; commands use append().
//
// When the server is gone, what is asked is refused (or, in flight, unknown), and the connections
// come back by themselves once it does. All calls may be made from any thread.
class PostgresDatabase final : public store::StoreThreads {
 public:
  // Connects, and brings the tables to this program's version (see PostgresOptions::migrate).
  // Errors as of migrate_postgres(); the detail is a line for the operator. Warns of a server that
  // is set up to forget what it has committed. The ports must outlive the database.
  static Result<std::unique_ptr<PostgresDatabase>> open(const PostgresOptions& options,
                                                        ports::Clock& clock,
                                                        ports::Metrics& metrics, ports::Log& log);

  // Stops.
  ~PostgresDatabase();
  PostgresDatabase(const PostgresDatabase&) = delete;
  PostgresDatabase& operator=(const PostgresDatabase&) = delete;

  // Appends and waits until the update is durable, as ports::UpdateStore::append does. For
  // commands. The error's detail says whether it may have been written all the same. REQUIRES:
  // !update.empty().
  Result<Sequence> append(const DocumentName& document, SharedBytes update, std::uint64_t checksum);

  void append(store::AppendRequest request) override;
  void write_snapshot(store::SnapshotRequest request) override;
  void read(store::ReadRequest request) override;
  void forget(store::ForgetRequest request) override;
  void drain(postgres::DrainRequest request);

  // Finishes and answers everything that was asked before, and ends the threads. What is asked
  // later is refused with `unavailable`.
  void stop();
  // As soon as possible: what waits is refused, and what is in flight is cut off.
  void stop_at_once();

 private:
  class State;

  explicit PostgresDatabase(std::unique_ptr<State> state);

  const std::unique_ptr<State> state_;
};

}  // namespace syncline::adapters
