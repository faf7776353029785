#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/adapters/postgres/postgres_options.h"
#include "server/base/document_name.h"
#include "server/base/ids.h"
#include "server/base/result.h"
#include "server/ports/clock.h"
#include "server/ports/metrics.h"
#include "server/ports/store_reader.h"

namespace syncline::adapters {

namespace postgres {
class Watchdog;
}  // namespace postgres

// Reads the documents in PostgreSQL, blocking, on one connection: for the commands, for the threads
// that answer HTTP, and under the PostgresStore. It changes nothing.
//
// When the connection is lost, what is under way fails with `unavailable`; later calls connect
// again, at most every so often. May be called from any thread; calls wait for each other.
class PostgresReader final : public ports::StoreReader {
 public:
  // `unavailable`: it cannot be reached; the detail is a line for the operator. Versions are not
  // checked: check_postgres_version() does that.
  static Result<std::unique_ptr<PostgresReader>> open(const PostgresOptions& options,
                                                      ports::Clock& clock);
  // For a reader among others of a process. Both must outlive it.
  static Result<std::unique_ptr<PostgresReader>> open(const PostgresOptions& options,
                                                      ports::Clock& clock,
                                                      postgres::Watchdog& watchdog,
                                                      ports::Metrics* metrics);

  ~PostgresReader() override;
  PostgresReader(const PostgresReader&) = delete;
  PostgresReader& operator=(const PostgresReader&) = delete;

  void end() override;

  // As in ports::DocumentCatalog. `filter` is compared byte by byte. The whole catalog may have to
  // be looked through if few names contain it.
  Result<std::vector<ports::DocumentEntry>> list(const std::optional<std::string>& after,
                                                 std::size_t limit,
                                                 const std::string& filter) override;
  Result<std::optional<ports::DocumentEntry>> find(const DocumentName& name) override;

  Result<ports::LogPage> read_log(const DocumentName& document, Sequence after,
                                  std::size_t bytes_max) override;
  Result<std::vector<Sequence>> read_heads(const std::vector<DocumentName>& documents) override;
  Result<std::optional<ports::Snapshot>> read_snapshot(const DocumentName& document,
                                                       Sequence before) override;
  Result<ports::OldLogPage> find_old_logs(const std::optional<DocumentName>& after,
                                          std::size_t count_max, ports::HistoryAge age) override;

 private:
  class State;

  explicit PostgresReader(std::unique_ptr<State> state);

  const std::unique_ptr<State> state_;  // With its lock.
};

}  // namespace syncline::adapters
