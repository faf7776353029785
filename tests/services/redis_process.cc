#include "tests/services/redis_process.h"

#include <chrono>
#include <cstring>
#include <optional>
#include <system_error>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/base/assert.h"

namespace syncline::testing_services {
namespace {

namespace fs = std::filesystem;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// A connection that blocks, for the test's own commands.
class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_in address = loopback(port);
    connected_ =
        ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  std::optional<std::string> ask(const std::vector<std::string>& command) {
    std::string text = "*" + std::to_string(command.size()) + "\r\n";
    for (const std::string& part : command) {
      text += "$" + std::to_string(part.size()) + "\r\n" + part + "\r\n";
    }
    if (!connected_ || ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL) < 0) return {};
    return reply();
  }

 private:
  bool receive() {
    char bytes[65536];
    const ssize_t count = ::recv(socket_, bytes, sizeof(bytes), 0);
    if (count <= 0) return false;
    input_.append(bytes, static_cast<std::size_t>(count));
    return true;
  }
  std::optional<std::string> line() {
    std::size_t end = 0;
    while ((end = input_.find("\r\n")) == std::string::npos) {
      if (!receive()) return {};
    }
    std::string text = input_.substr(0, end);
    input_.erase(0, end + 2);
    return text;
  }
  std::optional<std::string> reply() {
    const auto head = line();
    if (!head) return {};
    const long count = std::strtol(head->c_str() + 1, nullptr, 10);
    if ((*head)[0] == '$' && count >= 0) {
      const auto size = static_cast<std::size_t>(count);
      while (input_.size() < size + 2) {
        if (!receive()) return {};
      }
      std::string text = input_.substr(0, size);
      input_.erase(0, size + 2);
      return text;
    }
    if ((*head)[0] != '*') return (*head)[0] == '-' ? *head : head->substr(1);
    std::string lines;
    for (long i = 0; i < count; ++i) {
      const auto element = reply();
      if (!element) return {};
      lines += *element + "\n";
    }
    return lines;
  }

  const int socket_;
  bool connected_ = false;
  std::string input_;
};

}  // namespace

std::uint16_t RedisProcess::free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof(address);
  SYNCLINE_ASSERT(::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(socket);
  return ntohs(address.sin_port);
}

RedisProcess::RedisProcess() : RedisProcess(Setting{}) {}

RedisProcess::RedisProcess(const Setting& setting) : port_(free_port()) {
  std::string name = (fs::temp_directory_path() / "syncline-redis-XXXXXX").string();
  SYNCLINE_ASSERT(::mkdtemp(name.data()) != nullptr);
  folder_ = name;
  fs::create_directory(folder_ / "data");
  const bool file = !setting.appendfsync.empty();
  arguments_ = {"redis-server",
                "--port",
                std::to_string(port_),
                "--bind",
                "127.0.0.1",
                "--unixsocket",
                socket().string(),
                "--dir",
                (folder_ / "data").string(),
                "--save",
                "",
                "--appendonly",
                file ? "yes" : "no",
                "--appendfsync",
                file ? setting.appendfsync : "everysec",
                "--repl-diskless-sync-delay",
                "0",
                "--daemonize",
                "no"};
  arguments_.insert(arguments_.end(), setting.more.begin(), setting.more.end());
  start();
}

RedisProcess::~RedisProcess() {
  if (running()) kill();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void RedisProcess::start() {
  SYNCLINE_ASSERT(!running());
  run();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (ask({"PING"}) != "PONG") {
    SYNCLINE_ASSERT(std::chrono::steady_clock::now() < deadline, folder_);
    SYNCLINE_ASSERT(::waitpid(pid_, nullptr, WNOHANG) == 0, "redis-server does not start");
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

void RedisProcess::run() {
  std::vector<char*> arguments;
  for (std::string& argument : arguments_) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  const std::string log = (folder_ / "log").string();
  pid_ = ::fork();
  SYNCLINE_ASSERT(pid_ >= 0);
  if (pid_ > 0) return;
  const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(file, STDOUT_FILENO);
  ::dup2(file, STDERR_FILENO);
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

void RedisProcess::kill() {
  SYNCLINE_ASSERT(running());
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

void RedisProcess::pause() { ::kill(pid_, SIGSTOP); }

void RedisProcess::resume() { ::kill(pid_, SIGCONT); }

void RedisProcess::keep_files() {
  fs::remove_all(folder_ / "kept");
  fs::copy(folder_ / "data", folder_ / "kept", fs::copy_options::recursive);
}

void RedisProcess::restore_files() {
  SYNCLINE_ASSERT(!running());
  fs::remove_all(folder_ / "data");
  fs::copy(folder_ / "kept", folder_ / "data", fs::copy_options::recursive);
}

std::string RedisProcess::ask(const std::vector<std::string>& command) const {
  return Client(port_).ask(command).value_or("");
}

}  // namespace syncline::testing_services
