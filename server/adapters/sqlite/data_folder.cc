#include "server/adapters/sqlite/data_folder.h"

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace syncline::adapters::sqlite {
namespace {

namespace fs = std::filesystem;

Error folder_error(const fs::path& folder, int number) {
  std::string detail = "cannot write in " + folder.string() + ": " + std::strerror(number);
  detail += "; choose another folder with --data, or give this user write permission to it";
  return Error{number == ENOSPC ? ErrorCode::storage_full : ErrorCode::io_error, std::move(detail)};
}

// A new entry of a folder survives power loss only once the folder itself is on the disk.
void sync_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

std::string holder(int descriptor) {
  char text[32];
  const ssize_t size = ::pread(descriptor, text, sizeof text, 0);
  std::string pid;
  for (ssize_t i = 0; i < size && text[i] >= '0' && text[i] <= '9'; ++i) pid.push_back(text[i]);
  return pid.empty() ? "another process" : "another process (pid " + pid + ")";
}

}  // namespace

fs::path database_file(const fs::path& folder) { return folder / "syncline.db"; }

Result<void> create_data_folder(const fs::path& folder) {
  std::error_code code;
  const fs::path absolute = fs::absolute(folder, code).lexically_normal();
  if (fs::is_directory(absolute, code)) return {};
  // From the outermost folder that is missing to the innermost.
  fs::path path = absolute.root_path();
  for (const fs::path& part : absolute.relative_path()) {
    if (part.empty()) continue;
    const fs::path parent = path;
    path /= part;
    if (::mkdir(path.c_str(), 0700) == 0) {
      sync_folder(parent);
    } else if (errno != EEXIST) {
      return folder_error(folder, errno);
    }
  }
  if (!fs::is_directory(absolute, code)) return folder_error(folder, ENOTDIR);
  return {};
}

Result<FolderLock> FolderLock::acquire(const fs::path& folder) {
  const fs::path file = folder / "serve.lock";
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return folder_error(folder, errno);
  FolderLock lock(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return folder_error(folder, errno);
    return Error{ErrorCode::unavailable,
                 holder(descriptor) + " uses the data folder " + folder.string() +
                     "; stop it first, or choose another folder with --data"};
  }
  // For people who wonder who it is; nothing depends on it.
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(descriptor, 0) != 0 ||
      ::pwrite(descriptor, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    return folder_error(folder, errno);
  }
  return lock;
}

FolderLock::FolderLock(FolderLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace syncline::adapters::sqlite
