#include "server/adapters/redis/server_report.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace syncline::adapters {
namespace {

// INFO's lines, key and value; others are headlines.
template <class Take>
void for_each_line(std::string_view info, Take take) {
  while (!info.empty()) {
    const std::size_t end = info.find('\n');
    std::string_view line = info.substr(0, end);
    info = end == info.npos ? std::string_view() : info.substr(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::size_t colon = line.find(':');
    if (colon != line.npos) take(line.substr(0, colon), line.substr(colon + 1));
  }
}

// 0 if it is none.
std::uint64_t number_in(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

bool ServerReport::sharded_channels() const {
  return cluster && std::atoi(version.c_str()) >= 7;  // "7.0.15"; what is no number is 0.
}

unsigned ServerReport::memory_percent() const {
  if (memory_max == 0) return 0;
  return static_cast<unsigned>(static_cast<double>(memory_used) / static_cast<double>(memory_max) *
                               100);
}

void ServerReport::take_info(std::string_view info) {
  std::uint64_t not_counted = 0;
  std::uint64_t of_machine = 0;
  for_each_line(info, [&](std::string_view key, std::string_view value) {
    if (key == "run_id") run_id = value;
    if (key == "master_replid") replication_id = value;
    if (key == "redis_version") version = value;
    // Valkey 8 and later say server_mode, unless they are told to be like Redis.
    if (key == "redis_mode" || key == "server_mode") cluster = value == "cluster";
    if (key == "role") replica = value == "slave";
    if (key == "used_memory") memory_used = number_in(value);
    if (key == "mem_not_counted_for_evict") not_counted = number_in(value);
    if (key == "total_system_memory") of_machine = number_in(value);
    if (key == "maxmemory") memory_max = number_in(value);
  });
  memory_used -= std::min(memory_used, not_counted);
  if (memory_max == 0) memory_max = of_machine;
}

void RedisSettings::take_info(std::string_view info) {
  for_each_line(info, [this](std::string_view key, std::string_view value) {
    const auto fill = [](std::string& setting, std::string_view known) {
      if (setting.empty()) setting = known;
    };
    if (key == "aof_enabled") fill(appendonly, value == "1" ? "yes" : "no");
    if (key == "maxmemory") fill(maxmemory, value);
    if (key == "maxmemory_policy") fill(maxmemory_policy, value);
  });
}

RedisPersistence judge_persistence(const RedisSettings& settings) {
  RedisPersistence result;
  const auto unknown = [&result](std::string_view setting, std::string_view wanted) {
    result.dangers.push_back(std::string(setting) +
                             " could not be read (the ACL user needs +info and +config|get), and " +
                             "could be something else than `" + std::string(wanted) + "`");
  };
  if (settings.appendonly == "no") {
    result.dangers.emplace_back(
        "appendonly is no: a crash of Redis loses acknowledged edits; set `appendonly yes`");
  } else if (settings.appendonly.empty()) {
    unknown("appendonly", "yes");
  }
  if (settings.appendonly == "yes" && settings.appendfsync == "no") {
    result.dangers.emplace_back(
        "appendfsync is no: a crash of Redis's machine loses acknowledged edits of many seconds; "
        "set `appendfsync everysec` or `always`");
  } else if (settings.appendonly == "yes" && settings.appendfsync == "everysec") {
    result.warnings.emplace_back(
        "appendfsync is everysec: Redis's machine, when it crashes, forgets about the last second; "
        "nodes append it again unless they crash with it");
  } else if (settings.appendonly == "yes" && settings.appendfsync.empty()) {
    unknown("appendfsync", "everysec");
  }
  const std::string& policy = settings.maxmemory_policy;
  if (policy.empty()) {
    unknown("maxmemory-policy", "noeviction");
  } else if (policy != "noeviction" && !policy.starts_with("volatile-")) {
    result.dangers.push_back("maxmemory-policy is " + policy +
                             ": Redis throws acknowledged edits away when its memory is full; set "
                             "`maxmemory-policy noeviction`");
  }
  if (settings.maxmemory == "0") {
    result.warnings.emplace_back(
        "maxmemory is 0: nothing but the machine's memory bounds the write buffer; set "
        "`maxmemory`");
  }
  return result;
}

}  // namespace syncline::adapters
