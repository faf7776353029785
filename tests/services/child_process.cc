#include "tests/services/child_process.h"

#include <system_error>

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/base/assert.h"

namespace syncline::testing_services {

namespace fs = std::filesystem;

std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  SYNCLINE_ASSERT(::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(socket);
  return ntohs(address.sin_port);
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (fs::temp_directory_path() / "syncline-test-XXXXXX").string();
  SYNCLINE_ASSERT(::mkdtemp(name.data()) != nullptr);
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

pid_t start_process(std::vector<std::string> arguments, const fs::path& log,
                    const std::string& user) {
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  const std::string file = log.string();
  const passwd* const account =
      !user.empty() && ::geteuid() == 0 ? ::getpwnam(user.c_str()) : nullptr;
  const pid_t process = ::fork();
  SYNCLINE_ASSERT(process >= 0);
  if (process > 0) return process;
  const int out = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(out, STDERR_FILENO);
  if (account != nullptr) {
    if (::initgroups(user.c_str(), account->pw_gid) != 0 || ::setgid(account->pw_gid) != 0 ||
        ::setuid(account->pw_uid) != 0) {
      ::_exit(126);
    }
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::execvp(pointers[0], pointers.data());
  ::_exit(127);
}

bool wait_for_end(pid_t process) {
  int status = 0;
  return ::waitpid(process, &status, 0) == process && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool is_running(pid_t process) { return ::waitpid(process, nullptr, WNOHANG) == 0; }

}  // namespace syncline::testing_services
