#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "server/adapters/redis/command.h"
#include "server/adapters/redis/server_report.h"
#include "server/adapters/redis/servers.h"
#include "server/base/result.h"

namespace syncline::adapters::redis {

// Asks every server that takes writes how it is set, and judges whether what it acknowledges is
// safe: each master of a cluster has settings of its own. On the loop's thread alone.
class PersistenceCheck final : private Requester {
 public:
  using Found = std::function<void(Result<RedisPersistence>)>;

  // `servers` must outlive it.
  explicit PersistenceCheck(Servers& servers) : servers_(servers) {}

  // Calls once all have answered, with `unavailable` if one did not.
  // While a check is under way, its result is this one's, too.
  void run(Found found);

 private:
  void deliver(std::vector<Answer> answers) override;
  void take(const Answer& answer);
  void end();

  Servers& servers_;

  std::vector<Found> waiting_;
  // Of the servers that are asked.
  std::vector<std::string> names_;
  std::vector<RedisSettings> settings_;
  std::size_t missing_ = 0;  // Answers.
  bool lost_ = false;        // A connection, with its answers.
};

}  // namespace syncline::adapters::redis
