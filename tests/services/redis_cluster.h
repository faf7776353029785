#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/services/redis_process.h"

namespace syncline::tests {

// A real Redis Cluster of the test's own: three masters that share the slots evenly. Starting it
// takes about two seconds, for so long masters do not trust each other.
class RedisCluster {
 public:
  static constexpr std::size_t masters = 3;

  RedisCluster();

  // Of one of them.
  std::string url() const { return nodes_[0]->url(); }
  RedisProcess& node(std::size_t i) { return *nodes_[i]; }
  // Which has the slot by now.
  std::size_t owner_of(std::uint16_t slot) const { return owners_[slot]; }

  void kill();
  void start();
  void keep_files();
  void restore_files();
  void ask_all(const std::vector<std::string>& command) const;
  std::string ask_for_slot(std::uint16_t slot, const std::vector<std::string>& command) const;

  // Starts a replica of a master; returns once it has the master's data.
  RedisProcess& add_replica(std::size_t of);
  // The replica becomes the master of its master, as for an upgrade (CLUSTER FAILOVER); returns
  // once all agree on it.
  void hand_over_to(const RedisProcess& replica) const;

  // Gives a slot with all its keys to another master, as `redis-cli --cluster reshard` does.
  void move_slot(std::uint16_t slot, std::size_t to);

 private:
  void join();
  void meet(const RedisProcess& node) const;
  void wait_until_ok() const;

  std::vector<std::unique_ptr<RedisProcess>> nodes_;
  std::vector<std::unique_ptr<RedisProcess>> replicas_;
  std::vector<std::string> ids_;     // Of the masters.
  std::vector<std::size_t> owners_;  // By slot.
};

}  // namespace syncline::tests
