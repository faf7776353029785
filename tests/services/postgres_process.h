#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tests/services/child_process.h"

namespace syncline::tests {

// A real PostgreSQL of the test's own: on a free port of the loopback interface, with its data in a
// temporary folder, which goes with it. One that cannot be started ends the test.
class PostgresProcess {
 public:
  struct Setting {
    bool fsync = false;                  // A test that kills only processes can do without.
    std::vector<std::string> more = {};  // Further settings: "name=value".
    const PostgresProcess* standby_of = nullptr;  // Follows it, and only reads, until promote().
  };

  PostgresProcess();
  explicit PostgresProcess(const Setting& setting);
  ~PostgresProcess();
  PostgresProcess(const PostgresProcess&) = delete;
  PostgresProcess& operator=(const PostgresProcess&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url(const std::string& database = "postgres") const;
  // An empty database of its own, for one test. Returns its URL.
  std::string create_database();
  bool running() const { return process_.has_value(); }

  // SIGKILL of the server: its backends notice and go.
  void kill();
  // As an operator who is in a hurry: whatever is under way is cut off.
  void stop_immediately();
  // Returns once it answers.
  void start();
  // A standby becomes a primary of its own; returns when it is one.
  void promote();
  // SIGSTOP and SIGCONT of the server and all its backends: it is there and silent.
  void pause();
  void resume();

  // Runs SQL as its superuser, and returns what psql prints.
  std::string run_sql(const std::string& sql, const std::string& database = "postgres") const;

 private:
  void make_data(const Setting& setting) const;
  void signal_all(int signal) const;

  TemporaryFolder folder_;
  std::uint16_t port_ = 0;
  std::vector<std::string> settings_;
  std::optional<ChildProcess> process_;
  int databases_ = 0;
};

}  // namespace syncline::tests
