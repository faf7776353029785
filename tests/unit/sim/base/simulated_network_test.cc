#include "sim/simulated_network.h"

#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace syncline::sim {
namespace {

using history::PartyKind;
using testing::ElementsAre;

constexpr Party node{PartyKind::node, 1};
constexpr Party redis{PartyKind::redis, 1};

// One end of links, which notes what it hears.
class End final : public LinkEvents, public Listener {
 public:
  void on_link_open(LinkId) override { heard.emplace_back("open"); }
  void on_link_end(LinkId, LinkEnd end) override {
    constexpr const char* names[] = {"refused", "timed out", "reset", "closed"};
    heard.emplace_back(names[static_cast<std::size_t>(end)]);
  }
  void on_link_writable(LinkId) override { heard.emplace_back("writable"); }
  LinkEvents* on_link_arrives(LinkId id, Party) override {
    link = id;
    heard.emplace_back("arrives");
    return refuses ? nullptr : this;
  }

  std::vector<std::string> heard;
  LinkId link;
  bool refuses = false;
};

class SimulatedNetworkTest : public testing::Test, private NetworkObserver {
 protected:
  SimulatedNetworkTest() { network.listen(redis, &server); }

  void on_message_sent(std::uint64_t, Party, Party, std::string_view) override { ++sent; }
  void on_message_received(std::uint64_t) override { ++received; }
  void on_message_lost(std::uint64_t) override { ++lost; }
  void on_message_held(Party receiver) override { held.push_back(receiver); }
  void on_fault_noticed(std::uint32_t fault) override { ++noticed[fault]; }

  void run_for(Duration duration) { scheduler.run_until(scheduler.now() + duration); }
  void open() {
    link = network.connect(node, redis, client);
    run_for(seconds(1));
    ASSERT_THAT(client.heard, ElementsAre("open"));
    client.heard.clear();
    server.heard.clear();
  }
  // Each message is a letter, noted by its receiver.
  void send(Side from, char letter, std::uint32_t bytes = 10) {
    End& to = from == Side::opener ? server : client;
    network.send(link, from, bytes, "letter", [&to, letter] { to.heard.emplace_back(1, letter); });
  }
  void begin(WireFault::Kind kind, bool both_ways = true) {
    network.begin_fault({.id = 1,
                         .kind = kind,
                         .from = {node},
                         .to = {redis},
                         .both_ways = both_ways,
                         .delay = seconds(2)});
  }

  Scheduler scheduler{1};
  End client;
  End server;
  int sent = 0;
  int received = 0;
  int lost = 0;
  std::vector<Party> held;
  std::map<std::uint32_t, int> noticed;
  SimulatedNetwork network{scheduler, 1, {.silent_death_percent = 0}, this};
  LinkId link;
};

TEST_F(SimulatedNetworkTest, DeliversInOrderBothWays) {
  open();
  for (const char letter : {'a', 'b', 'c'}) send(Side::opener, letter, letter == 'a' ? 100'000 : 1);
  send(Side::accepter, 'x');
  EXPECT_EQ(network.bytes_in_flight(link, Side::opener), 100'002u);
  run_for(seconds(2));
  EXPECT_THAT(server.heard, ElementsAre("a", "b", "c"));
  EXPECT_THAT(client.heard, ElementsAre("x"));
  EXPECT_EQ(network.bytes_in_flight(link, Side::opener), 0u);
  EXPECT_EQ(sent, 4);
  EXPECT_EQ(received, 4);
}

TEST_F(SimulatedNetworkTest, RefusesWhereNobodyListens) {
  network.connect(node, {PartyKind::postgres, 1}, client);
  run_for(seconds(1));
  EXPECT_THAT(client.heard, ElementsAre("refused"));
  server.refuses = true;
  network.connect(node, redis, client);
  run_for(seconds(1));
  EXPECT_THAT(client.heard, ElementsAre("refused", "refused"));
  EXPECT_EQ(network.link_count(), 0u);
}

TEST_F(SimulatedNetworkTest, CloseComesAfterWhatWasSent) {
  open();
  send(Side::opener, 'a');
  network.close(link, Side::opener);
  send(Side::opener, 'b');
  run_for(seconds(1));
  EXPECT_THAT(server.heard, ElementsAre("a", "closed"));
  EXPECT_THAT(client.heard, ElementsAre());
  EXPECT_EQ(network.link_count(), 0u);
}

TEST_F(SimulatedNetworkTest, APartitionHoldsMessagesUntilItHeals) {
  open();
  begin(WireFault::Kind::partition);
  send(Side::opener, 'a');
  run_for(seconds(5));
  EXPECT_THAT(server.heard, ElementsAre());
  EXPECT_GT(noticed[1], 0);
  network.end_fault(1);
  run_for(seconds(2));
  EXPECT_THAT(server.heard, ElementsAre("a"));
}

TEST_F(SimulatedNetworkTest, ALongPartitionEndsLinks) {
  open();
  begin(WireFault::Kind::partition);
  send(Side::opener, 'a');
  run_for(seconds(60));
  EXPECT_THAT(server.heard, ElementsAre("timed out"));
  EXPECT_THAT(client.heard, ElementsAre("timed out"));
  EXPECT_EQ(lost, 1);
  EXPECT_EQ(network.link_count(), 0u);
}

TEST_F(SimulatedNetworkTest, NobodyConnectsThroughAPartition) {
  begin(WireFault::Kind::partition);
  network.connect(node, redis, client);
  run_for(seconds(60));
  EXPECT_THAT(client.heard, ElementsAre("timed out"));
  EXPECT_GT(noticed[1], 0);
}

TEST_F(SimulatedNetworkTest, AConnectionWaitsForAShortPartition) {
  begin(WireFault::Kind::partition);
  network.connect(node, redis, client);
  run_for(seconds(3));
  network.end_fault(1);
  run_for(seconds(2));
  EXPECT_THAT(client.heard, ElementsAre("open"));
}

TEST_F(SimulatedNetworkTest, OneWayLetsTheOtherWayThrough) {
  open();
  begin(WireFault::Kind::partition, false);
  send(Side::opener, 'a');
  send(Side::accepter, 'x');
  run_for(seconds(5));
  EXPECT_THAT(server.heard, ElementsAre());
  EXPECT_THAT(client.heard, ElementsAre("x"));
  // But the sender cannot hear that it arrived.
  EXPECT_EQ(network.bytes_in_flight(link, Side::accepter), 10u);
  network.end_fault(1);
  EXPECT_EQ(network.bytes_in_flight(link, Side::accepter), 0u);
}

TEST_F(SimulatedNetworkTest, CutResetsAndRefuses) {
  open();
  begin(WireFault::Kind::cut);
  run_for(seconds(1));
  EXPECT_THAT(client.heard, ElementsAre("reset"));
  EXPECT_THAT(server.heard, ElementsAre("reset"));
  EXPECT_EQ(noticed[1], 2);
  network.connect(node, redis, client);
  run_for(seconds(1));
  EXPECT_THAT(client.heard, ElementsAre("reset", "refused"));
}

TEST_F(SimulatedNetworkTest, DelayAndStall) {
  open();
  begin(WireFault::Kind::delay);
  send(Side::opener, 'a');
  run_for(milliseconds(1'900));
  EXPECT_THAT(server.heard, ElementsAre());
  run_for(seconds(1));
  EXPECT_THAT(server.heard, ElementsAre("a"));
  network.end_fault(1);
  begin(WireFault::Kind::stall);
  send(Side::opener, 'b');
  run_for(seconds(100));
  EXPECT_THAT(server.heard, ElementsAre("a"));
  network.end_fault(1);
  run_for(seconds(2));
  EXPECT_THAT(server.heard, ElementsAre("a", "b"));
}

TEST_F(SimulatedNetworkTest, WhoDoesNotReadHoldsTheSenderBack) {
  open();
  network.set_reading(link, Side::accepter, false);
  send(Side::opener, 'a', 1000);
  send(Side::opener, 'b', 1000);
  network.wait_writable(link, Side::opener, 1000);
  run_for(seconds(1));
  EXPECT_THAT(server.heard, ElementsAre());
  EXPECT_THAT(client.heard, ElementsAre());
  network.set_reading(link, Side::accepter, true);
  run_for(seconds(1));
  EXPECT_THAT(server.heard, ElementsAre("a", "b"));
  EXPECT_THAT(client.heard, ElementsAre("writable"));
}

TEST_F(SimulatedNetworkTest, APausedProcessTakesNothing) {
  open();
  network.set_paused(redis, true);
  send(Side::opener, 'a');
  End late;
  network.connect(node, redis, late);
  run_for(seconds(5));
  EXPECT_THAT(server.heard, ElementsAre());
  EXPECT_THAT(late.heard, ElementsAre());
  EXPECT_THAT(held, ElementsAre(redis, redis));
  network.set_paused(redis, false);
  run_for(seconds(1));
  EXPECT_THAT(server.heard, testing::UnorderedElementsAre("a", "arrives"));
  EXPECT_THAT(late.heard, ElementsAre("open"));
}

TEST_F(SimulatedNetworkTest, DeathIsHeardAsReset) {
  open();
  network.drop_all_of(redis);
  run_for(seconds(1));
  EXPECT_THAT(client.heard, ElementsAre("reset"));
  EXPECT_EQ(network.link_count(), 0u);
  network.connect(node, redis, client);
  run_for(seconds(1));
  EXPECT_THAT(client.heard, ElementsAre("reset", "refused"));
}

TEST_F(SimulatedNetworkTest, ASilentDeathIsFoundOutInTime) {
  SimulatedNetwork silent(scheduler, 1, {.silent_death_percent = 100}, nullptr);
  silent.listen(redis, &server);
  silent.connect(node, redis, client);
  run_for(seconds(1));
  silent.drop_all_of(redis);
  run_for(seconds(10));
  EXPECT_THAT(client.heard, ElementsAre("open"));
  run_for(seconds(60));
  EXPECT_THAT(client.heard, ElementsAre("open", "timed out"));
}

TEST_F(SimulatedNetworkTest, AbortLosesWhatIsOnItsWayOrNot) {
  open();
  send(Side::opener, 'a');
  network.abort(link, Side::opener);
  run_for(seconds(1));
  EXPECT_EQ(server.heard.back(), "reset");
  EXPECT_EQ(lost + received, 1);
  EXPECT_EQ(network.link_count(), 0u);
}

}  // namespace
}  // namespace syncline::sim
