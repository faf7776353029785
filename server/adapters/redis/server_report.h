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
  std::uint64_t memory_used = 0;  // Bytes, without buffers that do not count for the maximum.
  std::uint64_t memory_max = 0;   // maxmemory, or without one that of the machine. 0: not known.

  // A cluster whose channels are where their slots are (Redis 7), and not heard everywhere.
  bool sharded_channels() const;

  // Rounded down. 0 if it is not known.
  unsigned memory_percent() const;

  // Reads what INFO answered, a section or several; what it does not say stays.
  void take_info(std::string_view info);
};

// How a Redis server is set, as CONFIG GET says it; empty: not known.
struct RedisSettings {
  std::string appendonly = {};
  std::string appendfsync = {};
  std::string maxmemory = {};
  std::string maxmemory_policy = {};

  // Fills in from INFO's sections persistence and memory what CONFIG GET did not say, because it is
  // forbidden or not there.
  void take_info(std::string_view info);
};

// Whether a Redis server keeps what the write buffer acknowledges.
struct RedisPersistence {
  // It would lose acknowledged edits when it crashes, or throws entries away when memory is full;
  // or nobody knows whether it would.
  std::vector<std::string> dangers;
  // It may lose the last second when its machine crashes; nothing bounds it.
  std::vector<std::string> warnings;

  bool safe() const { return dangers.empty(); }
};

RedisPersistence judge_persistence(const RedisSettings& settings);

}  // namespace syncline::adapters
