#include "tests/services/redis_cluster.h"

#include <sstream>

#include "server/base/assert.h"
#include "server/base/instant.h"
#include "tests/services/child_process.h"

namespace syncline::tests {
namespace {

constexpr std::size_t slots = 16384;

RedisProcess::Setting setting() {
  return {.appendfsync = "always",
          .more = {"--cluster-enabled", "yes", "--cluster-node-timeout", "2000",
                   "--cluster-require-full-coverage", "no", "--cluster-port",
                   std::to_string(free_port())}};
}

}  // namespace

RedisCluster::RedisCluster() : owners_(slots) {
  for (std::size_t i = 0; i < masters; ++i) {
    nodes_.push_back(std::make_unique<RedisProcess>(setting()));
    ids_.push_back(nodes_[i]->ask({"CLUSTER", "MYID"}));
  }
  join();
  wait_until_ok();
}

void RedisCluster::join() {
  for (std::size_t i = 0; i < masters; ++i) {
    const std::size_t first = i * slots / masters;
    const std::size_t last = (i + 1) * slots / masters - 1;
    nodes_[i]->ask({"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(i + 1)});
    nodes_[i]->ask({"CLUSTER", "ADDSLOTSRANGE", std::to_string(first), std::to_string(last)});
    for (std::size_t slot = first; slot <= last; ++slot) owners_[slot] = i;
    if (i > 0) meet(*nodes_[i]);
  }
}

void RedisCluster::meet(const RedisProcess& node) const {
  const std::string info = node.ask({"CONFIG", "GET", "cluster-port"});
  const std::string bus = info.substr(info.find('\n') + 1);
  nodes_[0]->ask(
      {"CLUSTER", "MEET", "127.0.0.1", std::to_string(node.port()), bus.substr(0, bus.find('\n'))});
}

void RedisCluster::wait_until_ok() const {
  const std::string known =
      "cluster_known_nodes:" + std::to_string(nodes_.size() + replicas_.size()) + "\r";
  const auto agrees = [&known](const RedisProcess& node) {
    const std::string info = node.ask({"CLUSTER", "INFO"});
    return info.find("cluster_state:ok") != std::string::npos &&
           info.find(known) != std::string::npos;
  };
  for (const auto* const group : {&nodes_, &replicas_}) {
    for (const auto& node : *group) {
      SYNCLINE_ASSERT(eventually([&] { return agrees(*node); }, seconds(60)), node->port());
    }
  }
}

RedisProcess& RedisCluster::add_replica(std::size_t of) {
  RedisProcess& replica = *replicas_.emplace_back(std::make_unique<RedisProcess>(setting()));
  meet(replica);
  wait_until_ok();
  replica.ask({"CLUSTER", "REPLICATE", ids_[of]});
  const auto follows = [&replica] {
    return replica.ask({"INFO", "replication"}).find("master_link_status:up") != std::string::npos;
  };
  SYNCLINE_ASSERT(eventually(follows, seconds(60)));
  // To those who have not heard of that, it is a master: they would not vote for it.
  wait_until_all_see(replica, " slave ");
  return replica;
}

void RedisCluster::hand_over_to(const RedisProcess& replica) const {
  replica.ask({"CLUSTER", "FAILOVER"});
  wait_until_all_see(replica, " connected ");  // And then slots, as only masters have.
}

void RedisCluster::wait_until_all_see(const RedisProcess& which, std::string_view words) const {
  const std::string id = which.ask({"CLUSTER", "MYID"});
  // Of each node, "id address flags ... connected slots", in a line.
  const auto sees = [&](const RedisProcess& node) {
    std::istringstream lines(node.ask({"CLUSTER", "NODES"}));
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with(id)) return line.find(words) != std::string::npos;
    }
    return false;
  };
  for (const auto& node : nodes_) {
    SYNCLINE_ASSERT(eventually([&] { return sees(*node); }, seconds(60)), node->port());
  }
}

void RedisCluster::kill() {
  for (const auto& node : nodes_) node->kill();
}

void RedisCluster::start() {
  for (const auto& node : nodes_) node->start();
  wait_until_ok();
}

void RedisCluster::keep_files() {
  for (const auto& node : nodes_) node->keep_files();
}

void RedisCluster::restore_files() {
  for (const auto& node : nodes_) node->restore_files();
}

void RedisCluster::ask_all(const std::vector<std::string>& command) const {
  for (const auto& node : nodes_) node->ask(command);
}

std::string RedisCluster::ask_for_slot(std::uint16_t slot,
                                       const std::vector<std::string>& command) const {
  return nodes_[owners_[slot]]->ask(command);
}

void RedisCluster::move_slot(std::uint16_t slot, std::size_t to) {
  const std::size_t from = owners_[slot];
  const std::string number = std::to_string(slot);
  nodes_[to]->ask({"CLUSTER", "SETSLOT", number, "IMPORTING", ids_[from]});
  nodes_[from]->ask({"CLUSTER", "SETSLOT", number, "MIGRATING", ids_[to]});
  std::istringstream keys(nodes_[from]->ask({"CLUSTER", "GETKEYSINSLOT", number, "1000"}));
  for (std::string key; std::getline(keys, key);) {
    nodes_[from]->ask(
        {"MIGRATE", "127.0.0.1", std::to_string(nodes_[to]->port()), key, "0", "5000"});
  }
  for (const std::size_t i : {to, from, 3 - to - from}) {
    nodes_[i]->ask({"CLUSTER", "SETSLOT", number, "NODE", ids_[to]});
  }
  owners_[slot] = to;
}

}  // namespace syncline::tests
