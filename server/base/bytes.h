#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace syncline {

// A view of bytes somebody else owns. The function that takes one says until when it must live.
using BytesView = std::span<const std::byte>;

// Bytes we own.
using Bytes = std::vector<std::byte>;

inline BytesView as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

inline std::string_view as_text(BytesView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline Bytes to_bytes(BytesView view) { return Bytes(view.begin(), view.end()); }

// Immutable bytes with shared ownership: one encoded frame that many sockets send, one update that
// the log, the ring and the broker hold at the same time. Copying costs a counter; the bytes never
// change. May be copied and dropped on any thread.
class SharedBytes {
 public:
  SharedBytes() = default;
  explicit SharedBytes(Bytes bytes) : bytes_(std::make_shared<const Bytes>(std::move(bytes))) {}
  explicit SharedBytes(BytesView bytes) : SharedBytes(to_bytes(bytes)) {}

  BytesView view() const { return bytes_ ? BytesView(*bytes_) : BytesView(); }
  std::size_t size() const { return bytes_ ? bytes_->size() : 0; }
  bool empty() const { return size() == 0; }

 private:
  std::shared_ptr<const Bytes> bytes_;
};

}  // namespace syncline
