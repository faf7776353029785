#include "server/adapters/beast/websocket_frame.h"

#include <algorithm>
#include <cstring>

#include "server/base/assert.h"

namespace syncline::adapters {
namespace {

constexpr auto final_bit = std::byte{0x80};
constexpr auto reserved_bits = std::byte{0x70};
constexpr auto mask_bit = std::byte{0x80};
constexpr std::size_t mask_bytes = 4;

// How long the header is, by its first two bytes.
std::size_t header_length(std::byte second) {
  const auto length = std::to_integer<unsigned>(second & ~mask_bit);
  const std::size_t extended = length == 126 ? 2 : length == 127 ? 8 : 0;
  return 2 + extended + mask_bytes;
}

std::uint64_t big_endian(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  for (const std::byte byte : bytes) value = (value << 8) | std::to_integer<std::uint64_t>(byte);
  return value;
}

// XORs `bytes` with the mask, whose first `phase` bytes have been used; returns the new phase.
std::size_t unmask(std::span<std::byte> bytes, const std::array<std::byte, 4>& mask,
                   std::size_t phase) {
  std::array<std::byte, 8> rotated;
  for (std::size_t i = 0; i < rotated.size(); ++i) rotated[i] = mask[(phase + i) % 4];
  std::uint64_t word_mask;
  std::memcpy(&word_mask, rotated.data(), sizeof word_mask);
  std::size_t at = 0;
  for (; at + sizeof word_mask <= bytes.size(); at += sizeof word_mask) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data() + at, sizeof word);
    word ^= word_mask;
    std::memcpy(bytes.data() + at, &word, sizeof word);
  }
  for (std::size_t i = 0; at < bytes.size(); ++at, ++i) bytes[at] ^= rotated[i];
  return (phase + bytes.size()) % 4;
}

bool is_known(Opcode opcode) {
  switch (opcode) {
    case Opcode::continuation:
    case Opcode::text:
    case Opcode::binary:
    case Opcode::close:
    case Opcode::ping:
    case Opcode::pong:
      return true;
  }
  return false;
}

}  // namespace

FrameReader::Event FrameReader::next(std::span<std::byte>& input) {
  release();
  while (true) {
    if (state_ == State::broken) {
      input = {};
      return {Kind::need_more};
    }
    if (state_ == State::header) {
      if (!take_header(input)) return {Kind::need_more};
      const Event event = begin_frame();
      if (event.kind != Kind::need_more) return event;
    }
    if (remaining_ > 0 && input.empty()) return {Kind::need_more};
    const Event event = take_payload(input);
    if (event.kind != Kind::need_more || input.empty()) return event;
  }
}

void FrameReader::release() {
  if (!handed_out_) return;
  Bytes().swap(message_);
  handed_out_ = false;
}

void FrameReader::skip_messages() {
  skipping_messages_ = true;
  if (state_ == State::payload && !is_control()) skip_frame_ = true;
  // A whole message may be in use right now: it is what made the caller end the connection.
  if (!handed_out_) Bytes().swap(message_);
}

// True once the header is complete.
bool FrameReader::take_header(std::span<std::byte>& input) {
  while (true) {
    const std::size_t wanted = header_bytes_ < 2 ? 2 : header_length(header_[1]);
    if (header_bytes_ == wanted) return true;
    const std::size_t taken = std::min(wanted - header_bytes_, input.size());
    if (taken == 0) return false;
    std::copy_n(input.begin(), taken, header_.begin() + static_cast<std::ptrdiff_t>(header_bytes_));
    header_bytes_ += taken;
    input = input.subspan(taken);
    // An unmasked frame has no more header to wait for; begin_frame refuses it.
    if (header_bytes_ >= 2 && (header_[1] & mask_bit) == std::byte{0}) return true;
  }
}

FrameReader::Event FrameReader::begin_frame() {
  const std::span<const std::byte> header(header_.data(), header_bytes_);
  header_bytes_ = 0;
  if ((header[0] & reserved_bits) != std::byte{0} || (header[1] & mask_bit) == std::byte{0}) {
    return fail();
  }
  final_ = (header[0] & final_bit) != std::byte{0};
  opcode_ = static_cast<Opcode>(header[0] & std::byte{0x0f});
  const auto extended = header.subspan(2, header.size() - 2 - mask_bytes);
  const std::uint64_t short_length = std::to_integer<std::uint64_t>(header[1] & ~mask_bit);
  remaining_ = extended.empty() ? short_length : big_endian(extended);
  const std::uint64_t length_min = extended.empty() ? 0 : extended.size() == 2 ? 126 : 65536;
  std::copy_n(header.last(mask_bytes).begin(), mask_bytes, mask_.begin());
  mask_phase_ = 0;
  skip_frame_ = false;
  if (!is_known(opcode_) || remaining_ < length_min || (remaining_ >> 63) != 0) return fail();

  state_ = State::payload;
  if (is_control()) {
    if (!final_ || remaining_ > control_payload_bytes_max) return fail();
    control_bytes_ = 0;
    return {Kind::need_more};
  }
  if (in_message_ != (opcode_ == Opcode::continuation)) return fail();
  in_message_ = !final_;
  skip_frame_ = skipping_messages_;
  if (skip_frame_) return {Kind::need_more};
  if (opcode_ == Opcode::text) {
    skip_messages();
    return {Kind::text_frame};
  }
  if (remaining_ > message_bytes_max_ - message_.size()) {
    skip_messages();
    return {Kind::too_large};
  }
  return {Kind::need_more};
}

FrameReader::Event FrameReader::take_payload(std::span<std::byte>& input) {
  const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, input.size()));
  const auto part = input.first(taken);
  input = input.subspan(taken);
  remaining_ -= taken;
  if (skip_frame_) {
    if (remaining_ == 0) state_ = State::header;
    return {Kind::need_more};
  }
  mask_phase_ = unmask(part, mask_, mask_phase_);
  if (remaining_ == 0) {
    state_ = State::header;
    return finish_frame(part);
  }
  if (is_control()) {
    std::copy(part.begin(), part.end(),
              control_.begin() + static_cast<std::ptrdiff_t>(control_bytes_));
    control_bytes_ += taken;
  } else {
    message_.insert(message_.end(), part.begin(), part.end());
  }
  return {Kind::need_more};
}

// `last` is what came of the frame in this call; the rest is in control_ or message_.
FrameReader::Event FrameReader::finish_frame(std::span<std::byte> last) {
  if (!is_control()) return finish_data_frame(last);
  BytesView payload = last;
  if (control_bytes_ > 0) {
    std::copy(last.begin(), last.end(),
              control_.begin() + static_cast<std::ptrdiff_t>(control_bytes_));
    payload = BytesView(control_).first(control_bytes_ + last.size());
  }
  if (opcode_ == Opcode::ping) return {Kind::ping, payload};
  if (opcode_ == Opcode::pong) return {Kind::pong, payload};
  SYNCLINE_ASSERT(opcode_ == Opcode::close);
  return payload.size() == 1 ? fail() : Event{Kind::close, payload};
}

FrameReader::Event FrameReader::finish_data_frame(std::span<std::byte> last) {
  if (final_ && message_.empty()) return {Kind::message, last};
  message_.insert(message_.end(), last.begin(), last.end());
  if (!final_) return {Kind::need_more};
  handed_out_ = true;
  return {Kind::message, message_};
}

FrameReader::Event FrameReader::fail() {
  state_ = State::broken;
  Bytes().swap(message_);
  return {Kind::violation};
}

FrameHeader frame_header(Opcode opcode, std::size_t payload_bytes) {
  FrameHeader header{};
  header.bytes[0] = final_bit | static_cast<std::byte>(opcode);
  std::size_t extended = 0;
  if (payload_bytes < 126) {
    header.bytes[1] = static_cast<std::byte>(payload_bytes);
  } else if (payload_bytes <= 0xffff) {
    header.bytes[1] = std::byte{126};
    extended = 2;
  } else {
    header.bytes[1] = std::byte{127};
    extended = 8;
  }
  for (std::size_t i = 0; i < extended; ++i) {
    header.bytes[2 + i] = static_cast<std::byte>(payload_bytes >> (8 * (extended - 1 - i)));
  }
  header.size = static_cast<std::uint8_t>(2 + extended);
  return header;
}

}  // namespace syncline::adapters
