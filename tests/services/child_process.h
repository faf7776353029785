#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace syncline::testing_services {

// A port of the loopback interface that nobody listens on now.
std::uint16_t free_port();

// Removed with everything in it when it goes.
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

// Starts a program, with its output appended to `log`. It dies with this process. Where this
// process is root and `user` is not empty, it runs as that user.
pid_t start_process(std::vector<std::string> arguments, const std::filesystem::path& log,
                    const std::string& user = {});

// Waits until the process has ended, and returns true if it did so by itself with 0.
bool wait_for_end(pid_t process);

// False as soon as the process has ended.
bool is_running(pid_t process);

}  // namespace syncline::testing_services
