#include "server/adapters/local/local_control.h"

namespace syncline::adapters {

void LocalControlHub::tell_all(const Order& order) {
  const std::lock_guard lock(mutex_);
  for (LocalControl* const control : controls_) {
    control->executor_.post([control, order] { order(*control->sink_); });
  }
}

LocalControl::~LocalControl() {
  const std::lock_guard lock(hub_.mutex_);
  std::erase(hub_.controls_, this);
}

void LocalControl::attach(ports::ControlSink& sink) {
  sink_ = &sink;
  const std::lock_guard lock(hub_.mutex_);
  hub_.controls_.push_back(this);
}

void LocalControl::drain_node(const std::string& node) {
  if (node != hub_.node_) return;
  hub_.tell_all([](ports::ControlSink& sink) { sink.on_control_drain(); });
}

void LocalControl::evict_document(const DocumentName& document) {
  hub_.tell_all([document](ports::ControlSink& sink) { sink.on_control_evict(document); });
}

void LocalControl::revoke_connection(const std::string& node, ConnectionId connection) {
  if (node != hub_.node_) return;
  hub_.tell_all(
      [connection](ports::ControlSink& sink) { sink.on_control_revoke_connection(connection); });
}

void LocalControl::revoke_user(const std::string& user) {
  hub_.tell_all([user](ports::ControlSink& sink) { sink.on_control_revoke_user(user); });
}

}  // namespace syncline::adapters
