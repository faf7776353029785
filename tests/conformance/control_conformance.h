#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "server/ports/control.h"
#include "tests/conformance/store_recorder.h"

// What every Control owes the shards, written against the port alone. See store_conformance.h.

namespace syncline::conformance {

// Two shards of node "n1" and, where there can be others, one of node "n2".
class ControlWorld {
 public:
  static constexpr std::size_t shards = 3;

  virtual ~ControlWorld() = default;

  // shard < shards. Null: there is no other node.
  virtual ports::Control* control(std::size_t shard) = 0;
  virtual void attach(std::size_t shard, ports::ControlSink& sink) = 0;
  // Until everything that was asked for so far has long arrived.
  virtual void settle() = 0;
};

using MakeControlWorld = std::unique_ptr<ControlWorld> (*)();

class ControlConformance : public testing::TestWithParam<MakeControlWorld> {
 protected:
  using Lines = std::vector<std::string>;

  class Shard final : public ports::ControlSink {
   public:
    void on_control_drain() override { heard.emplace_back("drain"); }
    void on_control_evict(const DocumentName& document) override {
      heard.push_back("evict " + document.text());
    }
    void on_control_revoke_connection(ConnectionId connection) override {
      heard.push_back("revoke " + std::to_string(connection.value));
    }
    void on_control_revoke_user(const std::string& user) override {
      heard.push_back("revoke user " + user);
    }

    Lines heard;
  };

  ControlConformance() : world_(GetParam()()) {
    for (std::size_t shard = 0; shard < ControlWorld::shards; ++shard) {
      if (world_->control(shard) != nullptr) world_->attach(shard, shards_[shard]);
    }
    world_->settle();
  }

  bool has_other_node() { return world_->control(2) != nullptr; }

  Shard shards_[ControlWorld::shards];
  std::unique_ptr<ControlWorld> world_;
};

TEST_P(ControlConformance, tells_every_shard_also_the_sender) {
  world_->control(0)->evict_document(document("a"));
  world_->control(1)->revoke_user("ada: \"x\"");
  for (const Shard& shard : shards_) EXPECT_EQ(shard.heard, Lines()) << "from within the call";
  world_->settle();
  for (std::size_t shard = 0; shard < (has_other_node() ? 3u : 2u); ++shard) {
    EXPECT_EQ(shards_[shard].heard, (Lines{"evict a", "revoke user ada: \"x\""}));
  }
}

TEST_P(ControlConformance, tells_only_the_node_that_is_meant) {
  world_->control(0)->drain_node("n1");
  world_->control(0)->revoke_connection("n1", ConnectionId{7});
  world_->control(0)->revoke_connection("n2", ConnectionId{8});
  world_->settle();
  EXPECT_EQ(shards_[0].heard, (Lines{"drain", "revoke 7"}));
  EXPECT_EQ(shards_[1].heard, (Lines{"drain", "revoke 7"}));
  EXPECT_EQ(shards_[2].heard, has_other_node() ? Lines{"revoke 8"} : Lines());
}

TEST_P(ControlConformance, keeps_the_order_of_one_sender) {
  Lines expected;
  for (std::uint64_t i = 0; i < 100; ++i) {
    world_->control(0)->revoke_connection("n1", ConnectionId{i});
    expected.push_back("revoke " + std::to_string(i));
  }
  world_->settle();
  EXPECT_EQ(shards_[1].heard, expected);
}

}  // namespace syncline::conformance
