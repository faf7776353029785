#include "server/app/node_desk.h"

#include <utility>

#include "server/base/assert.h"

namespace syncline::app {
namespace {

// Redis answers within milliseconds, or is found dead within about as long.
constexpr std::chrono::seconds patience(3);

Error unlisted() {
  return {ErrorCode::unavailable, "the connections cannot be listed now; is Redis there?"};
}

}  // namespace

NodeDesk::NodeDesk(std::string node, ports::Log& log) : node_(std::move(node)), log_(log) {}

void NodeDesk::open(std::vector<Shard> shards, Messaging& messaging) {
  SYNCLINE_ASSERT(!shards.empty() && shards_.empty());
  shards_ = std::move(shards);
  messaging_ = &messaging;
}

void NodeDesk::end() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  for (auto& [token, answer] : std::exchange(waiting_, {})) answer.set_value(unlisted());
}

// Questions.

NodeDesk::Connections NodeDesk::connections_of_document(const DocumentName& document) {
  return ask([document](ports::SessionRegistry& sessions, RequestToken token) {
    sessions.list_document(token, document);
  });
}

NodeDesk::Connections NodeDesk::connections_of_node(const std::string& node) {
  return ask([node](ports::SessionRegistry& sessions, RequestToken token) {
    sessions.list_node(token, node);
  });
}

NodeDesk::Connections NodeDesk::ask(
    std::function<void(ports::SessionRegistry&, RequestToken)> question) {
  RequestToken token;
  std::future<Connections> answer;
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return unlisted();
    token = RequestToken{++last_token_.value};
    answer = waiting_[token].get_future();
  }
  const Shard& first = shards_.front();
  first.executor.post([&sessions = first.messaging.sessions(), token,
                       question = std::move(question)] { question(sessions, token); });
  if (answer.wait_for(patience) == std::future_status::ready) return answer.get();
  const std::lock_guard lock(mutex_);
  waiting_.erase(token);  // It may have come meanwhile; too late is too late.
  return unlisted();
}

void NodeDesk::on_connections(RequestToken token, Connections connections) {
  const std::lock_guard lock(mutex_);
  auto waiting = waiting_.extract(token);
  if (!waiting.empty()) waiting.mapped().set_value(std::move(connections));
}

// Orders.

Result<void> NodeDesk::drain(const std::string& node) {
  log_.write(ports::LogLevel::info, "an operator orders a node to drain", {{"node", node}});
  if (node != node_) return tell_others([node](ports::Control& all) { all.drain_node(node); });
  order_drain();
  return {};
}

Result<void> NodeDesk::evict(const DocumentName& document) {
  log_.write(ports::LogLevel::info, "an operator orders a document to be loaded anew",
             {{"document", document.text()}});
  return tell_others([document](ports::Control& all) { all.evict_document(document); });
}

Result<void> NodeDesk::disconnect(const std::string& node, ConnectionId connection) {
  log_.write(ports::LogLevel::info, "an operator orders a connection to be ended",
             {{"node", node}, {"connection", std::to_string(connection.value)}});
  if (node != node_) {
    return tell_others(
        [node, connection](ports::Control& all) { all.revoke_connection(node, connection); });
  }
  for (const Shard& each : shards_) {
    each.executor.post([&shard = each.shard, connection] { shard.revoke_connection(connection); });
  }
  return {};
}

Result<void> NodeDesk::tell_others(std::function<void(ports::Control&)> order) {
  if (!messaging_->reaches_others()) {
    return Error{ErrorCode::unavailable,
                 "Redis cannot be reached, so that nobody would hear of it; nothing was done"};
  }
  const Shard& first = shards_.front();
  first.executor.post(
      [&control = first.messaging.control(), order = std::move(order)] { order(control); });
  return {};
}

}  // namespace syncline::app
