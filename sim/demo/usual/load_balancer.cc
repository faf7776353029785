#include "sim/demo/usual/load_balancer.h"

#include <algorithm>

namespace syncline::demo {

void LoadBalancer::on_change() {
  for (Server& server : servers_) {
    if (server.server->running()) {
      server.down_since.reset();
    } else if (!server.down_since) {
      server.down_since = scheduler_.now();
    }
  }
}

LoadBalancer::Choice LoadBalancer::choose(std::uint32_t client, std::uint32_t document) {
  const bool by_client = setting_.routing == UsualSetting::Routing::by_client;
  const std::uint32_t key = by_client ? client - 1 : document;
  auto& bound = bound_.try_emplace(key, key % servers_.size()).first->second;
  if (given_up(servers_[bound])) {
    for (std::size_t step = 1; step < servers_.size(); ++step) {
      const std::size_t other = (bound + step) % servers_.size();
      if (given_up(servers_[other])) continue;
      bound = other;
      break;
    }
  }
  return {servers_[bound].server, static_cast<std::uint32_t>(bound + 1)};
}

bool LoadBalancer::given_up(const Server& server) const {
  return server.down_since && scheduler_.now() - *server.down_since >= setting_.health_check;
}

}  // namespace syncline::demo
