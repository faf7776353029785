#pragma once

#include <string>

#include "server/base/document_name.h"
#include "server/base/ids.h"

namespace syncline::ports {

// What somebody asks of this shard, on its thread, never from within a call to Control.
class ControlSink {
 public:
  // This node is to hand its connections over, as on SIGTERM.
  virtual void on_control_drain() = 0;
  // The document is to be dropped from memory and loaded anew.
  virtual void on_control_evict(const DocumentName& document) = 0;
  // The connection, one of this node's, is to be ended: its right was revoked.
  virtual void on_control_revoke_connection(ConnectionId connection) = 0;
  // All connections of this user.
  virtual void on_control_revoke_user(const std::string& user) = 0;

 protected:
  ~ControlSink() = default;
};

// Carries orders to the shards of all nodes, the sender's own included. At most once: a node that
// is cut off does not hear. Whoever revokes a right must also have taken it away where it is
// looked up. Implementations: adapters/local, adapters/redis.
class Control {
 public:
  virtual ~Control() = default;

  virtual void drain_node(const std::string& node) = 0;
  virtual void evict_document(const DocumentName& document) = 0;
  virtual void revoke_connection(const std::string& node, ConnectionId connection) = 0;
  virtual void revoke_user(const std::string& user) = 0;
};

}  // namespace syncline::ports
