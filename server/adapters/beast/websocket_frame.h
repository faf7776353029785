#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "server/base/bytes.h"

// The WebSocket frames of RFC 6455, section 5, from the server's side.
//
// Beast speaks WebSocket too, but reads every message into a buffer that belongs to the connection,
// gives each outgoing frame an operation of its own, and stops answering while nobody reads.
// Fan-out is what this server does all day: here an idle connection holds no buffer at all, the
// frames of one turn leave in one system call, and a frame that is not acceptable is judged by its
// header. The HTTP side of the port is Beast's.

namespace syncline::adapters {

enum class Opcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10,
};

inline constexpr std::size_t control_payload_bytes_max = 125;

// Cuts a stream of bytes from a client into messages.
//
// It buffers only what a frame that has not fully arrived forces it to, and grows that buffer by
// what arrives, never by what a header announces. A frame that came whole is handed out where it
// lies.
class FrameReader {
 public:
  enum class Kind : std::uint8_t {
    need_more,  // `input` is used up.
    message,    // A whole binary message.
    ping,
    pong,
    close,       // The payload is the close code and reason, or empty.
    text_frame,  // A text message begins. It will be skipped.
    too_large,   // A message exceeds the limit by what its header says. It will be skipped.
    violation,   // Not WebSocket; nothing after it can be understood.
  };

  struct Event {
    Kind kind;
    BytesView payload = {};  // Lives until the next call, and as long as `input`'s bytes.
  };

  explicit FrameReader(std::size_t message_bytes_max) : message_bytes_max_(message_bytes_max) {}

  // Takes bytes from the front of `input` up to the end of the next event. Unmasks in place.
  Event next(std::span<std::byte>& input);

  // From now on messages are passed over without being kept; control frames are still reported.
  // What the last event points to stays.
  void skip_messages();

  // Frees what the last event points to, which the next call of next() would do otherwise.
  void release();

  // Bytes of messages that are held in memory: of one that is unfinished, or of the last event.
  std::size_t buffered_bytes() const { return message_.capacity(); }

 private:
  enum class State : std::uint8_t { header, payload, broken };

  bool take_header(std::span<std::byte>& input);
  Event begin_frame();
  Event take_payload(std::span<std::byte>& input);
  Event finish_frame(std::span<std::byte> whole);
  Event finish_data_frame(std::span<std::byte> last);
  bool is_control() const { return static_cast<std::uint8_t>(opcode_) >= 8; }
  Event fail();

  const std::size_t message_bytes_max_;

  State state_ = State::header;
  bool skipping_messages_ = false;
  bool in_message_ = false;  // Fragments have come, the last one has not.
  bool handed_out_ = false;  // The last event pointed into message_.

  // The frame being read.
  std::array<std::byte, 14> header_{};
  std::size_t header_bytes_ = 0;
  Opcode opcode_ = Opcode::continuation;
  bool final_ = false;
  bool skip_frame_ = false;
  std::uint64_t remaining_ = 0;
  std::array<std::byte, 4> mask_{};
  std::size_t mask_phase_ = 0;

  Bytes message_;  // What came of a message that is not whole yet.
  std::array<std::byte, control_payload_bytes_max> control_{};
  std::size_t control_bytes_ = 0;
};

// The header of one whole server frame (final, unmasked).
struct FrameHeader {
  std::array<std::byte, 10> bytes;
  std::uint8_t size;
};
FrameHeader frame_header(Opcode opcode, std::size_t payload_bytes);

}  // namespace syncline::adapters
