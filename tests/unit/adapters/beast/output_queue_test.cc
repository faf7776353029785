#include "server/adapters/beast/output_queue.h"

#include <array>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace syncline::adapters {
namespace {

using Progress = OutputQueue::Progress;

// Both ends of a connection; the queue writes into one, the test reads from the other.
class SocketPair {
 public:
  SocketPair() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data()), 0); }
  ~SocketPair() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  int writer() const { return ends_[0]; }
  std::string read_some() const {
    std::string text(1 << 16, '\0');
    const ssize_t got = ::recv(ends_[1], text.data(), text.size(), MSG_DONTWAIT);
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
  }
  std::string read_all() const {
    std::string all;
    while (true) {
      const std::string part = read_some();
      if (part.empty()) return all;
      all += part;
    }
  }
  void close_reader() {
    ::close(ends_[1]);
    ends_[1] = -1;
  }

 private:
  std::array<int, 2> ends_{};
};

SharedBytes payload(std::string_view text) { return SharedBytes(as_bytes(text)); }

TEST(OutputQueue, WritesFramesInOrderAndSaysWhichMessagesLeft) {
  const SocketPair sockets;
  OutputQueue queue;
  std::vector<std::size_t> sent;
  queue.push_raw(to_bytes(as_bytes("101\r\n")));
  queue.push_message(payload("abc"));
  queue.push_ping();
  queue.push_message(SharedBytes());
  queue.push_close(4400, "no");
  EXPECT_EQ(queue.write(sockets.writer(), sent), Progress::drained);
  EXPECT_EQ(sent, (std::vector<std::size_t>{3, 0}));
  EXPECT_TRUE(queue.empty());
  const std::string expected = std::string("101\r\n\x82\x03") + "abc" + std::string("\x89\0", 2) +
                               std::string("\x82\0", 2) + "\x88\x04\x11\x30no";
  EXPECT_EQ(sockets.read_all(), expected);
}

TEST(OutputQueue, GoesOnWhereAFullSocketStopped) {
  const SocketPair sockets;
  OutputQueue queue;
  std::vector<std::size_t> sent;
  std::string expected;
  constexpr std::size_t messages = 200;
  for (std::size_t i = 0; i < messages; ++i) {
    const std::string text(5000 + i, static_cast<char>('a' + i % 26));
    queue.push_message(payload(text));
    const FrameHeader header = frame_header(Opcode::binary, text.size());
    expected += std::string(as_text(BytesView(header.bytes).first(header.size))) + text;
  }
  std::string got;
  int blocked = 0;
  while (queue.write(sockets.writer(), sent) == Progress::blocked) {
    ++blocked;
    got += sockets.read_some();
  }
  got += sockets.read_all();
  EXPECT_GT(blocked, 1);
  EXPECT_TRUE(got == expected);
  EXPECT_EQ(sent.size(), messages);
  EXPECT_EQ(sent.front(), 5000U);
}

TEST(OutputQueue, OnlyTheLastPongWaits) {
  const SocketPair sockets;
  OutputQueue queue;
  std::vector<std::size_t> sent;
  queue.push_message(payload("x"));
  for (int i = 0; i < 1000; ++i) queue.push_pong(as_bytes(std::to_string(i)));
  queue.push_message(payload("y"));
  EXPECT_EQ(queue.write(sockets.writer(), sent), Progress::drained);
  EXPECT_EQ(sockets.read_all(),
            "\x82\x01x\x8a\x03"
            "999\x82\x01y");
  queue.push_pong(as_bytes("again"));
  EXPECT_EQ(queue.write(sockets.writer(), sent), Progress::drained);
  EXPECT_EQ(sockets.read_all(),
            "\x8a\x05"
            "again");
}

TEST(OutputQueue, DropsWhatHasNotBegunToLeave) {
  const SocketPair sockets;
  OutputQueue queue;
  std::vector<std::size_t> sent;
  const std::string large(1 << 20, 'x');
  queue.push_message(payload(large));
  queue.push_message(payload("never"));
  ASSERT_EQ(queue.write(sockets.writer(), sent), Progress::blocked);
  queue.drop_unstarted();
  queue.push_close(1000, "");
  std::string got;
  while (queue.write(sockets.writer(), sent) == Progress::blocked) got += sockets.read_some();
  got += sockets.read_all();
  EXPECT_EQ(got.size(), 10 + large.size() + 4);
  EXPECT_TRUE(got.ends_with(std::string("x\x88\x02\x03\xe8")));
}

TEST(OutputQueue, CutsALongReasonBetweenCharacters) {
  const SocketPair sockets;
  OutputQueue queue;
  std::vector<std::size_t> sent;
  queue.push_close(4400, std::string(122, 'a') + "\xc3\xbc");
  EXPECT_EQ(queue.write(sockets.writer(), sent), Progress::drained);
  EXPECT_EQ(sockets.read_all().size(), 2 + 2 + 122U);
}

TEST(OutputQueue, NoticesADeadSocket) {
  SocketPair sockets;
  sockets.close_reader();
  OutputQueue queue;
  std::vector<std::size_t> sent;
  queue.push_message(payload("x"));
  EXPECT_EQ(queue.write(sockets.writer(), sent), Progress::failed);
}

}  // namespace
}  // namespace syncline::adapters
