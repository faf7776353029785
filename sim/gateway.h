#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "sim/machine.h"
#include "sim/services/chronicle.h"
#include "sim/web_socket.h"

namespace syncline::sim {

// HAProxy's role: hashes on the document over the nodes that say they are ready, tries another node
// if the first cannot be reached, and then carries bytes both ways, holding back who sends faster
// than the other reads. What it carries dies with it.
class Gateway final : public WebServer {
 public:
  // A node that it knows.
  struct Upstream {
    Party party;
    WebServer* server;
  };

  // All must outlive it. It is down until start().
  Gateway(Machine& machine, Network& network, const Chronicle& chronicle,
          const std::vector<Upstream>& upstreams);
  ~Gateway();

  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  void start();
  // REQUIRES: running().
  void crash();
  bool running() const { return life_ != nullptr; }

  // WebServer.
  LinkEvents* on_link_arrives(LinkId link, Party from) override;
  void on_link_open(LinkId link) override;
  void on_link_end(LinkId link, LinkEnd end) override;
  void on_link_writable(LinkId link) override;
  void on_upgrade(LinkId link, const UpgradeRequest& request, WebSocketEnd& from) override;
  void on_web_socket(LinkId link, const WebSocketMessage& message) override;
  bool is_ready() const override { return running(); }

 private:
  // A client, and the node that it was given to.
  struct Session {
    LinkId client_link;
    WebSocketEnd* client;
    UpgradeRequest request;
    std::size_t upstream = 0;  // Into upstreams_.
    LinkId node_link;
    bool upgraded = false;
    std::vector<std::size_t> tried = {};
  };

  // What is known of a node's health.
  struct Health {
    bool up = true;
    int failures = 0;   // In a row.
    int successes = 0;  // In a row.
  };

  struct Life {
    std::vector<Health> health;  // As upstreams_.
    std::map<LinkId, std::size_t> checks;
    // Each session twice: by its client's link and by its node's.
    std::map<LinkId, std::shared_ptr<Session>> sessions;
  };

  void check(std::size_t upstream);
  void on_health(LinkId link, bool ready);
  void judge(std::size_t upstream, bool ready);
  void dispatch(const std::shared_ptr<Session>& session);
  std::size_t choose(const Session& session) const;
  void refuse(const std::shared_ptr<Session>& session);
  void hold_back(LinkId sender, Side reader, LinkId receiver, Side writer);

  // Constant after construction.
  Machine& machine_;
  Network& network_;
  const Chronicle& chronicle_;
  const std::vector<Upstream> upstreams_;

  std::unique_ptr<Life> life_;
};

}  // namespace syncline::sim
