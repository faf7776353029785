#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "server/base/instant.h"
#include "server/base/result.h"

// What a test needs to run a service of its own: a folder, a port, and a process that ends with it.

namespace syncline::tests {

// A new folder below the system's folder for temporary files; removed with all its content when
// this goes. Anybody may enter it, so that a service can run as another user.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// A TCP port of 127.0.0.1 that nobody listens on. Another process may take it before it is used;
// whoever starts a service on it tries again with another.
std::uint16_t free_port();

// Asks every few milliseconds; false if it is not so after `limit`.
bool eventually(const std::function<bool()>& is_so, Duration limit = seconds(20));

// A process that this one started. It is killed and waited for when this goes, and by the system if
// the test itself dies (started by the thread that lives longest, as Linux goes by threads).
class ChildProcess {
 public:
  struct Command {
    std::vector<std::string> arguments;  // The program first; looked up in PATH.
    std::filesystem::path output;        // Appended to: its standard output and error.
    std::string user = {};               // Whose rights it has; empty: ours. Takes root to change.
  };

  static Result<ChildProcess> start(const Command& command);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ~ChildProcess();

  pid_t id() const { return id_; }
  // REQUIRES: it has not been waited for.
  void send(int signal) const;
  // True until it has ended and has been waited for.
  bool is_running();
  // Until it ends; its status as waitpid() tells it. nullopt if it still runs after `limit`.
  std::optional<int> wait(Duration limit = seconds(20));
  // SIGKILL, and until it has ended. Nothing if it has.
  void kill();

 private:
  explicit ChildProcess(pid_t id) : id_(id) {}

  pid_t id_;  // 0: waited for, or moved from.
  std::optional<int> status_;
};

// Runs a command to its end. `io_error` with the last of its output if it does not end with 0.
Result<void> run_command(const ChildProcess::Command& command, Duration limit = seconds(60));

// What the file holds, or nothing; for error messages.
std::string read_file(const std::filesystem::path& file);

// The user as whom a service runs that refuses to run as root: `name` if we are root, else ours.
std::string unprivileged_user(const std::string& name);

}  // namespace syncline::tests
