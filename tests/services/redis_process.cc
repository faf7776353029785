#include "tests/services/redis_process.h"

#include <csignal>
#include <cstdlib>
#include <optional>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/base/assert.h"

namespace syncline::tests {
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

RedisProcess::RedisProcess() : RedisProcess(Setting{}) {}

RedisProcess::RedisProcess(const Setting& setting) : setting_(setting) {
  fs::create_directory(folder() / "data");
  constexpr int attempts_max = 5;
  for (int attempt = 0; !running() && attempt < attempts_max; ++attempt) {
    port_ = free_port();
    if (!run()) process_.reset();
  }
  SYNCLINE_ASSERT(running(), read_file(folder() / "log"));
}

void RedisProcess::start() {
  SYNCLINE_ASSERT(!running());
  SYNCLINE_ASSERT(run(), read_file(folder() / "log"));
}

bool RedisProcess::run() {
  const bool file = !setting_.appendfsync.empty();
  ChildProcess::Command command{
      .arguments = {"redis-server", "--port", std::to_string(port_), "--bind", "127.0.0.1",
                    "--unixsocket", socket().string(), "--dir", (folder() / "data").string(),
                    "--save", "", "--appendonly", file ? "yes" : "no", "--appendfsync",
                    file ? setting_.appendfsync : "everysec", "--repl-diskless-sync-delay", "0",
                    "--daemonize", "no"},
      .output = folder() / "log"};
  command.arguments.insert(command.arguments.end(), setting_.more.begin(), setting_.more.end());
  process_.emplace(ChildProcess::start(command).value());
  bool answers = false;
  const bool over = eventually(
      [&] {
        answers = ask({"PING"}) == "PONG";
        return answers || !process_->is_running();
      },
      seconds(30));
  return over && answers && process_->is_running();
}

void RedisProcess::kill() {
  SYNCLINE_ASSERT(running());
  process_->kill();
  process_.reset();
}

void RedisProcess::pause() { process_->send(SIGSTOP); }

void RedisProcess::resume() { process_->send(SIGCONT); }

void RedisProcess::keep_files() {
  fs::remove_all(folder() / "kept");
  fs::copy(folder() / "data", folder() / "kept", fs::copy_options::recursive);
}

void RedisProcess::restore_files() {
  SYNCLINE_ASSERT(!running());
  fs::remove_all(folder() / "data");
  fs::copy(folder() / "kept", folder() / "data", fs::copy_options::recursive);
}

std::string RedisProcess::ask(const std::vector<std::string>& command) const {
  return Client(port_).ask(command).value_or("");
}

}  // namespace syncline::tests
