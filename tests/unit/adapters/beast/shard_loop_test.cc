#include "server/adapters/beast/shard_loop.h"

#include <array>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/adapters/beast/client_frames.h"
#include "tests/unit/adapters/beast/scripted_shard.h"

namespace syncline::adapters {
namespace {

using testing::client_frame;
using testing::client_message;
using testing::journal;

class RealClock final : public ports::Clock {
 public:
  Instant now() const override { return {std::chrono::steady_clock::now().time_since_epoch()}; }
  WallTime wall_now() const override { return {}; }
};

class CountedRejections final : public ports::Metrics {
 public:
  void add(ports::Counter, std::uint64_t) override {}
  void add(ports::Gauge, std::int64_t) override {}
  void observe(ports::Histogram, double) override {}
  void reject(ports::Rejection reason) override { ++counts_[static_cast<std::size_t>(reason)]; }
  int count(ports::Rejection reason) const { return counts_[static_cast<std::size_t>(reason)]; }

 private:
  std::array<std::atomic<int>, static_cast<std::size_t>(ports::Rejection::count_)> counts_{};
};

// Ports that the scripted shard never uses.
class NoRandom final : public ports::Random {
  std::uint64_t next() override { return 0; }
};
class NoStore final : public ports::UpdateStore, public ports::SnapshotStore {
  void append(RequestToken, const DocumentName&, SharedBytes, std::uint64_t) override {}
  void read_log(RequestToken, const DocumentName&, Sequence, std::size_t) override {}
  void read_heads(RequestToken, std::vector<DocumentName>) override {}
  void read_snapshot(RequestToken, const DocumentName&, Sequence) override {}
  void write_snapshot(RequestToken, const DocumentName&, ports::Snapshot) override {}
};
class NoBroker final : public ports::Broker {
  void subscribe(const DocumentName&) override {}
  void unsubscribe(const DocumentName&) override {}
  void publish_update(const DocumentName&, Sequence, SharedBytes) override {}
  void publish_awareness(const DocumentName&, SharedBytes) override {}
  void query_awareness(const DocumentName&) override {}
};
class NoSessions final : public ports::SessionRegistry {
  void add(ConnectionId, const DocumentName&, const std::string&, WallTime) override {}
  void remove(ConnectionId) override {}
  void list_document(RequestToken, const DocumentName&) override {}
  void list_node(RequestToken, const std::string&) override {}
};
class NoLog final : public ports::Log {
  void write(ports::LogLevel, std::string_view, std::initializer_list<ports::LogField>) override {}
};

// The client's end of a connection.
class Client {
 public:
  explicit Client(int descriptor) : descriptor_(descriptor) {}
  Client(Client&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  ~Client() { hang_up(); }

  void hang_up() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  }
  void send(const Bytes& bytes) const {
    for (std::size_t at = 0; at < bytes.size();) {
      const ssize_t sent = ::send(descriptor_, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
      if (sent <= 0) return;
      at += static_cast<std::size_t>(sent);
    }
  }
  void say(std::string_view word) const { send(client_message(as_bytes(word))); }

  // Reads until what has come ends with `text`, or nothing comes for ten seconds.
  ::testing::AssertionResult gets(std::string_view text) {
    while (!received_.ends_with(text)) {
      if (!read_some())
        return ::testing::AssertionFailure()
               << "got " << received_.size() << " bytes: " << received_.substr(0, 200);
    }
    received_.clear();
    return ::testing::AssertionSuccess();
  }
  bool reads_once() { return read_some(); }
  // Reads to the end of the stream.
  std::string rest() {
    while (read_some()) {
    }
    return std::exchange(received_, "");
  }

 private:
  bool read_some() {
    pollfd ready{descriptor_, POLLIN, 0};
    if (::poll(&ready, 1, 10'000) <= 0) return false;
    std::array<char, 65536> part;
    const ssize_t got = ::recv(descriptor_, part.data(), part.size(), 0);
    if (got > 0) received_.append(part.data(), static_cast<std::size_t>(got));
    return got > 0;
  }

  int descriptor_;
  std::string received_;
};

std::string server_close(std::uint16_t code, std::string_view reason) {
  std::string frame = "\x88";
  frame += static_cast<char>(2 + reason.size());
  frame += static_cast<char>(code >> 8);
  frame += static_cast<char>(code & 0xff);
  return frame + std::string(reason);
}

Bytes client_close(std::uint16_t code) {
  return client_frame({.opcode = Opcode::close},
                      Bytes{static_cast<std::byte>(code >> 8), static_cast<std::byte>(code)});
}

class ShardLoopTest : public ::testing::Test {
 protected:
  ShardLoopTest() { testing::clear_journal(); }
  ~ShardLoopTest() override { loop_.stop(); }

  void SetUp() override { loop_.start(shard_); }

  Client connect(std::string document, UpgradedSocket upgraded = {}) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    upgraded.descriptor = ends[0];
    upgraded.response = to_bytes(as_bytes("101!"));
    upgraded.request.document = std::move(document);
    loop_.adopt(std::move(upgraded));
    return Client(ends[1]);
  }

  RealClock clock_;
  NoRandom random_;
  NoStore store_;
  NoBroker broker_;
  NoSessions sessions_;
  CountedRejections metrics_;
  NoLog log_;
  ShardLoop loop_{{.message_bytes_max = 1 << 20,
                   .ping_after = milliseconds(500),
                   .drop_after = milliseconds(2500),
                   .message_timeout = milliseconds(1200),
                   // A buffer may be twice as large as what is in it.
                   .unfinished_bytes_max = 2'100'000,
                   .close_timeout = milliseconds(300)},
                  clock_,
                  metrics_};
  core::Shard shard_{core::Config(),
                     {.clock = clock_,
                      .random = random_,
                      .transport = loop_,
                      .updates = store_,
                      .snapshots = store_,
                      .broker = broker_,
                      .sessions = sessions_,
                      .metrics = metrics_,
                      .log = log_}};
};

TEST_F(ShardLoopTest, TheUpgradeIsAnsweredAndMessagesGoBothWays) {
  Client client = connect("notes");
  client.say("echo hello");
  EXPECT_TRUE(client.gets("101!\x82\x05hello"));
  EXPECT_TRUE(journal().wait_for("sent 5"));
}

TEST_F(ShardLoopTest, WhatCameBehindTheUpgradeIsNotLost) {
  UpgradedSocket upgraded;
  upgraded.early = client_message(as_bytes("echo early"));
  Client client = connect("notes", std::move(upgraded));
  EXPECT_TRUE(
      client.gets("101!\x82\x05"
                  "early"));
}

TEST_F(ShardLoopTest, OneTurnIsFlushedOnce) {
  Client client = connect("notes");
  Bytes both = client_message(as_bytes("later a"));
  const Bytes second = client_message(as_bytes("later b"));
  both.insert(both.end(), second.begin(), second.end());
  client.send(both);
  EXPECT_TRUE(
      client.gets("\x82\x01"
                  "a\x82\x01"
                  "b"));
  EXPECT_TRUE(journal().wait_for("flush 2"));
}

TEST_F(ShardLoopTest, AMessageOfManySegmentsArrivesWhole) {
  Client client = connect("notes");
  const std::string text = "echo " + std::string(900'000, 'x') + "end";
  std::thread sender([&] { client.say(text); });
  EXPECT_TRUE(client.gets("xend"));
  sender.join();
}

TEST_F(ShardLoopTest, APausedConnectionKeepsItsMessagesInOrder) {
  Client client = connect("notes");
  Bytes all;
  for (const auto* word : {"pause", "echo 1", "echo 2"}) {
    const Bytes frame = client_message(as_bytes(word));
    all.insert(all.end(), frame.begin(), frame.end());
  }
  client.send(all);
  ASSERT_TRUE(journal().wait_for("message pause"));
  client.say("echo 3");
  loop_.post([] { testing::resume(); });
  EXPECT_TRUE(
      client.gets("\x82\x01"
                  "1\x82\x01"
                  "2\x82\x01"
                  "3"));
}

TEST_F(ShardLoopTest, ANewConnectionIsNotReadUntilTheShardAsks) {
  Client client = connect("slow");
  client.say("echo x");
  ASSERT_TRUE(journal().wait_for("connect slow"));
  loop_.post([] { journal().add("nothing read"); });
  ASSERT_TRUE(journal().wait_for("nothing read"));
  loop_.post([] { testing::resume(); });
  EXPECT_TRUE(client.gets("\x82\x01x"));
  const auto events = journal().events();
  EXPECT_EQ(events[1], "nothing read");
}

TEST_F(ShardLoopTest, TheShardsCloseReachesTheClient) {
  Client client = connect("notes");
  client.say("echo last");
  client.say("close");
  EXPECT_TRUE(client.gets("last" + server_close(4422, "told to")));
  client.send(client_close(4422));
  EXPECT_EQ(client.rest(), "");
  const auto events = journal().events();
  EXPECT_EQ(std::count(events.begin(), events.end(), "disconnect"), 0);
}

TEST_F(ShardLoopTest, ARefusedConnectionStillGetsItsUpgrade) {
  EXPECT_TRUE(connect("refused").gets("101!" + server_close(1013, "not now")));
}

TEST_F(ShardLoopTest, ATargetThatNamesNothingNeverReachesTheShard) {
  UpgradedSocket upgraded;
  upgraded.refusal = {protocol::CloseCode::bad_request, "broken escape"};
  Client client = connect("", std::move(upgraded));
  EXPECT_TRUE(client.gets("101!" + server_close(4400, "broken escape")));
  EXPECT_TRUE(journal().events().empty());
}

TEST_F(ShardLoopTest, TheClientsCloseIsAnswered) {
  Client client = connect("notes");
  client.send(client_close(1001));
  EXPECT_EQ(client.rest(), "101!" + server_close(1001, ""));
  EXPECT_TRUE(journal().wait_for("disconnect"));
}

TEST_F(ShardLoopTest, AnIllegalCloseCodeIsNotRepeated) {
  Client client = connect("notes");
  client.send(client_close(1006));
  EXPECT_EQ(client.rest(), "101!" + server_close(1002, ""));
}

TEST_F(ShardLoopTest, AHangUpIsADisconnect) {
  Client client = connect("notes");
  client.hang_up();
  EXPECT_TRUE(journal().wait_for("disconnect"));
}

TEST_F(ShardLoopTest, ClientsPingsAreAnswered) {
  Client client = connect("notes");
  client.send(client_frame({.opcode = Opcode::ping}, as_bytes("yes?")));
  EXPECT_TRUE(client.gets("\x8a\x04yes?"));
}

TEST_F(ShardLoopTest, ASilentClientIsAskedAndThenDropped) {
  Client client = connect("notes");
  EXPECT_TRUE(client.gets(std::string("\x89\0", 2)));
  client.send(client_frame({.opcode = Opcode::pong}, {}));
  EXPECT_TRUE(client.gets(std::string("\x89\0", 2)));
  EXPECT_TRUE(journal().wait_for("disconnect"));
}

TEST_F(ShardLoopTest, TextAndOversizeAreTheShardsToJudge) {
  Client text = connect("notes");
  text.send(client_frame({.opcode = Opcode::text}, as_bytes("hello")));
  EXPECT_TRUE(text.gets(server_close(1003, "fault")));
  Client large = connect("notes");
  large.send(client_frame({.announced = std::uint64_t{1} << 60}, as_bytes("x")));
  EXPECT_TRUE(large.gets(server_close(4413, "fault")));
}

TEST_F(ShardLoopTest, AMessageThatNeverEndsIsGivenUp) {
  Client client = connect("notes");
  client.send(client_frame({.announced = 1000}, as_bytes("and then")));
  for (int i = 0; i < 12; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    client.send(Bytes(1));  // Never silent.
  }
  EXPECT_TRUE(client.gets(server_close(1013, "fault")));
}

TEST_F(ShardLoopTest, AClientThatIsAlwaysInAMessageIsNotGivenUp) {
  Client client = connect("notes");
  const Bytes frame = client_message(as_bytes("later"));
  client.send(Bytes(frame.begin(), frame.begin() + 8));
  Bytes across(frame.begin() + 8, frame.end());
  across.insert(across.end(), frame.begin(), frame.begin() + 8);
  for (int i = 0; i < 24; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    client.send(across);
  }
  const auto events = journal().events();
  EXPECT_EQ(std::count(events.begin(), events.end(), "too slow"), 0);
}

TEST_F(ShardLoopTest, TheLargestUnfinishedMessageMakesRoom) {
  Client large = connect("large");
  const std::string most(1'000'000, 'x');
  large.send(client_frame({.final = false}, as_bytes(most)));
  const std::string some(100'000, 'x');
  std::vector<Client> small;
  for (int i = 0; i < 12; ++i) {
    small.push_back(connect("small"));
    small.back().send(client_frame({.final = false}, as_bytes(some)));
  }
  EXPECT_TRUE(large.gets(server_close(1013, "fault")));
  for (Client& client : small) {
    client.send(client_frame({.opcode = Opcode::ping}, as_bytes("yes?")));
    EXPECT_TRUE(client.gets("\x8a\x04yes?"));
  }
}

TEST_F(ShardLoopTest, NoiseIsAProtocolError) {
  Client client = connect("notes");
  client.send(to_bytes(as_bytes("GET / HTTP/1.1\r\n\r\n")));
  EXPECT_TRUE(client.gets(server_close(1002, "not a WebSocket frame")));
  EXPECT_TRUE(journal().wait_for("disconnect"));
  EXPECT_EQ(metrics_.count(ports::Rejection::protocol_error), 1);
}

TEST_F(ShardLoopTest, AClientThatReadsSlowlyGetsEverything) {
  Client client = connect("notes");
  client.say("flood");
  ASSERT_TRUE(journal().wait_for("message flood"));
  client.say("close");
  const std::string all = client.rest();
  EXPECT_EQ(all.size(), 4 + 64 * (10 + 65536U) + server_close(4422, "told to").size());
  EXPECT_TRUE(all.ends_with("told to"));
}

TEST_F(ShardLoopTest, APartOfALargeFrameIsProgress) {
  Client client = connect("notes");
  client.say("large");
  ASSERT_TRUE(journal().wait_for("progress 1"));
  // Too little for the socket to be writable again.
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  EXPECT_TRUE(client.reads_once());
  EXPECT_TRUE(journal().wait_for("progress 2"));
  const auto events = journal().events();
  EXPECT_EQ(std::count(events.begin(), events.end(), "sent 1048576"), 0);
}

TEST_F(ShardLoopTest, AClientThatNeverReadsDoesNotHoldUpAClose) {
  Client client = connect("notes");
  client.say("flood");
  client.say("close");
  ASSERT_TRUE(journal().wait_for("message close"));
  loop_.drain();
  for (int i = 0; i < 500 && !loop_.status().drained; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_TRUE(loop_.status().drained);
}

TEST_F(ShardLoopTest, DeadlinesAreKept) {
  Client client = connect("notes");
  client.say("timer");
  EXPECT_TRUE(journal().wait_for("deadline"));
}

TEST_F(ShardLoopTest, DrainingClosesEverybody) {
  Client first = connect("a");
  Client second = connect("b");
  ASSERT_TRUE(journal().wait_for("connect b"));
  loop_.drain();
  EXPECT_EQ(first.rest(), "101!" + server_close(1012, "restarting"));
  EXPECT_EQ(second.rest(), "101!" + server_close(1012, "restarting"));
}

TEST_F(ShardLoopTest, TasksOfOneThreadRunInOrder) {
  std::string order;
  for (const char c : std::string("abcdefgh")) loop_.post([&order, c] { order += c; });
  loop_.post([&order] { journal().add(order); });
  EXPECT_TRUE(journal().wait_for("abcdefgh"));
}

}  // namespace
}  // namespace syncline::adapters
