#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include <stdlib.h>

#include "server/adapters/sqlite/sqlite_database.h"
#include "server/adapters/sqlite/sqlite_store.h"
#include "server/base/assert.h"
#include "tests/unit/adapters/adapter_ports.h"
#include "tests/unit/adapters/queue_executor.h"

// What a database needs around it in a test.

namespace syncline::adapters {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "syncline-XXXXXX").string();
    SYNCLINE_ASSERT(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code code;
    std::filesystem::remove_all(path_, code);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

struct SqlitePorts {
  FixedClock clock;
  CountingMetrics metrics;
  CollectingLog log;

  Result<std::unique_ptr<SqliteDatabase>> open(SqliteDatabase::Options options) {
    return SqliteDatabase::open(std::move(options), clock, metrics, log);
  }
  Result<std::unique_ptr<SqliteDatabase>> open(const std::filesystem::path& folder) {
    return open(SqliteDatabase::Options{.folder = folder});
  }
};

}  // namespace syncline::adapters
