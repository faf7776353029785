#pragma once

#include <string>
#include <vector>

#include "server/base/document_name.h"
#include "server/base/ids.h"
#include "server/base/instant.h"
#include "server/base/result.h"

namespace syncline::ports {

// One open connection, wherever it is.
struct RegisteredConnection {
  std::string node;         // Which node it is connected to.
  ConnectionId connection;  // Unique within the node.
  DocumentName document;
  std::string user;  // Empty: not known.
  WallTime since;    // By the node's clock; for display.
};

// The answers, on the shard's thread, never from within a request. Each request gets exactly one.
class SessionRegistrySink {
 public:
  // In no promised order.
  virtual void on_connections(RequestToken token,
                              Result<std::vector<RegisteredConnection>> connections) = 0;

 protected:
  ~SessionRegistrySink() = default;
};

// Who is connected where, for people who look and for whoever wants to revoke a connection. What a
// node has entered is gone a while after the node has died. It is information: nothing is decided
// by it that must not be wrong, and while the registry cannot be reached, it is not up to date.
// Implementations: adapters/local, adapters/redis.
class SessionRegistry {
 public:
  virtual ~SessionRegistry() = default;

  // Of this shard's own connections. A connection that is added again is replaced.
  virtual void add(ConnectionId connection, const DocumentName& document, const std::string& user,
                   WallTime since) = 0;
  // Of one that is not there: nothing.
  virtual void remove(ConnectionId connection) = 0;

  // Both look through all connections of the nodes they concern: for a person, not for each edit.
  virtual void list_document(RequestToken token, const DocumentName& document) = 0;
  virtual void list_node(RequestToken token, const std::string& node) = 0;
};

}  // namespace syncline::ports
