#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace syncline::adapters {

// What a Redis server says of itself.
struct ServerReport {
  std::string run_id;          // Of the process.
  std::string replication_id;  // Of the history of its data.
  std::string version;
  bool cluster = false;
  bool replica = false;

  // A cluster whose channels are where their slots are (Redis 7), and not heard everywhere.
  bool sharded_channels() const;

  // Reads what INFO answered, a section or several; what it does not say stays.
  void take_info(std::string_view info);
};

// Whether a Redis server keeps what the write buffer acknowledges.
struct RedisPersistence {
  // It would lose acknowledged edits when it crashes, or throws entries away when memory is full.
  std::vector<std::string> dangers;
  // It may lose the last second when its machine crashes; or what could not be found out.
  std::vector<std::string> warnings;

  bool safe() const { return dangers.empty(); }
};

// Values as CONFIG GET answers them; empty: not known. `aof_enabled`: as INFO persistence says.
RedisPersistence judge_persistence(std::string_view appendonly, std::string_view appendfsync,
                                   std::string_view maxmemory, std::string_view maxmemory_policy);

}  // namespace syncline::adapters
