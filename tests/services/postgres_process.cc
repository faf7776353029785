#include "tests/services/postgres_process.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <thread>

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/base/assert.h"

namespace syncline::tests {
namespace {

namespace fs = std::filesystem;

// Debian's PostgreSQL runs as this user; it refuses to run as root.
constexpr const char* service_user = "postgres";
constexpr const char* superuser = "syncline";

// Debian keeps each version's programs in a folder of its own, beside the PATH.
std::string program(const std::string& name) {
  std::vector<fs::path> found;
  const fs::path versions = "/usr/lib/postgresql";
  if (fs::exists(versions)) {
    for (const auto& version : fs::directory_iterator(versions)) {
      const fs::path file = version.path() / "bin" / name;
      if (fs::exists(file)) found.push_back(file);
    }
  }
  return found.empty() ? name : std::max_element(found.begin(), found.end())->string();
}

// What the command prints.
std::string output_of(const std::string& command) {
  std::string text;
  std::FILE* const pipe = ::popen(command.c_str(), "r");
  SYNCLINE_ASSERT(pipe != nullptr);
  char buffer[4096];
  while (const std::size_t count = std::fread(buffer, 1, sizeof(buffer), pipe)) {
    text.append(buffer, count);
  }
  ::pclose(pipe);
  return text;
}

std::string shell_word(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

PostgresProcess::PostgresProcess() : PostgresProcess(Setting{}) {}

PostgresProcess::PostgresProcess(const Setting& setting) : port_(free_port()) {
  // The service's user must be able to make its own folder here, and to write into this one.
  ::chmod(folder_.path().c_str(), 0777);
  make_data(setting);
  settings_ = {"listen_addresses=127.0.0.1",
               "port=" + std::to_string(port_),
               "unix_socket_directories=" + folder_.path().string(),
               std::string("fsync=") + (setting.fsync ? "on" : "off"),
               "max_connections=200",
               "log_min_messages=warning"};
  settings_.insert(settings_.end(), setting.more.begin(), setting.more.end());
  start();
}

void PostgresProcess::make_data(const Setting& setting) const {
  const std::string data = (folder_.path() / "data").string();
  std::vector<std::string> arguments = {
      program("initdb"), "--pgdata",   data,   "--username", superuser, "--auth",           "trust",
      "--no-sync",       "--encoding", "UTF8", "--locale",   "C",       "--no-instructions"};
  if (setting.standby_of != nullptr) {
    arguments = {program("pg_basebackup"),
                 "--pgdata",
                 data,
                 "--dbname",
                 setting.standby_of->url(),
                 "--write-recovery-conf",
                 "--checkpoint=fast",
                 "--no-sync"};
  }
  const auto made = run_command({.arguments = arguments,
                                 .output = folder_.path() / "initdb.log",
                                 .user = unprivileged_user(service_user)});
  SYNCLINE_ASSERT(made.ok(), made.error().detail);
}

PostgresProcess::~PostgresProcess() {
  if (running()) stop_immediately();
}

std::string PostgresProcess::url(const std::string& database) const {
  return std::string("postgresql://") + superuser + "@127.0.0.1:" + std::to_string(port_) + "/" +
         database;
}

std::string PostgresProcess::create_database() {
  const std::string name = "test" + std::to_string(++databases_);
  run_sql("CREATE DATABASE " + name);
  return url(name);
}

// Right after a kill the old backends may still hold what the new server needs: it is tried again.
void PostgresProcess::start() {
  SYNCLINE_ASSERT(!running());
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  std::vector<std::string> arguments = {program("postgres"), "-D",
                                        (folder_.path() / "data").string()};
  for (const std::string& setting : settings_) {
    arguments.push_back("-c");
    arguments.push_back(setting);
  }
  while (run_sql("SELECT 1") != "1\n") {
    SYNCLINE_ASSERT(std::chrono::steady_clock::now() < deadline, folder_.path());
    if (!process_ || !process_->is_running()) {
      auto started = ChildProcess::start({.arguments = arguments,
                                          .output = folder_.path() / "log",
                                          .user = unprivileged_user(service_user)});
      SYNCLINE_ASSERT(started.ok(), started.error().detail);
      process_.emplace(std::move(started).value());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void PostgresProcess::kill() {
  SYNCLINE_ASSERT(running());
  process_->kill();
  process_.reset();
}

void PostgresProcess::stop_immediately() {
  SYNCLINE_ASSERT(running());
  signal_all(SIGCONT);
  process_->send(SIGQUIT);
  process_->wait();
  process_.reset();
}

void PostgresProcess::promote() {
  SYNCLINE_ASSERT(running());
  const std::string done = run_sql("SELECT pg_promote()");
  SYNCLINE_ASSERT(done == "t\n", done);
}

void PostgresProcess::pause() { signal_all(SIGSTOP); }

void PostgresProcess::resume() { signal_all(SIGCONT); }

void PostgresProcess::signal_all(int signal) const {
  std::istringstream children(output_of("ps -o pid= --ppid " + std::to_string(process_->id())));
  process_->send(signal);
  pid_t child = 0;
  while (children >> child) ::kill(child, signal);
}

std::string PostgresProcess::run_sql(const std::string& sql, const std::string& database) const {
  return output_of(program("psql") + " --no-psqlrc --quiet --tuples-only --no-align --dbname " +
                   shell_word(url(database)) + " --command " + shell_word(sql) + " 2>&1");
}

}  // namespace syncline::tests
