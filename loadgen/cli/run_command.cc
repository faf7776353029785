#include "loadgen/cli/run_command.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include <unistd.h>

#include "loadgen/run/report.h"
#include "loadgen/run/run.h"

namespace syncline::loadgen {
namespace {

std::atomic<bool> interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free);

// The first signal ends the typing, the second one the program.
void on_signal(int signal) {
  interrupted = true;
  std::signal(signal, SIG_DFL);
}

// Opened before the run: a run that ends in a file that cannot be written is lost.
class OutputFile {
 public:
  // Empty: none. "-": stdout.
  explicit OutputFile(std::string path) : path_(std::move(path)) {
    if (path_ == "-") file_ = stdout;
    if (path_.empty() || file_ != nullptr) return;
    file_ = std::fopen(path_.c_str(), "w");
    if (file_ == nullptr) error_ = std::strerror(errno);
  }
  OutputFile(const OutputFile&) = delete;
  ~OutputFile() {
    if (file_ != nullptr && file_ != stdout) std::fclose(file_);
  }

  bool wanted() const { return !path_.empty(); }
  bool is_stdout() const { return file_ == stdout; }
  // Null if it could not be opened or written.
  const char* error() const { return error_.empty() ? nullptr : error_.c_str(); }
  const std::string& path() const { return path_; }

  void write(const std::string& text) {
    if (file_ == nullptr) return;
    const bool whole = std::fwrite(text.data(), 1, text.size(), file_) == text.size();
    if (!whole || std::fflush(file_) != 0) error_ = std::strerror(errno);
  }

 private:
  const std::string path_;
  std::FILE* file_ = nullptr;
  std::string error_;
};

void complain(const std::string& what) {
  std::fprintf(stderr, "syncline-load: %s\n", what.c_str());
}

bool complain_about(const OutputFile& file, const char* option) {
  if (file.error() == nullptr) return false;
  complain(std::string(option) + ' ' + file.path() + ": " + file.error());
  return true;
}

void show(const RunProgress& progress) {
  std::fprintf(stderr,
               "\r%-8.*s %4.0f s  %llu clients  %llu edits  %llu acknowledged  %llu deliveries to "
               "come \x1b[K",
               static_cast<int>(progress.phase.size()), progress.phase.data(),
               std::chrono::duration<double>(progress.elapsed).count(),
               static_cast<unsigned long long>(progress.clients),
               static_cast<unsigned long long>(progress.edits),
               static_cast<unsigned long long>(progress.acknowledged),
               static_cast<unsigned long long>(progress.deliveries_due - progress.deliveries));
}

}  // namespace

int run_command(const RunCommand& command) {
  OutputFile json(command.json);
  OutputFile acknowledged(command.acknowledged);
  if (complain_about(json, "--json") || complain_about(acknowledged, "--acked")) return exit_usage;
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  RunWatch watch{.interrupted = interrupted,
                 .on_progress = {},
                 .collects_acknowledged = acknowledged.wanted()};
  const bool terminal = isatty(STDERR_FILENO) != 0;
  if (terminal) watch.on_progress = show;
  const auto result = run_load(command.options, watch);
  if (terminal) std::fprintf(stderr, "\r\x1b[K");
  if (!result.ok()) {
    complain(result.error().detail);
    return exit_failure;
  }
  acknowledged.write(acknowledged_log(*result));
  json.write(json_report(command.options, *result));
  const std::string text = text_report(command.options, *result);
  const bool stdout_taken = json.is_stdout() || acknowledged.is_stdout();
  std::fputs(text.c_str(), stdout_taken ? stderr : stdout);
  if (complain_about(json, "--json") || complain_about(acknowledged, "--acked"))
    return exit_failure;
  return result->passed() ? exit_success : exit_failure;
}

}  // namespace syncline::loadgen
