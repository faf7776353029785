#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/base/document_name.h"
#include "server/base/ids.h"
#include "server/base/result.h"
#include "server/ports/store_reader.h"

namespace syncline::adapters {

// Reads a data folder, blocking: for the commands, for the threads that answer HTTP, and under the
// SqliteStore. It changes nothing and needs no lock: a server may be writing in the folder at the
// same time, and each call sees what was committed before it.
//
// May be called from any thread; calls wait for each other.
class SqliteReader final : public ports::StoreReader {
 public:
  // `not_found` if there is no database in the folder, `unsupported_version` if it is not ours or
  // is of a newer version, `checksum_mismatch` if it is damaged.
  static Result<std::unique_ptr<SqliteReader>> open(const std::filesystem::path& folder);

  ~SqliteReader() override;
  SqliteReader(const SqliteReader&) = delete;
  SqliteReader& operator=(const SqliteReader&) = delete;

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

  explicit SqliteReader(std::unique_ptr<State> state);

  const std::unique_ptr<State> state_;  // With its lock.
};

}  // namespace syncline::adapters
