#include "server/adapters/prometheus/process_metrics.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>

#include <prometheus/metric_family.h>
#include <sys/resource.h>
#include <unistd.h>

namespace syncline::adapters {
namespace {

using prometheus::MetricType;

prometheus::MetricFamily family(const char* name, const char* help, MetricType type, double value) {
  prometheus::ClientMetric metric;
  (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  return {name, help, type, {metric}};
}

double cpu_seconds() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::optional<double> resident_bytes() {
  std::ifstream in("/proc/self/statm");
  std::uint64_t total_pages = 0;
  std::uint64_t resident_pages = 0;
  if (!(in >> total_pages >> resident_pages)) return std::nullopt;
  return static_cast<double>(resident_pages) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

std::optional<double> open_descriptors() {
  std::error_code code;
  const std::filesystem::directory_iterator entries("/proc/self/fd", code);
  if (code) return std::nullopt;
  return static_cast<double>(std::distance(begin(entries), end(entries)) - 1);  // Not our own.
}

std::optional<double> max_descriptors() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  return static_cast<double>(limit.rlim_cur);
}

// /proc/stat's `btime` is when the machine booted, in seconds since the epoch.
std::optional<double> boot_time() {
  std::ifstream in("/proc/stat");
  std::string key;
  while (in >> key) {
    double value = 0;
    if (key == "btime" && in >> value) return value;
    std::getline(in, key);
  }
  return std::nullopt;
}

// Field 22 of /proc/self/stat counts clock ticks from boot; the name in field 2 may hold spaces.
std::optional<double> start_time() {
  std::ifstream in("/proc/self/stat");
  std::string line;
  std::getline(in, line);
  const std::size_t name_end = line.rfind(')');
  const std::optional<double> boot = boot_time();
  if (name_end == std::string::npos || !boot) return std::nullopt;
  std::istringstream fields(line.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 22; ++field) fields >> skipped;
  double ticks = 0;
  if (!(fields >> ticks)) return std::nullopt;
  return *boot + ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

std::vector<prometheus::MetricFamily> process_metrics() {
  std::vector<prometheus::MetricFamily> families;
  families.push_back(family("process_cpu_seconds_total",
                            "Total user and system CPU time spent in seconds.", MetricType::Counter,
                            cpu_seconds()));
  const auto add = [&families](const char* name, const char* help, std::optional<double> value) {
    if (value) families.push_back(family(name, help, MetricType::Gauge, *value));
  };
  add("process_resident_memory_bytes", "Resident memory size in bytes.", resident_bytes());
  add("process_open_fds", "Number of open file descriptors.", open_descriptors());
  add("process_max_fds", "Maximum number of open file descriptors.", max_descriptors());
  add("process_start_time_seconds", "Start time of the process since unix epoch in seconds.",
      start_time());
  return families;
}

}  // namespace syncline::adapters
