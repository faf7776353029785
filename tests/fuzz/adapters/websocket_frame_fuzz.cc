// Any bytes as what a client sends behind the upgrade: cut into events or refused, within the
// limits, and the same ones however the bytes are cut on their way.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "server/adapters/beast/websocket_frame.h"
#include "server/base/assert.h"
#include "server/base/bytes.h"

namespace {

using namespace syncline;
using namespace syncline::adapters;
using Kind = FrameReader::Kind;

constexpr std::size_t message_bytes_max = 256;

struct Seen {
  Kind kind;
  Bytes payload;

  friend bool operator==(const Seen&, const Seen&) = default;
};

void check(const FrameReader::Event& event) {
  const bool control =
      event.kind == Kind::ping || event.kind == Kind::pong || event.kind == Kind::close;
  const std::size_t bytes_max = event.kind == Kind::message ? message_bytes_max
                                : control                   ? control_payload_bytes_max
                                                            : 0;
  SYNCLINE_ASSERT(event.payload.size() <= bytes_max, event.payload.size());
}

// Feeds the bytes in pieces of `piece`; unmasks its own copy of them.
std::vector<Seen> read_all(BytesView stream, std::size_t piece) {
  std::vector<Seen> seen;
  FrameReader reader(message_bytes_max);
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    Bytes bytes = to_bytes(stream.subspan(at, std::min(piece, stream.size() - at)));
    std::span<std::byte> input(bytes);
    while (true) {
      const FrameReader::Event event = reader.next(input);
      if (event.kind == Kind::need_more) break;
      check(event);
      // As the event loop does once it closes: what the event points to must stay.
      if (event.kind == Kind::message && event.payload.size() % 7 == 6) reader.skip_messages();
      seen.push_back({event.kind, to_bytes(event.payload)});
    }
    SYNCLINE_ASSERT(input.empty());
    SYNCLINE_ASSERT(reader.buffered_bytes() <= 2 * message_bytes_max, reader.buffered_bytes());
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView stream = std::as_bytes(std::span(data, size));
  const std::vector<Seen> whole = read_all(stream, std::max<std::size_t>(size, 1));
  SYNCLINE_ASSERT(read_all(stream, 1) == whole);
  SYNCLINE_ASSERT(read_all(stream, 1 + size / 3) == whole);
  return 0;
}
