#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "server/base/bytes.h"
#include "server/ports/broker.h"
#include "tests/conformance/broker_recorder.h"
#include "tests/conformance/store_recorder.h"

// What every Broker owes the core, as long as nothing breaks; written against the port alone. See
// store_conformance.h.

namespace syncline::conformance {

// The brokers of some shards.
class BrokerWorld {
 public:
  static constexpr std::size_t shards = 3;

  virtual ~BrokerWorld() = default;

  // shard < shards.
  virtual ports::Broker& broker(std::size_t shard) = 0;
  // Where the messages go; called before the first subscription.
  virtual void attach(std::size_t shard, ports::BrokerSink& sink) = 0;

  // Lets the brokers work, on this thread, until `done`, or until it is clear that it never will
  // be.
  virtual void run_until(const std::function<bool()>& done) = 0;
  // Until everything that was asked for so far has long arrived.
  virtual void settle() = 0;
};

using MakeBrokerWorld = std::unique_ptr<BrokerWorld> (*)();

class BrokerConformance : public testing::TestWithParam<MakeBrokerWorld> {
 protected:
  using Heard = std::vector<std::string>;

  BrokerConformance() : world_(GetParam()()) {
    for (std::size_t shard = 0; shard < BrokerWorld::shards; ++shard) {
      world_->attach(shard, recorders_[shard]);
    }
  }

  void subscribe(std::initializer_list<std::size_t> shards, const std::string& name) {
    for (const std::size_t shard : shards) world_->broker(shard).subscribe(document(name));
    world_->settle();
  }
  void publish(std::size_t shard, const std::string& name, std::uint64_t sequence,
               std::string_view text) {
    world_->broker(shard).publish_update(document(name), Sequence{sequence},
                                         SharedBytes(as_bytes(text)));
  }
  const Heard& heard(std::size_t shard) const { return recorders_[shard].heard; }

  BrokerRecorder recorders_[BrokerWorld::shards];
  std::unique_ptr<BrokerWorld> world_;
};

TEST_P(BrokerConformance, carries_updates_to_all_others_who_are_subscribed) {
  subscribe({0, 1, 2}, "a");
  publish(0, "a", 5, "x");
  world_->run_until([this] { return !heard(1).empty() && !heard(2).empty(); });
  world_->settle();
  EXPECT_EQ(heard(0), Heard());
  EXPECT_EQ(heard(1), Heard{"update a 5 x"});
  EXPECT_EQ(heard(2), Heard{"update a 5 x"});
}

TEST_P(BrokerConformance, tells_nobody_from_within_a_call) {
  subscribe({0, 1}, "a");
  publish(0, "a", 1, "x");
  EXPECT_EQ(heard(1), Heard());
  world_->settle();
  EXPECT_EQ(heard(1).size(), 1u);
}

TEST_P(BrokerConformance, carries_what_somebody_publishes_who_is_not_subscribed) {
  subscribe({1}, "a");
  publish(0, "a", 1, "x");
  world_->settle();
  EXPECT_EQ(heard(1), Heard{"update a 1 x"});
}

TEST_P(BrokerConformance, tells_documents_apart) {
  subscribe({1}, "a");
  subscribe({2}, "A");
  publish(0, "a", 1, "small");
  publish(0, "A", 2, "large");
  publish(0, "b", 3, "none");
  world_->settle();
  EXPECT_EQ(heard(1), Heard{"update a 1 small"});
  EXPECT_EQ(heard(2), Heard{"update A 2 large"});
}

TEST_P(BrokerConformance, carries_awareness_and_its_queries) {
  subscribe({0, 1}, "a");
  world_->broker(0).query_awareness(document("a"));
  world_->settle();
  world_->broker(1).publish_awareness(document("a"), SharedBytes(as_bytes("here")));
  world_->settle();
  EXPECT_EQ(heard(1), Heard{"query a"});
  EXPECT_EQ(heard(0), Heard{"awareness a here"});
}

TEST_P(BrokerConformance, is_silent_after_the_end_of_a_subscription) {
  subscribe({1, 2}, "a");
  world_->broker(1).unsubscribe(document("a"));
  world_->settle();
  publish(0, "a", 1, "x");
  world_->settle();
  EXPECT_EQ(heard(1), Heard());
  EXPECT_EQ(heard(2).size(), 1u);
}

TEST_P(BrokerConformance, counts_a_repeated_subscription_as_one) {
  subscribe({1}, "a");
  subscribe({1}, "a");
  publish(0, "a", 1, "x");
  world_->settle();
  EXPECT_EQ(heard(1).size(), 1u);
  world_->broker(1).unsubscribe(document("a"));
  world_->broker(1).unsubscribe(document("a"));
  world_->settle();
  publish(0, "a", 2, "y");
  world_->settle();
  EXPECT_EQ(heard(1).size(), 1u);
}

TEST_P(BrokerConformance, carries_any_bytes) {
  subscribe({1}, "a");
  std::string every_byte;
  for (int i = 0; i < 256; ++i) every_byte.push_back(static_cast<char>(i));
  publish(0, "a", 1, every_byte);
  world_->broker(0).publish_awareness(document("a"), SharedBytes());
  world_->settle();
  EXPECT_EQ(heard(1).size(), 2u);
  EXPECT_EQ(std::count(heard(1).begin(), heard(1).end(), "update a 1 " + every_byte), 1);
  EXPECT_EQ(std::count(heard(1).begin(), heard(1).end(), "awareness a "), 1);
}

}  // namespace syncline::conformance
