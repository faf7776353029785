#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "server/adapters/store/store_threads.h"
#include "server/base/bytes.h"
#include "server/base/document_name.h"
#include "server/base/ids.h"
#include "server/base/limits.h"
#include "server/base/result.h"
#include "server/ports/clock.h"
#include "server/ports/log.h"
#include "server/ports/metrics.h"

namespace syncline::adapters {

// The database of one node in its data folder, open for writing: the folder's lock, the thread that
// commits, and the threads that read. The shards reach it through a SqliteStore each; the commands
// that write use append().
//
// All calls may be made from any thread.
class SqliteDatabase final : public store::StoreThreads {
 public:
  struct Options {
    std::filesystem::path folder;  // Made if it does not exist.

    // How much one transaction carries at most.
    std::size_t batch_updates_max = 8192;
    std::size_t batch_bytes_max = 16 * limits::mebibyte;

    std::size_t reader_threads = 2;

    // The largest update or snapshot; SQLite's own limit is a billion bytes.
    std::size_t value_bytes_max = 1'000'000'000;
  };

  // Creates the database, or brings it to this program's version, and takes the folder's lock.
  //
  // `unavailable`: another process has the folder. `unsupported_version`: the file is not ours or
  // of a newer version; it is left untouched. `checksum_mismatch`: the file is damaged. `io_error`,
  // `storage_full`: the folder or file cannot be written. The detail names the path and what to do.
  //
  // The ports must outlive the database.
  static Result<std::unique_ptr<SqliteDatabase>> open(Options options, ports::Clock& clock,
                                                      ports::Metrics& metrics, ports::Log& log);

  // Stops, closes the database and releases the lock.
  ~SqliteDatabase();
  SqliteDatabase(const SqliteDatabase&) = delete;
  SqliteDatabase& operator=(const SqliteDatabase&) = delete;

  // Appends and waits until the update is durable, as ports::UpdateStore::append does. For
  // commands. The error's detail says whether it may have been written all the same. REQUIRES:
  // !update.empty().
  Result<Sequence> append(const DocumentName& document, SharedBytes update, std::uint64_t checksum);

  void append(store::AppendRequest request) override;
  void write_snapshot(store::SnapshotRequest request) override;
  void read(store::ReadRequest request) override;
  void forget(store::ForgetRequest request) override;

  // Lets the file grow to so many pages of 4 KiB and no further; what does not fit is refused with
  // `storage_full`. Takes effect with the next commit.
  void limit_pages(std::uint32_t pages);

  // Finishes and answers everything that was asked before, checkpoints, and ends the threads. What
  // is asked later is refused with `unavailable`.
  void stop();
  // As soon as possible: what waits for a commit is refused, and there is no checkpoint.
  void stop_at_once();

 private:
  class State;

  explicit SqliteDatabase(std::unique_ptr<State> state);

  const std::unique_ptr<State> state_;
};

}  // namespace syncline::adapters
