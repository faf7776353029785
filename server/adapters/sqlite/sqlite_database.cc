#include "server/adapters/sqlite/sqlite_database.h"

#include <algorithm>
#include <future>
#include <limits>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "server/adapters/sqlite/data_folder.h"
#include "server/adapters/sqlite/group_commit.h"
#include "server/adapters/sqlite/schema.h"
#include "server/adapters/sqlite/sqlite_reader.h"
#include "server/adapters/sqlite/write_connection.h"
#include "server/adapters/store/append_and_wait.h"
#include "server/adapters/store/read_pool.h"

namespace syncline::adapters {
namespace {

Result<std::vector<std::unique_ptr<ports::StoreReader>>> open_readers(
    const SqliteDatabase::Options& options) {
  std::vector<std::unique_ptr<ports::StoreReader>> readers;
  for (std::size_t i = 0; i < std::max<std::size_t>(options.reader_threads, 1); ++i) {
    SYNCLINE_ASSIGN(auto reader, SqliteReader::open(options.folder));
    readers.push_back(std::move(reader));
  }
  return readers;
}

}  // namespace

class SqliteDatabase::State {
 public:
  State(sqlite::FolderLock lock, std::unique_ptr<sqlite::WriteConnection> connection,
        std::vector<std::unique_ptr<ports::StoreReader>> readers, const Options& options,
        ports::Clock& clock, ports::Metrics& metrics, ports::Log& log)
      : lock_(std::move(lock)),
        commits_(std::move(connection), {options.batch_updates_max, options.batch_bytes_max}, clock,
                 metrics, log),
        reads_(std::move(readers)) {}

  sqlite::GroupCommit& commits() { return commits_; }
  store::ReadPool& reads() { return reads_; }

 private:
  // Released last: after every connection is closed.
  const sqlite::FolderLock lock_;
  sqlite::GroupCommit commits_;
  store::ReadPool reads_;
};

Result<std::unique_ptr<SqliteDatabase>> SqliteDatabase::open(Options options, ports::Clock& clock,
                                                             ports::Metrics& metrics,
                                                             ports::Log& log) {
  const std::filesystem::path file = sqlite::database_file(options.folder);
  // First, so that a folder with somebody else's file does not even get a lock file.
  SYNCLINE_TRY(sqlite::check_file(file));
  SYNCLINE_TRY(sqlite::create_data_folder(options.folder));
  SYNCLINE_ASSIGN(sqlite::FolderLock lock, sqlite::FolderLock::acquire(options.folder));
  SYNCLINE_ASSIGN(auto connection, sqlite::WriteConnection::open(file));
  constexpr std::size_t int_max = std::numeric_limits<int>::max();
  connection->limit_value_bytes(static_cast<int>(std::min(options.value_bytes_max, int_max)));
  SYNCLINE_ASSIGN(auto readers, open_readers(options));
  auto state = std::make_unique<State>(std::move(lock), std::move(connection), std::move(readers),
                                       options, clock, metrics, log);
  return std::unique_ptr<SqliteDatabase>(new SqliteDatabase(std::move(state)));
}

SqliteDatabase::SqliteDatabase(std::unique_ptr<State> state) : state_(std::move(state)) {}

SqliteDatabase::~SqliteDatabase() { stop(); }

Result<Sequence> SqliteDatabase::append(const DocumentName& document, SharedBytes update,
                                        std::uint64_t checksum) {
  return store::append_and_wait(*this, document, std::move(update), checksum);
}

void SqliteDatabase::limit_pages(std::uint32_t pages) { state_->commits().limit_pages(pages); }

void SqliteDatabase::stop() {
  state_->reads().stop();
  state_->commits().stop();
}

void SqliteDatabase::stop_at_once() {
  state_->commits().stop_at_once();
  state_->reads().stop_at_once();
}

void SqliteDatabase::append(store::AppendRequest request) {
  state_->commits().append(std::move(request));
}

void SqliteDatabase::write_snapshot(store::SnapshotRequest request) {
  state_->commits().write_snapshot(std::move(request));
}

void SqliteDatabase::forget(store::ForgetRequest request) {
  state_->commits().forget(std::move(request));
}

void SqliteDatabase::read(store::ReadRequest request) { state_->reads().read(std::move(request)); }

}  // namespace syncline::adapters
