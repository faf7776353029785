#pragma once

#include <filesystem>

#include "server/base/result.h"

// The folder that --data names: syncline.db (with SQLite's -wal and -shm beside it) and serve.lock.

namespace syncline::adapters::sqlite {

std::filesystem::path database_file(const std::filesystem::path& folder);

// Makes the folder if it does not exist, durably. What is wrong is said with its path and a remedy.
Result<void> create_data_folder(const std::filesystem::path& folder);

// The right to write in a data folder. Two servers on one folder would each believe to be the only
// writer; so whoever writes holds this, from before it opens the database until after it has closed
// it. The operating system releases it when the process ends, however it ends.
class FolderLock {
 public:
  // `unavailable` if another process holds it.
  static Result<FolderLock> acquire(const std::filesystem::path& folder);

  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();

 private:
  explicit FolderLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

}  // namespace syncline::adapters::sqlite
