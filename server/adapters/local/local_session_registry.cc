#include "server/adapters/local/local_session_registry.h"

#include <utility>

namespace syncline::adapters {

void LocalSessionRegistry::add(ConnectionId connection, const DocumentName& document,
                               const std::string& user, WallTime since) {
  const std::lock_guard lock(sessions_.mutex_);
  sessions_.connections_.insert_or_assign(connection,
                                          ports::RegisteredConnection{.node = sessions_.node_,
                                                                      .connection = connection,
                                                                      .document = document,
                                                                      .user = user,
                                                                      .since = since});
}

void LocalSessionRegistry::remove(ConnectionId connection) {
  const std::lock_guard lock(sessions_.mutex_);
  sessions_.connections_.erase(connection);
}

void LocalSessionRegistry::list_document(RequestToken token, const DocumentName& document) {
  std::vector<ports::RegisteredConnection> found;
  {
    const std::lock_guard lock(sessions_.mutex_);
    for (const auto& [id, connection] : sessions_.connections_) {
      if (connection.document == document) found.push_back(connection);
    }
  }
  answer(token, std::move(found));
}

void LocalSessionRegistry::list_node(RequestToken token, const std::string& node) {
  std::vector<ports::RegisteredConnection> found;
  if (node == sessions_.node_) {
    const std::lock_guard lock(sessions_.mutex_);
    for (const auto& [id, connection] : sessions_.connections_) found.push_back(connection);
  }
  answer(token, std::move(found));
}

void LocalSessionRegistry::answer(RequestToken token,
                                  std::vector<ports::RegisteredConnection> connections) {
  executor_.post([this, token, connections = std::move(connections)] {
    sink_->on_connections(token, connections);
  });
}

}  // namespace syncline::adapters
