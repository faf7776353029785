#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "server/ports/session_registry.h"
#include "tests/conformance/store_recorder.h"

// What every SessionRegistry owes those who look, written against the port alone. See
// store_conformance.h.

namespace syncline::conformance {

// Two shards of node "n1" and, where there can be others, one of node "n2".
class SessionRegistryWorld {
 public:
  virtual ~SessionRegistryWorld() = default;

  virtual ports::SessionRegistry& shard(std::size_t shard) = 0;  // Of n1; shard < 2.
  // Null: there is no other node.
  virtual ports::SessionRegistry* other_node() = 0;
  virtual void attach(ports::SessionRegistrySink& sink) = 0;
  virtual void run_until(const std::function<bool()>& done) = 0;
  // n2 dies; returns once its entries should be gone.
  virtual void kill_other_node() = 0;
};

using MakeSessionRegistryWorld = std::unique_ptr<SessionRegistryWorld> (*)();

class SessionRegistryConformance : public testing::TestWithParam<MakeSessionRegistryWorld>,
                                   public ports::SessionRegistrySink {
 protected:
  using Lines = std::vector<std::string>;

  SessionRegistryConformance() : world_(GetParam()()) { world_->attach(*this); }

  void on_connections(RequestToken token,
                      Result<std::vector<ports::RegisteredConnection>> connections) override {
    EXPECT_TRUE(answers_.emplace(token, std::move(connections)).second) << "answered twice";
  }

  void add(std::size_t shard, std::uint64_t id, const std::string& name,
           const std::string& user = "") {
    world_->shard(shard).add(ConnectionId{id}, document(name), user, WallTime{milliseconds(1000)});
  }
  Lines of_document(const std::string& name) {
    world_->shard(0).list_document(RequestToken{++last_token_}, document(name));
    return answer();
  }
  Lines of_node(const std::string& node) {
    world_->shard(0).list_node(RequestToken{++last_token_}, node);
    return answer();
  }
  Lines answer() {
    const RequestToken token{last_token_};
    EXPECT_FALSE(answers_.contains(token)) << "answered from within the call";
    world_->run_until([&] { return answers_.contains(token); });
    Lines lines;
    for (const ports::RegisteredConnection& found : answers_.at(token).value()) {
      lines.push_back(found.node + " " + std::to_string(found.connection.value) + " " +
                      found.document.text() + " " + found.user + " " +
                      std::to_string(found.since.since_epoch.count()));
    }
    std::sort(lines.begin(), lines.end());
    return lines;
  }

  // What another shard or node has entered is on its way at the same time.
  static Lines once_there_are(std::size_t count, const std::function<Lines()>& list) {
    Lines found = list();
    while (found.size() < count) found = list();
    return found;
  }

  std::unique_ptr<SessionRegistryWorld> world_;

 private:
  std::uint64_t last_token_ = 0;
  std::map<RequestToken, Result<std::vector<ports::RegisteredConnection>>> answers_;
};

TEST_P(SessionRegistryConformance, knows_nobody_at_first) {
  EXPECT_EQ(of_document("a"), Lines());
  EXPECT_EQ(of_node("n1"), Lines());
  EXPECT_EQ(of_node("nobody"), Lines());
}

TEST_P(SessionRegistryConformance, lists_the_connections_of_a_document) {
  add(0, 1, "a", "ada");
  add(0, 3, "b");
  add(1, 2, "a");
  EXPECT_EQ(once_there_are(2, [&] { return of_document("a"); }),
            (Lines{"n1 1 a ada 1000", "n1 2 a  1000"}));
}

TEST_P(SessionRegistryConformance, lists_the_connections_of_a_node) {
  add(0, 1, "a/with every\"thing: {b} ü", "bob:1 \"x\"");
  add(1, 2, "b");
  EXPECT_EQ(once_there_are(2, [&] { return of_node("n1"); }),
            (Lines{"n1 1 a/with every\"thing: {b} ü bob:1 \"x\" 1000", "n1 2 b  1000"}));
  EXPECT_EQ(of_node("n"), Lines());
}

TEST_P(SessionRegistryConformance, forgets_what_is_removed) {
  add(0, 1, "a");
  add(0, 2, "a");
  world_->shard(0).remove(ConnectionId{1});
  world_->shard(0).remove(ConnectionId{7});
  EXPECT_EQ(of_document("a"), Lines{"n1 2 a  1000"});
}

TEST_P(SessionRegistryConformance, replaces_what_is_added_again) {
  add(0, 1, "a");
  add(0, 1, "b", "ada");
  EXPECT_EQ(of_node("n1"), Lines{"n1 1 b ada 1000"});
}

TEST_P(SessionRegistryConformance, lists_many) {
  for (std::uint64_t id = 0; id < 3000; ++id) add(id % 2, id, "a");
  EXPECT_EQ(once_there_are(3000, [&] { return of_document("a"); }).size(), 3000u);
}

TEST_P(SessionRegistryConformance, knows_other_nodes_until_they_die) {
  ports::SessionRegistry* const other = world_->other_node();
  if (other == nullptr) GTEST_SKIP() << "a single node";
  add(0, 1, "a");
  other->add(ConnectionId{1}, document("a"), "bob", WallTime{milliseconds(5)});
  EXPECT_EQ(once_there_are(2, [&] { return of_document("a"); }),
            (Lines{"n1 1 a  1000", "n2 1 a bob 5"}));
  EXPECT_EQ(of_node("n2"), Lines{"n2 1 a bob 5"});
  world_->kill_other_node();
  EXPECT_EQ(of_document("a"), Lines{"n1 1 a  1000"});
  EXPECT_EQ(of_node("n2"), Lines());
}

}  // namespace syncline::conformance
