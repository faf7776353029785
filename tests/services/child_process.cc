#include "tests/services/child_process.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/base/assert.h"

extern char** environ;

namespace syncline::tests {
namespace {

// setpriv (util-linux) changes the user and lets the system kill the process when we die.
std::vector<std::string> whole_command(const ChildProcess::Command& command) {
  std::vector<std::string> arguments = {"setpriv", "--pdeathsig", "KILL"};
  if (!command.user.empty()) {
    arguments.insert(arguments.end(),
                     {"--reuid", command.user, "--regid", command.user, "--clear-groups"});
  }
  arguments.emplace_back("--");
  arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
  return arguments;
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "syncline-test-XXXXXX").string();
  SYNCLINE_ASSERT(::mkdtemp(name.data()) != nullptr, name);
  path_ = name;
  std::filesystem::permissions(path_, std::filesystem::perms(0755));
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;  // What a test leaves behind fails no test.
  std::filesystem::remove_all(path_, ignored);
}

std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  SYNCLINE_ASSERT(socket >= 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  SYNCLINE_ASSERT(::bind(socket, generic, size) == 0);
  SYNCLINE_ASSERT(::getsockname(socket, generic, &size) == 0);
  ::close(socket);
  return ntohs(address.sin_port);
}

bool eventually(const std::function<bool()>& is_so, Duration limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(milliseconds(5));
  }
  return true;
}

Result<ChildProcess> ChildProcess::start(const Command& command) {
  std::vector<std::string> words = whole_command(command);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  const std::string output = command.output.empty() ? "/dev/null" : command.output.string();
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, output.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  pid_t id = 0;
  const int code = ::posix_spawnp(&id, arguments[0], &files, nullptr, arguments.data(), ::environ);
  ::posix_spawn_file_actions_destroy(&files);
  if (code != 0) {
    return Error{ErrorCode::io_error,
                 "cannot start setpriv (Debian: util-linux): " + std::string(std::strerror(code))};
  }
  return ChildProcess(id);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : id_(std::exchange(other.id_, 0)), status_(other.status_) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this == &other) return *this;
  kill();
  id_ = std::exchange(other.id_, 0);
  status_ = other.status_;
  return *this;
}

ChildProcess::~ChildProcess() { kill(); }

void ChildProcess::send(int signal) const {
  SYNCLINE_ASSERT(id_ != 0);
  ::kill(id_, signal);
}

bool ChildProcess::is_running() {
  if (id_ == 0) return false;
  int status = 0;
  if (::waitpid(id_, &status, WNOHANG) != id_) return true;
  id_ = 0;
  status_ = status;
  return false;
}

std::optional<int> ChildProcess::wait(Duration limit) {
  if (!eventually([this] { return !is_running(); }, limit)) return std::nullopt;
  return status_;
}

void ChildProcess::kill() {
  if (!is_running()) return;
  ::kill(id_, SIGKILL);
  int status = 0;
  while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
  }
  id_ = 0;
  status_ = status;
}

Result<void> run_command(const ChildProcess::Command& command, Duration limit) {
  SYNCLINE_ASSIGN(ChildProcess process, ChildProcess::start(command));
  const std::optional<int> status = process.wait(limit);
  if (status == 0) return {};
  return Error{ErrorCode::io_error, command.arguments.front() +
                                        (status.has_value() ? " failed: " : " does not end: ") +
                                        read_file(command.output)};
}

std::string read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

std::string unprivileged_user(const std::string& name) { return ::geteuid() == 0 ? name : ""; }

}  // namespace syncline::tests
