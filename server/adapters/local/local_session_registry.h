#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "server/ports/executor.h"
#include "server/ports/session_registry.h"

namespace syncline::adapters {

// The connections of all shards of a process that is the only node. Must outlive its registries.
// May be used from any thread.
class LocalSessions {
 public:
  explicit LocalSessions(std::string node) : node_(std::move(node)) {}
  LocalSessions(const LocalSessions&) = delete;
  LocalSessions& operator=(const LocalSessions&) = delete;

 private:
  friend class LocalSessionRegistry;

  const std::string node_;
  std::mutex mutex_;
  std::map<ConnectionId, ports::RegisteredConnection> connections_;
};

// The session registry of one shard. It must live until the executor runs no more tasks.
class LocalSessionRegistry final : public ports::SessionRegistry {
 public:
  LocalSessionRegistry(LocalSessions& sessions, ports::Executor& executor)
      : sessions_(sessions), executor_(executor) {}

  // Where answers go. REQUIRES: called before the first request.
  void attach(ports::SessionRegistrySink& sink) { sink_ = &sink; }

  void add(ConnectionId connection, const DocumentName& document, const std::string& user,
           WallTime since) override;
  void remove(ConnectionId connection) override;
  void list_document(RequestToken token, const DocumentName& document) override;
  void list_node(RequestToken token, const std::string& node) override;

 private:
  void answer(RequestToken token, std::vector<ports::RegisteredConnection> connections);

  LocalSessions& sessions_;
  ports::Executor& executor_;
  ports::SessionRegistrySink* sink_ = nullptr;  // Constant after attach().
};

}  // namespace syncline::adapters
