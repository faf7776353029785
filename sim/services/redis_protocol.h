#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "server/base/bytes.h"
#include "server/base/ids.h"
#include "server/ports/write_buffer.h"
#include "sim/network.h"
#include "sim/services/document_numbers.h"

// What the simulated Redis says to its clients.

namespace syncline::sim {

// The command changed nothing.
enum class RedisError : std::uint8_t {
  out_of_memory,  // maxmemory, with maxmemory-policy noeviction.
};

struct RedisPong {};

// Answers of a connection come in the order of its requests.
using RedisAnswer =
    std::variant<RedisError, RedisPong, ports::BufferPosition, ports::BufferPage,
                 std::vector<ports::BufferHead>, std::vector<DocumentNumber>, ports::BufferHead>;

enum class RedisMessageKind : std::uint8_t { update, buffered, awareness, awareness_query };

// What is published on a document's channel.
struct RedisMessage {
  std::uint32_t document;  // A document's number.
  RedisMessageKind kind;
  // update: {0, its sequence number}; buffered: its position.
  ports::BufferPosition position = {};
  SharedBytes payload = {};
};

// The end of a connection that asks.
class RedisClient {
 public:
  // The answer to the greeting: which life of Redis this is.
  virtual void on_redis_hello(LinkId link, std::uint64_t run_id) = 0;
  virtual void on_redis_answer(LinkId link, RedisAnswer answer) = 0;
  virtual void on_redis_message(LinkId link, RedisMessage message) = 0;
  // What is published from now on is heard.
  virtual void on_redis_subscribed(LinkId link, std::uint32_t document) = 0;

 protected:
  ~RedisClient() = default;
};

}  // namespace syncline::sim
