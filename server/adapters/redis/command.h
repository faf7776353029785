#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/adapters/redis/reply.h"
#include "server/adapters/redis/script.h"
#include "server/base/result.h"
#include "server/ports/update_store.h"

// Requests to Redis and their answers, between the threads of the shards and that of the client.

namespace syncline::adapters::redis {

struct Answer {
  std::uint64_t ticket;
  ports::Outcome outcome;
  ErrorCode error = ErrorCode::unavailable;  // Meaningful only when not committed.
  Reply reply = Reply();                     // Not empty only when committed.
};

// Whoever asks. It must live until the client is stopped.
class Requester {
 public:
  // Called on a thread of the client, or on that of the caller if the client is stopped. Answers to
  // one requester come in the order of its requests, those of one turn together.
  virtual void deliver(std::vector<Answer> answers) = 0;

 protected:
  ~Requester() = default;
};

struct Command {
  Requester* requester = nullptr;  // Null: nobody wants the answer.
  std::uint64_t ticket = 0;
  // With a script: its arguments after run id and random number, where it takes these. Else the
  // command itself.
  std::optional<Script> script = std::nullopt;
  std::vector<std::string> keys = {};  // All of one slot. Empty without a script.
  std::vector<std::string> arguments = {};
  std::optional<std::uint16_t> slot = std::nullopt;  // Of its keys or channel, if it has any.
};

}  // namespace syncline::adapters::redis
