#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "server/adapters/beast/websocket_frame.h"
#include "server/base/bytes.h"

namespace syncline::adapters {

// What one socket has still to send: WebSocket frames, in order.
//
// System calls cost more than anything else here, so a call of write() hands the kernel as many
// frames as are there. Payloads are shared with other queues, never copied. An empty queue owns no
// memory worth speaking of.
class OutputQueue {
 public:
  enum class Progress : std::uint8_t {
    drained,  // Everything is with the operating system.
    blocked,  // The socket takes no more now.
    failed,   // The socket is dead.
  };

  // Bytes that are no frame: the answer to the upgrade.
  void push_raw(Bytes bytes);
  void push_message(SharedBytes payload);
  void push_ping();
  // A pong that has not begun to leave is replaced: the peer needs an answer to its last ping only,
  // and may not grow this queue by sending pings.
  void push_pong(BytesView payload);
  void push_close(std::uint16_t code, std::string_view reason);
  void push_close();  // Without a code: the answer to a close frame that had none.

  // Sends without waiting. Appends to `sent` the payload size of each message that left whole.
  Progress write(int socket, std::vector<std::size_t>& sent);

  // Forgets everything but a frame that has begun to leave.
  void drop_unstarted();

  // All bytes that the operating system has taken so far.
  std::uint64_t taken_bytes() const { return taken_bytes_; }

  bool empty() const { return first_ == entries_.size(); }

 private:
  enum class Kind : std::uint8_t { raw, message, control };

  struct Entry {
    SharedBytes payload;
    FrameHeader header;
    Kind kind;

    std::size_t size() const { return header.size + payload.size(); }
  };

  void push(Kind kind, Opcode opcode, SharedBytes payload);
  void consume(std::size_t bytes, std::vector<std::size_t>& sent);
  void forget_sent();
  void reset();

  std::vector<Entry> entries_;
  std::size_t first_ = 0;         // Entries before it have left.
  std::size_t first_offset_ = 0;  // So many bytes of entries_[first_] have left.
  std::uint64_t taken_bytes_ = 0;
  std::optional<std::size_t> pong_;  // Index of a queued pong.
};

}  // namespace syncline::adapters
