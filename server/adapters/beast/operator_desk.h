#pragma once

#include <string>
#include <vector>

#include "server/base/document_name.h"
#include "server/base/ids.h"
#include "server/base/result.h"
#include "server/ports/session_registry.h"

namespace syncline::adapters {

// What operators may see and order through the admin port of a node, about all nodes. Called on a
// thread that is kept for them, one call at a time; a call may block for a few seconds.
//
// Errors: `unavailable`, with a line for the operator.
class OperatorDesk {
 public:
  virtual ~OperatorDesk() = default;

  virtual const std::string& node() const = 0;  // The name of this one.

  virtual Result<std::vector<ports::RegisteredConnection>> connections_of_document(
      const DocumentName& document) = 0;
  virtual Result<std::vector<ports::RegisteredConnection>> connections_of_node(
      const std::string& node) = 0;

  // Orders. Done: it is on its way to whom it concerns, who may be cut off and not hear it.

  // The node is to end as on SIGTERM.
  virtual Result<void> drain(const std::string& node) = 0;
  // All nodes are to load the document anew.
  virtual Result<void> evict(const DocumentName& document) = 0;
  // The node is to end the connection, for good (4403).
  virtual Result<void> disconnect(const std::string& node, ConnectionId connection) = 0;
};

}  // namespace syncline::adapters
