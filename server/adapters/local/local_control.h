#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "server/ports/control.h"
#include "server/ports/executor.h"

namespace syncline::adapters {

class LocalControl;

// The shards of a process that is the only node, for orders. Must outlive its controls. May be used
// from any thread.
class LocalControlHub {
 public:
  explicit LocalControlHub(std::string node) : node_(std::move(node)) {}
  LocalControlHub(const LocalControlHub&) = delete;
  LocalControlHub& operator=(const LocalControlHub&) = delete;

 private:
  friend class LocalControl;
  using Order = std::function<void(ports::ControlSink&)>;

  void tell_all(const Order& order);

  const std::string node_;
  std::mutex mutex_;
  std::vector<LocalControl*> controls_;
};

// Orders from and to one shard. It must live until the executor runs no more tasks.
class LocalControl final : public ports::Control {
 public:
  LocalControl(LocalControlHub& hub, ports::Executor& executor) : hub_(hub), executor_(executor) {}
  ~LocalControl() override;

  LocalControl(const LocalControl&) = delete;
  LocalControl& operator=(const LocalControl&) = delete;

  // Where orders go, from now on. REQUIRES: called once.
  void attach(ports::ControlSink& sink);

  void drain_node(const std::string& node) override;
  void evict_document(const DocumentName& document) override;
  void revoke_connection(const std::string& node, ConnectionId connection) override;
  void revoke_user(const std::string& user) override;

 private:
  friend class LocalControlHub;

  LocalControlHub& hub_;
  ports::Executor& executor_;
  ports::ControlSink* sink_ = nullptr;  // Constant after attach().
};

}  // namespace syncline::adapters
