#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/conformance/broker_recorder.h"
#include "tests/unit/adapters/redis/buffer_user.h"
#include "tests/unit/adapters/redis/redis_world.h"

// How a client comes to Redis: by which way, as whom, and what it finds out there.

namespace syncline::adapters {
namespace {

using ports::Outcome;
using tests::RedisProcess;

// A client, connected or not, that may be asked to append.
struct Connecting {
  explicit Connecting(const RedisOptions& options)
      : client(RedisClient::open(options, clock, metrics, log).value()),
        user(std::make_unique<BufferUser>(*client, executor)) {}
  ~Connecting() { client->stop(); }

  Outcome append() {
    EXPECT_TRUE(client->wait_until_connected(seconds(10)));
    return user->append("a", "x").outcome;
  }
  void expect_secret_kept(const std::string& secret) {
    for (const std::string& line : log.lines()) {
      EXPECT_EQ(line.find(secret), std::string::npos) << line;
    }
  }

  SteadyClock clock;
  SummingMetrics metrics;
  LineLog log;
  QueueExecutor executor;
  std::unique_ptr<RedisClient> client;
  std::unique_ptr<BufferUser> user;
};

// For localhost, signed by itself.
class TemporaryCertificate {
 public:
  TemporaryCertificate() {
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        "-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout " +
        key_file() + " -out " + file() + " 2>/dev/null";
    made_ = std::system(command.c_str()) == 0;
  }

  bool made() const { return made_; }
  std::string file() const { return (folder_.path() / "cert.pem").string(); }
  std::string key_file() const { return (folder_.path() / "key.pem").string(); }

 private:
  tests::TemporaryFolder folder_;
  bool made_ = false;
};

RedisOptions with_url(const RedisProcess& redis, const std::string& url) {
  RedisOptions options = test_options(redis);
  RedisOptions parsed = RedisOptions::parse(url).value();
  parsed.reconnect_delay_min = options.reconnect_delay_min;
  parsed.reconnect_delay_max = options.reconnect_delay_max;
  return parsed;
}

std::string host(const RedisProcess& redis) { return "127.0.0.1:" + std::to_string(redis.port()); }

TEST(RedisHandshakeTest, connects_as_soon_as_redis_is_there) {
  RedisProcess redis;
  redis.kill();
  Connecting connecting(test_options(redis));
  EXPECT_TRUE(connecting.log.wait_for("cannot connect to Redis"));
  EXPECT_FALSE(connecting.client->wait_until_connected(milliseconds(1)));
  redis.start();
  EXPECT_EQ(connecting.append(), Outcome::committed);
}

TEST(RedisHandshakeTest, goes_over_a_unix_socket) {
  RedisProcess redis;
  Connecting connecting(with_url(redis, "unix://" + redis.socket().string() + "?db=3"));
  EXPECT_EQ(connecting.append(), Outcome::committed);
  EXPECT_NE(redis.ask({"INFO", "keyspace"}).find("db3:"), std::string::npos);
}

TEST(RedisHandshakeTest, tells_databases_apart_also_in_channels) {
  RedisProcess redis;
  Connecting zero(with_url(redis, "redis://" + host(redis)));
  QueueExecutor executor;
  TestProcess one(with_url(redis, "redis://" + host(redis) + "/1"), executor);
  RedisBroker broker(*one.client, executor);
  conformance::BrokerRecorder heard;
  broker.attach(heard);
  broker.subscribe(DocumentName::parse("a").value());
  one.settle();
  EXPECT_EQ(zero.append(), Outcome::committed);
  one.settle();
  EXPECT_TRUE(heard.heard.empty());
  one.client->stop();
}

TEST(RedisHandshakeTest, gives_the_password) {
  RedisProcess redis;
  redis.ask({"CONFIG", "SET", "requirepass", "p@ss:w/rd"});
  Connecting connecting(with_url(redis, "redis://:p%40ss%3Aw%2Frd@" + host(redis)));
  EXPECT_EQ(connecting.append(), Outcome::committed);
}

TEST(RedisHandshakeTest, says_that_the_password_is_wrong_and_not_which) {
  RedisProcess redis;
  redis.ask({"CONFIG", "SET", "requirepass", "right-secret"});
  Connecting wrong(with_url(redis, "redis://:wrong-secret@" + host(redis)));
  EXPECT_TRUE(wrong.log.wait_for("WRONGPASS"));
  wrong.expect_secret_kept("wrong-secret");
  Connecting none(with_url(redis, "redis://" + host(redis)));
  EXPECT_TRUE(none.log.wait_for("NOAUTH"));
}

// What docs/operations.md tells operators to grant.
TEST(RedisHandshakeTest, works_as_a_user_with_few_rights) {
  RedisProcess redis;
  redis.ask({"ACL", "SETUSER", "syncline", "on", ">secret", "~syncline:*", "&syncline:*", "+@read",
             "+@write", "+@pubsub", "+@scripting", "+@connection", "+@transaction", "+info",
             "+time"});
  Connecting connecting(with_url(redis, "redis://syncline:secret@" + host(redis)));
  EXPECT_EQ(connecting.append(), Outcome::committed);
  // CONFIG is forbidden to it, and INFO does not say when the file is synced.
  const RedisPersistence unsure = connecting.client->check_persistence(seconds(10)).value();
  ASSERT_EQ(unsure.dangers.size(), 1u);
  EXPECT_NE(unsure.dangers[0].find("appendfsync could not be read"), std::string::npos);
  redis.ask({"ACL", "SETUSER", "syncline", "+config|get"});
  EXPECT_TRUE(connecting.client->check_persistence(seconds(10)).value().safe());
}

TEST(RedisHandshakeTest, goes_on_looking_how_redis_is_set) {
  RedisProcess redis;
  Connecting connecting(test_options(redis));
  std::atomic<std::size_t> looks = 0;
  std::atomic<std::size_t> dangers = 0;
  connecting.client->watch_persistence(milliseconds(20), [&](const RedisPersistence& found) {
    dangers = found.dangers.size();
    ++looks;
  });
  ASSERT_TRUE(tests::eventually([&looks] { return looks > 2; }));
  EXPECT_EQ(dangers, 0u);
  redis.ask({"CONFIG", "SET", "maxmemory-policy", "allkeys-random"});
  EXPECT_TRUE(tests::eventually([&dangers] { return dangers == 1; }));
  redis.ask({"CONFIG", "SET", "maxmemory-policy", "noeviction"});
  EXPECT_TRUE(tests::eventually([&dangers] { return dangers == 0; }));
  connecting.client->stop();
}

TEST(RedisHandshakeTest, keeps_an_edit_that_may_not_be_published) {
  RedisProcess redis;
  redis.ask({"ACL", "SETUSER", "quiet", "on", ">secret", "~*", "+@all", "resetchannels"});
  Connecting connecting(with_url(redis, "redis://quiet:secret@" + host(redis)));
  EXPECT_EQ(connecting.append(), Outcome::committed);
  EXPECT_TRUE(connecting.log.wait_for("cannot publish"));
}

TEST(RedisHandshakeTest, finds_out_how_redis_is_set) {
  RedisProcess redis;
  Connecting connecting(test_options(redis));
  const RedisPersistence good = connecting.client->check_persistence(seconds(10)).value();
  EXPECT_TRUE(good.safe());
  redis.ask({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
  redis.ask({"CONFIG", "SET", "appendonly", "no"});
  const RedisPersistence bad = connecting.client->check_persistence(seconds(10)).value();
  EXPECT_EQ(bad.dangers.size(), 2u);
  redis.kill();
  ASSERT_TRUE(connecting.metrics.wait_for(ports::Gauge::redis_connections, 0));
  EXPECT_EQ(connecting.client->check_persistence(milliseconds(1)).error().code,
            ErrorCode::unavailable);
}

TEST(RedisHandshakeTest, speaks_tls_to_whom_it_can_verify) {
  const TemporaryCertificate certificate;
  if (!certificate.made()) GTEST_SKIP() << "there is no openssl";
  const std::uint16_t port = tests::free_port();
  RedisProcess redis(
      {.more = {"--tls-port", std::to_string(port), "--tls-cert-file", certificate.file(),
                "--tls-key-file", certificate.key_file(), "--tls-ca-cert-file", certificate.file(),
                "--tls-auth-clients", "no"}});
  const std::string url = "rediss://127.0.0.1:" + std::to_string(port);
  Connecting stranger(with_url(redis, url));
  EXPECT_TRUE(stranger.log.wait_for("no TLS handshake"));
  RedisOptions options = with_url(redis, url);
  options.tls_ca_file = certificate.file();
  Connecting connecting(options);
  EXPECT_EQ(connecting.append(), Outcome::committed);
}

TEST(RedisHandshakeTest, refuses_options_that_contradict_each_other) {
  SteadyClock clock;
  SummingMetrics metrics;
  LineLog log;
  RedisOptions options;
  options.prefix = "a{b";
  EXPECT_EQ(RedisClient::open(options, clock, metrics, log).error().code,
            ErrorCode::invalid_argument);
  options.prefix = "a";
  options.tls_key_file = "key.pem";
  EXPECT_EQ(RedisClient::open(options, clock, metrics, log).error().code,
            ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace syncline::adapters
