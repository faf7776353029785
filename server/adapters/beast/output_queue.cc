#include "server/adapters/beast/output_queue.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <sys/socket.h>
#include <sys/uio.h>

#include "server/base/assert.h"

namespace syncline::adapters {
namespace {

// The longest prefix of at most `bytes_max` bytes that does not end inside a character.
std::string_view utf8_prefix(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xc0) == 0x80) --bytes_max;
  return text.substr(0, bytes_max);
}

// Two for each frame. Far below IOV_MAX, and more than a turn usually brings.
constexpr std::size_t vectors_max = 64;

// Below this an emptied queue keeps its entries' memory for the next frame.
constexpr std::size_t entries_kept_max = 8;

class Vectors {
 public:
  // Adds `bytes` without the first `skip` of them; returns what is left of `skip`.
  std::size_t add(BytesView bytes, std::size_t skip) {
    if (skip >= bytes.size()) return skip - bytes.size();
    const auto rest = bytes.subspan(skip);
    vectors_[count_++] = {const_cast<std::byte*>(rest.data()), rest.size()};
    total_ += rest.size();
    return 0;
  }

  bool full() const { return count_ + 2 > vectors_.size(); }
  std::size_t total() const { return total_; }

  ssize_t send(int socket) {
    msghdr message{};
    message.msg_iov = vectors_.data();
    message.msg_iovlen = count_;
    while (true) {
      const ssize_t sent = ::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent >= 0 || errno != EINTR) return sent;
    }
  }

 private:
  std::array<iovec, vectors_max> vectors_;
  std::size_t count_ = 0;
  std::size_t total_ = 0;
};

}  // namespace

void OutputQueue::push_raw(Bytes bytes) {
  entries_.push_back({SharedBytes(std::move(bytes)), {}, Kind::raw});
}

void OutputQueue::push_message(SharedBytes payload) {
  push(Kind::message, Opcode::binary, std::move(payload));
}

void OutputQueue::push_ping() { push(Kind::control, Opcode::ping, SharedBytes()); }

void OutputQueue::push_pong(BytesView payload) {
  SYNCLINE_ASSERT(payload.size() <= control_payload_bytes_max, payload.size());
  const bool started = pong_ == first_ && first_offset_ > 0;
  if (pong_.has_value() && !started) {
    entries_[*pong_].payload = SharedBytes(payload);
    entries_[*pong_].header = frame_header(Opcode::pong, payload.size());
    return;
  }
  push(Kind::control, Opcode::pong, SharedBytes(payload));
  pong_ = entries_.size() - 1;
}

void OutputQueue::push_close(std::uint16_t code, std::string_view reason) {
  reason = utf8_prefix(reason, control_payload_bytes_max - sizeof code);
  Bytes payload;
  payload.reserve(sizeof code + reason.size());
  payload.push_back(static_cast<std::byte>(code >> 8));
  payload.push_back(static_cast<std::byte>(code & 0xff));
  const auto text = as_bytes(reason);
  payload.insert(payload.end(), text.begin(), text.end());
  push(Kind::control, Opcode::close, SharedBytes(std::move(payload)));
}

void OutputQueue::push_close() { push(Kind::control, Opcode::close, SharedBytes()); }

void OutputQueue::push(Kind kind, Opcode opcode, SharedBytes payload) {
  forget_sent();
  const FrameHeader header = frame_header(opcode, payload.size());
  entries_.push_back({std::move(payload), header, kind});
}

OutputQueue::Progress OutputQueue::write(int socket, std::vector<std::size_t>& sent) {
  while (!empty()) {
    Vectors vectors;
    std::size_t skip = first_offset_;
    for (std::size_t i = first_; i < entries_.size() && !vectors.full(); ++i) {
      const Entry& entry = entries_[i];
      skip = vectors.add(BytesView(entry.header.bytes).first(entry.header.size), skip);
      skip = vectors.add(entry.payload.view(), skip);
    }
    const ssize_t taken = vectors.send(socket);
    if (taken < 0) {
      return errno == EAGAIN || errno == ENOBUFS ? Progress::blocked : Progress::failed;
    }
    consume(static_cast<std::size_t>(taken), sent);
    if (static_cast<std::size_t>(taken) < vectors.total()) return Progress::blocked;
  }
  return Progress::drained;
}

void OutputQueue::consume(std::size_t bytes, std::vector<std::size_t>& sent) {
  first_offset_ += bytes;
  taken_bytes_ += bytes;
  while (!empty() && first_offset_ >= entries_[first_].size()) {
    Entry& entry = entries_[first_];
    first_offset_ -= entry.size();
    if (entry.kind == Kind::message) sent.push_back(entry.payload.size());
    if (pong_ == first_) pong_.reset();
    entry.payload = SharedBytes();
    ++first_;
  }
  if (empty()) reset();
}

// A queue that never runs empty must not keep a growing tail of what has left.
void OutputQueue::forget_sent() {
  if (first_ < entries_kept_max || first_ * 2 < entries_.size()) return;
  entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(first_));
  if (pong_.has_value()) *pong_ -= first_;
  first_ = 0;
}

void OutputQueue::drop_unstarted() {
  if (first_offset_ == 0) {
    reset();
    return;
  }
  entries_.resize(first_ + 1);
  if (pong_ != first_) pong_.reset();
}

void OutputQueue::reset() {
  entries_.clear();
  if (entries_.capacity() > entries_kept_max) std::vector<Entry>().swap(entries_);
  first_ = 0;
  first_offset_ = 0;
  pong_.reset();
}

}  // namespace syncline::adapters
