#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tests/services/child_process.h"

namespace syncline::tests {

// A real redis-server of the test's own: on a free port of the loopback interface and a unix
// socket, with its data in a temporary folder, which goes with it. A redis-server that cannot be
// started ends the test.
class RedisProcess {
 public:
  struct Setting {
    std::string appendfsync = "always";  // Empty: no append-only file.
    std::vector<std::string> more = {};  // Further arguments of redis-server.
  };

  RedisProcess();
  explicit RedisProcess(const Setting& setting);
  RedisProcess(const RedisProcess&) = delete;
  RedisProcess& operator=(const RedisProcess&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_) + "/0"; }
  std::filesystem::path socket() const { return folder() / "redis.sock"; }
  const std::filesystem::path& folder() const { return folder_.path(); }
  bool running() const { return process_.has_value(); }

  // SIGKILL: what was written stays in its file.
  void kill();
  // With the arguments of before; returns once it answers.
  void start();
  // SIGSTOP and SIGCONT: it is there and silent.
  void pause();
  void resume();

  // The files as they are; start() after restore() begins with them. For a Redis that comes back
  // behind. REQUIRES: not running, for restore().
  void keep_files();
  void restore_files();

  // Of what a service of several servers may be asked, too.
  void ask_all(const std::vector<std::string>& command) const { ask(command); }
  std::string ask_for_slot(std::uint16_t, const std::vector<std::string>& command) const {
    return ask(command);
  }

  // Sends a command and returns what it answers as text: a string, a number, an error with its
  // minus sign; the elements of an array in lines.
  std::string ask(const std::vector<std::string>& command) const;

 private:
  // False if it ended at once: somebody else took the port.
  bool run();

  TemporaryFolder folder_;
  const Setting setting_;
  std::uint16_t port_ = 0;
  std::optional<ChildProcess> process_;  // While it runs.
};

}  // namespace syncline::tests
