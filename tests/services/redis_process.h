#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace syncline::testing_services {

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
  ~RedisProcess();
  RedisProcess(const RedisProcess&) = delete;
  RedisProcess& operator=(const RedisProcess&) = delete;

  // Of the loopback interface; nobody holds it for the caller.
  static std::uint16_t free_port();

  std::uint16_t port() const { return port_; }
  std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_) + "/0"; }
  std::filesystem::path socket() const { return folder_ / "redis.sock"; }
  const std::filesystem::path& folder() const { return folder_; }
  pid_t pid() const { return pid_; }
  bool running() const { return pid_ > 0; }

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
  void run();

  std::filesystem::path folder_;
  std::uint16_t port_ = 0;
  std::vector<std::string> arguments_;
  pid_t pid_ = 0;
};

}  // namespace syncline::testing_services
