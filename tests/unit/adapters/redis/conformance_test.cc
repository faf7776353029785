#include <memory>

#include "tests/services/redis_process.h"
#include "tests/unit/adapters/redis/conformance_worlds.h"

namespace syncline::conformance {
namespace {

using tests::RedisProcess;

RedisProcess& shared_redis() {
  static RedisProcess redis;
  return redis;
}

std::unique_ptr<BufferWorld> make_buffer_world() {
  return std::make_unique<RealRedisBufferWorld<RedisProcess>>(shared_redis());
}
std::unique_ptr<BrokerWorld> make_broker_world() {
  return std::make_unique<RealRedisBrokerWorld<RedisProcess>>(shared_redis());
}

INSTANTIATE_TEST_SUITE_P(Redis, BufferConformance, testing::Values(make_buffer_world));
INSTANTIATE_TEST_SUITE_P(Redis, BrokerConformance, testing::Values(make_broker_world));

}  // namespace
}  // namespace syncline::conformance
