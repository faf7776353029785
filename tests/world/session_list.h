#pragma once

#include <map>
#include <string>

#include "server/base/assert.h"
#include "server/ports/session_registry.h"

namespace syncline::world {

// The session registry of one shard: what it has entered, for whoever looks. It must enter each
// connection once, and remove what it has entered.
class SessionList final : public ports::SessionRegistry {
 public:
  void add(ConnectionId connection, const DocumentName& document, const std::string& user,
           WallTime since) override {
    const auto [at, is_new] =
        entries_.try_emplace(connection, ports::RegisteredConnection{.node = "",
                                                                     .connection = connection,
                                                                     .document = document,
                                                                     .user = user,
                                                                     .since = since});
    SYNCLINE_ASSERT(is_new, connection);
  }
  void remove(ConnectionId connection) override {
    SYNCLINE_ASSERT(entries_.erase(connection) == 1, connection);
  }

  // Operators ask, and shards do not.
  void list_document(RequestToken token, const DocumentName&) override {
    SYNCLINE_ASSERT(false, token);
  }
  void list_node(RequestToken token, const std::string&) override { SYNCLINE_ASSERT(false, token); }

  const std::map<ConnectionId, ports::RegisteredConnection>& entries() const { return entries_; }
  // The process has died.
  void forget() { entries_.clear(); }

 private:
  std::map<ConnectionId, ports::RegisteredConnection> entries_;
};

}  // namespace syncline::world
