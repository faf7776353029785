#pragma once

#include <set>
#include <string>

#include "server/base/assert.h"
#include "server/ports/session_registry.h"

namespace syncline::sim {

// The session registry of one life of a shard. Nobody looks into it: it holds the shard to what it
// owes the real ones, which is to enter each connection once, and to remove exactly those.
class SessionRegistry final : public ports::SessionRegistry {
 public:
  void add(ConnectionId connection, const DocumentName&, const std::string&, WallTime) override {
    SYNCLINE_ASSERT(entered_.insert(connection).second, connection);
  }
  void remove(ConnectionId connection) override {
    SYNCLINE_ASSERT(entered_.erase(connection) == 1, connection);
  }
  void list_document(RequestToken token, const DocumentName&) override {
    SYNCLINE_ASSERT(false, token);
  }
  void list_node(RequestToken token, const std::string&) override { SYNCLINE_ASSERT(false, token); }

  std::size_t size() const { return entered_.size(); }

 private:
  std::set<ConnectionId> entered_;
};

}  // namespace syncline::sim
