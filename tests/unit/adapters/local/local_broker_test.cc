#include "server/adapters/local/local_broker.h"

#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/adapters/queue_executor.h"

namespace syncline::adapters {
namespace {

const DocumentName a = DocumentName::parse("a").value();
const DocumentName b = DocumentName::parse("b").value();

SharedBytes bytes(std::string_view text) { return SharedBytes(as_bytes(text)); }

// A shard that writes down what it hears.
class TestShard final : public ports::BrokerSink {
 public:
  explicit TestShard(LocalBrokerHub& hub) : broker(hub, executor) { broker.attach(*this); }

  void on_broker_update(const DocumentName& document, Sequence sequence,
                        SharedBytes update) override {
    heard.push_back("update " + document.text() + " " + std::to_string(sequence.value) + " " +
                    std::string(as_text(update.view())));
  }
  void on_buffer_update(const DocumentName& document, ports::BufferPosition, SharedBytes) override {
    ADD_FAILURE() << document.text() << " has no buffer";
  }
  void on_broker_awareness(const DocumentName& document, SharedBytes awareness) override {
    heard.push_back("awareness " + document.text() + " " + std::string(as_text(awareness.view())));
  }
  void on_broker_awareness_query(const DocumentName& document) override {
    heard.push_back("query " + document.text());
  }

  QueueExecutor executor;
  LocalBroker broker;
  std::vector<std::string> heard;
};

using Lines = std::vector<std::string>;

TEST(LocalBrokerTest, delivers_to_the_other_subscribers_on_their_own_thread) {
  LocalBrokerHub hub;
  TestShard one(hub);
  TestShard two(hub);
  TestShard three(hub);
  one.broker.subscribe(a);
  two.broker.subscribe(a);
  three.broker.subscribe(b);
  one.broker.publish_update(a, Sequence{7}, bytes("x"));
  one.broker.publish_awareness(a, bytes("y"));
  one.broker.query_awareness(a);
  EXPECT_TRUE(two.heard.empty()) << "not from within the call";
  for (TestShard* shard : {&one, &two, &three}) shard->executor.run_ready();
  EXPECT_EQ(two.heard, (Lines{"update a 7 x", "awareness a y", "query a"}));
  EXPECT_TRUE(one.heard.empty()) << "nobody hears itself";
  EXPECT_TRUE(three.heard.empty()) << "of another document";
}

TEST(LocalBrokerTest, publishes_for_those_who_have_not_subscribed) {
  LocalBrokerHub hub;
  TestShard one(hub);
  TestShard two(hub);
  two.broker.subscribe(a);
  one.broker.publish_update(a, Sequence{1}, bytes("x"));
  two.executor.run_ready();
  EXPECT_EQ(two.heard, Lines{"update a 1 x"});
}

TEST(LocalBrokerTest, drops_what_arrives_after_the_end_of_a_subscription) {
  LocalBrokerHub hub;
  TestShard one(hub);
  TestShard two(hub);
  two.broker.subscribe(a);
  one.broker.publish_update(a, Sequence{1}, bytes("x"));
  two.broker.unsubscribe(a);
  one.broker.publish_update(a, Sequence{2}, bytes("y"));
  two.executor.run_ready();
  EXPECT_TRUE(two.heard.empty());
}

TEST(LocalBrokerTest, counts_a_subscription_once) {
  LocalBrokerHub hub;
  TestShard one(hub);
  TestShard two(hub);
  two.broker.subscribe(a);
  two.broker.subscribe(a);
  one.broker.query_awareness(a);
  two.executor.run_ready();
  EXPECT_EQ(two.heard, Lines{"query a"});
  two.broker.unsubscribe(a);
  two.broker.unsubscribe(a);
  one.broker.query_awareness(a);
  two.executor.run_ready();
  EXPECT_EQ(two.heard, Lines{"query a"});
}

TEST(LocalBrokerTest, forgets_a_broker_that_is_gone) {
  LocalBrokerHub hub;
  TestShard one(hub);
  {
    TestShard two(hub);
    two.broker.subscribe(a);
    two.broker.subscribe(b);
  }
  one.broker.publish_update(a, Sequence{1}, bytes("x"));
}

TEST(LocalBrokerTest, carries_between_threads_everything_in_order) {
  constexpr std::uint64_t count = 2000;
  LocalBrokerHub hub;
  TestShard one(hub);
  TestShard two(hub);
  one.broker.subscribe(a);
  two.broker.subscribe(a);
  const auto work = [](TestShard& shard) {
    for (std::uint64_t i = 1; i <= count; ++i) {
      shard.broker.publish_update(a, Sequence{i}, bytes("x"));
      shard.broker.subscribe(b);
      shard.broker.unsubscribe(b);
    }
    EXPECT_TRUE(shard.executor.run_until([&shard] { return shard.heard.size() == count; }));
  };
  std::thread other([&] { work(two); });
  work(one);
  other.join();
  for (const TestShard* shard : {&one, &two}) {
    for (std::uint64_t i = 1; i <= count; ++i) {
      ASSERT_EQ(shard->heard[i - 1], "update a " + std::to_string(i) + " x");
    }
  }
}

}  // namespace
}  // namespace syncline::adapters
