#pragma once

#include <memory>
#include <optional>
#include <string>

#include "server/adapters/redis/redis_client.h"
#include "server/base/result.h"
#include "server/core/shard.h"
#include "server/ports/broker.h"
#include "server/ports/clock.h"
#include "server/ports/control.h"
#include "server/ports/executor.h"
#include "server/ports/log.h"
#include "server/ports/metrics.h"
#include "server/ports/session_registry.h"
#include "server/ports/write_buffer.h"

namespace syncline::app {

struct MessagingOptions {
  std::optional<adapters::RedisOptions> redis;  // Without it, the broker is within the process.
  bool buffered = false;                        // Updates go through Redis' write buffer.
  std::string node = {};                        // The name of this one, unlike any other's.
  Duration session_ttl = seconds(30);           // How long Redis lists a node that has died.
};

// One shard's way to the others.
class ShardMessaging {
 public:
  virtual ~ShardMessaging() = default;

  // Where messages and answers go. REQUIRES: called before anything else.
  virtual void attach(core::Shard& shard, ports::ControlSink& orders,
                      ports::SessionRegistrySink& connections) = 0;
  virtual ports::Broker& broker() = 0;
  virtual ports::SessionRegistry& sessions() = 0;
  virtual ports::Control& control() = 0;
  // Null without a write buffer.
  virtual ports::WriteBuffer* buffer() { return nullptr; }
};

// How the shards of a node, and of all nodes, hear from each other: within the process, or through
// Redis.
class Messaging {
 public:
  // Errors as of RedisClient::open(). The ports must outlive the messaging.
  static Result<std::unique_ptr<Messaging>> open(const MessagingOptions& options,
                                                 ports::Clock& clock, ports::Metrics& metrics,
                                                 ports::Log& log);
  virtual ~Messaging() = default;

  // Must live until the executor runs no more tasks. `shard` is its number on this node.
  virtual std::unique_ptr<ShardMessaging> make_shard_messaging(ports::Executor& executor,
                                                               std::size_t shard) = 0;
  // Whether an order would be heard now, at other nodes where there may be some. From any thread.
  virtual bool reaches_others() { return true; }
  // Null where there is no Redis.
  virtual adapters::RedisClient* redis() { return nullptr; }

  virtual void stop() {}
};

}  // namespace syncline::app
