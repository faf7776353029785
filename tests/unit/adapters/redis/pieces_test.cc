#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "server/adapters/redis/broker_message.h"
#include "server/adapters/redis/cluster_slot.h"
#include "server/adapters/redis/key_names.h"
#include "server/adapters/redis/redis_options.h"
#include "server/adapters/redis/refusal.h"
#include "server/adapters/redis/reply.h"
#include "server/adapters/redis/server_report.h"

// What needs no Redis.

namespace syncline::adapters {
namespace {

TEST(RedisOptionsTest, reads_addresses) {
  const RedisOptions plain = RedisOptions::parse("redis://cache.example").value();
  EXPECT_EQ(plain.host, "cache.example");
  EXPECT_EQ(plain.port, 6379);
  EXPECT_FALSE(plain.tls);
  const RedisOptions full = RedisOptions::parse("rediss://ada:p%40ss@[::1]:7000/5").value();
  EXPECT_EQ(full.host, "::1");
  EXPECT_EQ(full.port, 7000);
  EXPECT_EQ(full.user, "ada");
  EXPECT_EQ(full.password, "p@ss");
  EXPECT_EQ(full.database, 5u);
  EXPECT_TRUE(full.tls);
  EXPECT_EQ(full.display(), "rediss://[::1]:7000/5");
  const RedisOptions local = RedisOptions::parse("unix:///run/redis.sock?db=2").value();
  EXPECT_EQ(local.socket_path, "/run/redis.sock");
  EXPECT_EQ(local.display(), "unix:///run/redis.sock?db=2");
  EXPECT_EQ(RedisOptions::parse("redis://:secret@h").value().password, "secret");
}

TEST(RedisOptionsTest, refuses_what_is_no_address_without_repeating_it) {
  for (const std::string url :
       {"", "localhost:6379", "http://h", "redis://", "redis://h:port", "redis://h:0",
        "redis://h:70000", "redis://h/x", "redis://user-secret@h", "redis://:a%4@h",
        "redis://:a%zz@h", "redis://[::1", "redis://[::1]x", "unix://relative", "unix:///s?x=1",
        "unix:///s?db=x"}) {
    const Result<RedisOptions> options = RedisOptions::parse(url);
    ASSERT_FALSE(options.ok()) << url;
    EXPECT_EQ(options.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(options.error().detail.find("secret"), std::string::npos);
    EXPECT_NE(options.error().detail.find("write redis://"), std::string::npos);
  }
}

TEST(RedisKeyNamesTest, keeps_what_belongs_to_a_document_in_one_slot) {
  EXPECT_EQ(redis::cluster_slot("123456789"), 0x31c3);
  EXPECT_EQ(redis::cluster_slot(""), 0);
  const redis::KeyNames keys("prefix", 3);
  const DocumentName name = DocumentName::parse("{x}/y").value();
  const unsigned bucket = redis::KeyNames::bucket_of(name);
  const std::string tag = keys.dirty(bucket).substr(0, std::string("prefix:{b00}").size());
  EXPECT_EQ(keys.header(name), tag + ":h:{x}/y");
  EXPECT_EQ(keys.entries(name), tag + ":e:{x}/y");
  EXPECT_EQ(keys.channel(name), tag + ":c3:{x}/y");
  EXPECT_EQ(keys.leases(bucket), tag + ":leases");
  EXPECT_EQ(keys.slot(name), redis::cluster_slot(tag.substr(8, 3)));
  EXPECT_EQ(keys.of_tag("sessions", "nodes"), "prefix:{sessions}:nodes");
}

TEST(RedisBrokerMessageTest, is_read_as_it_was_written) {
  using redis::BrokerMessage;
  const BrokerMessage update{.kind = BrokerMessage::Kind::update,
                             .origin = UINT64_MAX,
                             .sequence = 1234567890123,
                             .body = SharedBytes(as_bytes("x"))};
  const auto read = BrokerMessage::decode(as_bytes(update.encode()));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->kind, update.kind);
  EXPECT_EQ(read->origin, update.origin);
  EXPECT_EQ(read->sequence, update.sequence);
  EXPECT_EQ(as_text(read->body.view()), "x");
  const std::string whole = update.encode();
  for (std::size_t size = 0; size < 17; ++size) {
    EXPECT_FALSE(BrokerMessage::decode(as_bytes(whole.substr(0, size)))) << size;
  }
}

TEST(RedisRefusalTest, knows_when_nothing_was_changed) {
  const auto definite = [](std::string_view text) { return redis::refusal_of(text).definite; };
  EXPECT_TRUE(definite("NOSCRIPT No matching script. Please use EVAL."));
  EXPECT_TRUE(definite("LOADING Redis is loading the dataset in memory"));
  EXPECT_FALSE(definite("ERR Error running script (call to f_1): @user_script:2: WRONGTYPE of"));
  EXPECT_FALSE(definite("ERR something new"));
  EXPECT_FALSE(definite(""));
}

// Redis 7 puts the command's own error first, 6.2 last.
TEST(RedisRefusalTest, knows_a_full_redis_by_the_words_of_each_version) {
  for (const std::string_view text :
       {"OOM command not allowed when used memory > 'maxmemory'.",
        "OOM command not allowed when used memory > 'maxmemory'. script: 5f, on @user_script:41.",
        "ERR Error running script (call to f_5f): @user_script:41: @user_script: 41: -OOM command "
        "not allowed when used memory > 'maxmemory'."}) {
    EXPECT_EQ(redis::refusal_of(text).error, ErrorCode::storage_full) << text;
    EXPECT_TRUE(redis::refusal_of(text).definite) << text;
  }
}

TEST(RedisServerReportTest, reads_what_info_says) {
  ServerReport report;
  report.take_info("# Server\r\nredis_version:7.0.15\r\nredis_mode:cluster\r\nrun_id:abc\r\n");
  report.take_info("# Replication\nrole:slave\nmaster_host:x");
  EXPECT_EQ(report.version, "7.0.15");
  EXPECT_EQ(report.run_id, "abc");
  EXPECT_TRUE(report.cluster);
  EXPECT_TRUE(report.replica);
}

TEST(RedisServerReportTest, knows_a_cluster_of_valkey) {
  ServerReport report;
  report.take_info(
      "# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.1\r\n"
      "server_mode:cluster\r\nrun_id:abc\r\n");
  EXPECT_TRUE(report.cluster);
  EXPECT_TRUE(report.sharded_channels());
  report.take_info("server_mode:standalone\r\n");
  EXPECT_FALSE(report.cluster);
}

TEST(RedisPersistenceTest, tells_danger_from_doubt) {
  EXPECT_TRUE(judge_persistence({"yes", "always", "1000", "noeviction"}).safe());
  EXPECT_TRUE(judge_persistence({"yes", "always", "1000", "noeviction"}).warnings.empty());
  EXPECT_EQ(judge_persistence({"yes", "everysec", "0", "noeviction"}).warnings.size(), 2u);
  EXPECT_TRUE(judge_persistence({"yes", "always", "1000", "volatile-lru"}).safe());
  EXPECT_FALSE(judge_persistence({"no", "always", "1000", "noeviction"}).safe());
  EXPECT_FALSE(judge_persistence({"yes", "no", "1000", "noeviction"}).safe());
  EXPECT_FALSE(judge_persistence({"yes", "always", "1000", "allkeys-lfu"}).safe());
}

// What is not known may be dangerous.
TEST(RedisPersistenceTest, takes_no_answer_for_no) {
  EXPECT_EQ(judge_persistence({}).dangers.size(), 2u);
  EXPECT_EQ(judge_persistence({"yes", "", "1000", "noeviction"}).dangers.size(), 1u);
  EXPECT_EQ(judge_persistence({"yes", "always", "1000", ""}).dangers.size(), 1u);
}

TEST(RedisPersistenceTest, takes_from_info_what_config_does_not_say) {
  RedisSettings managed;
  managed.take_info("# Memory\r\nmaxmemory:0\r\nmaxmemory_policy:allkeys-lru\r\n");
  managed.take_info("# Persistence\r\naof_enabled:0\r\naof_rewrite_in_progress:0\r\n");
  EXPECT_EQ(managed.appendonly, "no");
  EXPECT_EQ(managed.maxmemory, "0");
  EXPECT_EQ(managed.maxmemory_policy, "allkeys-lru");
  EXPECT_EQ(managed.appendfsync, "");
  RedisSettings told{"yes", "always", "5", "noeviction"};
  told.take_info("aof_enabled:0\r\nmaxmemory:0\r\nmaxmemory_policy:allkeys-lru\r\n");
  EXPECT_EQ(told.appendonly, "yes");
  EXPECT_EQ(told.maxmemory_policy, "noeviction");
}

TEST(RedisServerReportTest, knows_how_full_the_memory_is) {
  ServerReport report;
  EXPECT_EQ(report.memory_percent(), 0u);
  report.take_info(
      "used_memory:1000\r\nused_memory_human:1000B\r\ntotal_system_memory:10000\r\n"
      "maxmemory:1000\r\nmaxmemory_human:1000B\r\nmem_not_counted_for_evict:200\r\n");
  EXPECT_EQ(report.memory_percent(), 80u);
  report.take_info("role:master\r\n");
  EXPECT_EQ(report.memory_percent(), 80u);
  report.take_info("used_memory:1000\r\ntotal_system_memory:10000\r\nmaxmemory:0\r\n");
  EXPECT_EQ(report.memory_percent(), 10u) << "without a maximum, the machine's memory is it";
}

TEST(RedisReplyTest, reads_replies_however_they_are_cut) {
  std::string whole = "*3\r\n:1\r\n$4\r\n";
  whole += std::string("a\0b\n", 4);
  whole += "\r\n*2\r\n+OK\r\n$-1\r\n-ERR no\r\n";
  for (std::size_t piece = 1; piece <= whole.size(); ++piece) {
    redis::ReplyReader reader;
    std::vector<redis::Reply> replies;
    for (std::size_t at = 0; at < whole.size(); at += piece) {
      reader.feed(as_bytes(std::string_view(whole).substr(at, piece)));
      for (;;) {
        auto reply = reader.next().value();
        if (!reply) break;
        replies.push_back(std::move(*reply));
      }
    }
    ASSERT_EQ(replies.size(), 2u);
    EXPECT_EQ(replies[0].view().at(0).number(), 1u);
    EXPECT_EQ(replies[0].view().at(1).text(), std::string_view("a\0b\n", 4));
    EXPECT_EQ(replies[0].view().at(2).at(0).text(), "OK");
    EXPECT_EQ(replies[0].view().at(2).at(1).text(), "");
    EXPECT_TRUE(replies[1].view().is_error());
  }
}

TEST(RedisReplyTest, says_that_something_is_not_redis) {
  redis::ReplyReader reader;
  reader.feed(as_bytes("HTTP/1.1 400 Bad Request\r\n\r\n"));
  EXPECT_EQ(reader.next().error().code, ErrorCode::malformed);
}

}  // namespace
}  // namespace syncline::adapters
