#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "sim/demo/usual/server.h"
#include "sim/demo/usual/setting.h"
#include "sim/scheduler.h"

namespace syncline::demo {

// Binds each browser (or each document) to a server, and looks for another one only once health
// checks have found that server down for a while.
class LoadBalancer {
 public:
  // The servers are added by the cluster, all before the first question.
  LoadBalancer(const UsualSetting& setting, const sim::Scheduler& scheduler)
      : setting_(setting), scheduler_(scheduler) {}

  void add(UsualServer& server) { servers_.push_back({&server, {}}); }
  // A server went down or up.
  void on_change();

  struct Choice {
    UsualServer* server;
    std::uint32_t node;  // From 1.
  };
  Choice choose(std::uint32_t client, std::uint32_t document);

 private:
  struct Server {
    UsualServer* server;
    std::optional<sim::Moment> down_since;
  };

  bool given_up(const Server& server) const;

  const UsualSetting setting_;
  const sim::Scheduler& scheduler_;
  std::vector<Server> servers_;
  std::map<std::uint32_t, std::size_t> bound_;  // A client's or document's server.
};

}  // namespace syncline::demo
