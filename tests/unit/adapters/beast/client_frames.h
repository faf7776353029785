#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "server/adapters/beast/websocket_frame.h"
#include "server/base/bytes.h"

// What a WebSocket client puts on the wire, for the tests of those who read it.

namespace syncline::adapters::testing {

struct ClientFrame {
  Opcode opcode = Opcode::binary;
  bool final = true;
  std::byte reserved{0};
  bool masked = true;
  // What the header says; by default the truth.
  std::uint64_t announced = UINT64_MAX;
  // The width of the length field in bits: 7, 16 or 64; 0 for the shortest.
  int length_bits = 0;
};

inline Bytes client_frame(const ClientFrame& frame, BytesView payload) {
  const std::uint64_t length = frame.announced == UINT64_MAX ? payload.size() : frame.announced;
  const int bits = frame.length_bits != 0 ? frame.length_bits
                   : length < 126         ? 7
                   : length <= 0xffff     ? 16
                                          : 64;
  Bytes out;
  out.push_back(static_cast<std::byte>(frame.final ? 0x80 : 0) | frame.reserved |
                static_cast<std::byte>(frame.opcode));
  const auto mask_bit = static_cast<std::byte>(frame.masked ? 0x80 : 0);
  out.push_back(mask_bit | (bits == 7    ? static_cast<std::byte>(length)
                            : bits == 16 ? std::byte{126}
                                         : std::byte{127}));
  for (int shift = bits == 7 ? -8 : bits - 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<std::byte>(length >> shift));
  }
  constexpr std::array<std::byte, 4> mask = {std::byte{0x37}, std::byte{0xfa}, std::byte{0x21},
                                             std::byte{0x3d}};
  if (frame.masked) out.insert(out.end(), mask.begin(), mask.end());
  for (std::size_t i = 0; i < payload.size(); ++i) {
    out.push_back(frame.masked ? payload[i] ^ mask[i % mask.size()] : payload[i]);
  }
  return out;
}

inline Bytes client_message(BytesView payload) { return client_frame({}, payload); }

}  // namespace syncline::adapters::testing
