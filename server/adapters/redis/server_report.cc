#include "server/adapters/redis/server_report.h"

#include <cstdlib>

namespace syncline::adapters {

bool ServerReport::sharded_channels() const {
  return cluster && std::atoi(version.c_str()) >= 7;  // "7.0.15"; what is no number is 0.
}

void ServerReport::take_info(std::string_view info) {
  while (!info.empty()) {
    const std::size_t end = info.find('\n');
    std::string_view line = info.substr(0, end);
    info = end == info.npos ? std::string_view() : info.substr(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::size_t colon = line.find(':');
    if (colon == line.npos) continue;
    const std::string_view key = line.substr(0, colon);
    const std::string_view value = line.substr(colon + 1);
    if (key == "run_id") run_id = value;
    if (key == "master_replid") replication_id = value;
    if (key == "redis_version") version = value;
    // Valkey 8 and later say server_mode, unless they are told to be like Redis.
    if (key == "redis_mode" || key == "server_mode") cluster = value == "cluster";
    if (key == "role") replica = value == "slave";
  }
}

RedisPersistence judge_persistence(std::string_view appendonly, std::string_view appendfsync,
                                   std::string_view maxmemory, std::string_view maxmemory_policy) {
  RedisPersistence result;
  if (appendonly == "no") {
    result.dangers.emplace_back(
        "appendonly is no: a crash of Redis loses acknowledged edits; set `appendonly yes`");
  } else if (appendonly.empty()) {
    result.warnings.emplace_back(
        "whether Redis keeps an append-only file could not be read (the ACL user needs "
        "+config|get); make sure of `appendonly yes`");
  }
  if (appendonly == "yes" && appendfsync == "no") {
    result.dangers.emplace_back(
        "appendfsync is no: a crash of Redis's machine loses acknowledged edits of many seconds; "
        "set `appendfsync everysec` or `always`");
  } else if (appendonly == "yes" && appendfsync == "everysec") {
    result.warnings.emplace_back(
        "appendfsync is everysec: Redis's machine, when it crashes, forgets about the last second; "
        "nodes append it again unless they crash with it");
  }
  const bool evicts = !maxmemory_policy.empty() && maxmemory_policy != "noeviction" &&
                      !maxmemory_policy.starts_with("volatile-");
  if (evicts) {
    result.dangers.push_back("maxmemory-policy is " + std::string(maxmemory_policy) +
                             ": Redis throws acknowledged edits away when its memory is full; set "
                             "`maxmemory-policy noeviction`");
  } else if (maxmemory_policy.empty()) {
    result.warnings.emplace_back(
        "Redis's maxmemory-policy could not be read (the ACL user needs +config|get); make sure of "
        "`maxmemory-policy noeviction`");
  }
  if (maxmemory == "0") {
    result.warnings.emplace_back(
        "maxmemory is 0: nothing but the machine's memory bounds the write buffer; set "
        "`maxmemory`");
  }
  return result;
}

}  // namespace syncline::adapters
