#include "sim/cli/subprogram.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/base/assert.h"

namespace syncline::sim {
namespace {

[[noreturn]] void become(const std::vector<std::string>& arguments, Memory memory, int output) {
  if (memory == Memory::elsewhere) {
    setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0", 1);
    setenv("MALLOC_PERTURB_", "165", 1);
  }
  dup2(output, STDOUT_FILENO);
  close(output);
  std::vector<char*> pointers;
  for (const std::string& argument : arguments) {
    pointers.push_back(const_cast<char*>(argument.c_str()));
  }
  pointers.push_back(nullptr);
  execv(pointers.front(), pointers.data());
  std::perror(arguments.front().c_str());
  std::_Exit(127);
}

}  // namespace

int run_program(const std::vector<std::string>& arguments, Memory memory,
                const std::function<bool(std::string_view line)>& on_line) {
  int ends[2];
  SYNCLINE_ASSERT(pipe(ends) == 0, errno);
  std::fflush(nullptr);
  const pid_t pid = fork();
  SYNCLINE_ASSERT(pid >= 0, errno);
  if (pid == 0) {
    close(ends[0]);
    become(arguments, memory, ends[1]);
  }
  close(ends[1]);
  std::FILE* const output = fdopen(ends[0], "r");
  char* line = nullptr;
  std::size_t capacity = 0;
  for (ssize_t size = 0; (size = getline(&line, &capacity, output)) > 0;) {
    std::string_view text(line, static_cast<std::size_t>(size));
    if (text.ends_with('\n')) text.remove_suffix(1);
    if (!on_line(text)) {
      kill(pid, SIGTERM);
      break;
    }
  }
  std::free(line);
  std::fclose(output);
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::vector<std::string> lines_of_program(const std::vector<std::string>& arguments,
                                          Memory memory) {
  std::vector<std::string> lines;
  run_program(arguments, memory, [&](std::string_view line) {
    lines.emplace_back(line);
    return true;
  });
  return lines;
}

std::string program_beside(const std::string& name) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return (self.parent_path() / name).string();
}

}  // namespace syncline::sim
