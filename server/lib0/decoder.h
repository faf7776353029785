#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "server/base/bytes.h"
#include "server/base/limits.h"
#include "server/base/result.h"

namespace syncline::lib0 {

// A varint as it was read last, for a place where the same one mostly comes again.
struct RepeatedVarUint {
  std::uint64_t bytes = 0;  // As they lie in memory.
  std::uint64_t mask = 0;   // Which of them count.
  std::size_t size = 0;     // 0: none was read.
  std::uint64_t value = 0;
};

// Reads lib0's encoding from bytes that somebody else owns.
//
// Every read is bounds-checked. The first failure sticks: the decoder moves to the end, each later
// read fails as well, and `failure()` tells why. That gives two ways to use it, on the same object:
//   - read_...() return a Result: for messages, where each step may want its own answer;
//   - take_...() return false on failure: for the engine's inner loops, which look at `failure()`
//   once.
// All views that are handed out point into the bytes given at construction.
class Decoder {
 public:
  explicit Decoder(BytesView bytes)
      : begin_(bytes.data()), at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  // Observers.

  std::size_t position() const { return static_cast<std::size_t>(at_ - begin_); }
  std::size_t remaining() const { return static_cast<std::size_t>(end_ - at_); }
  bool done() const { return at_ == end_ && !failed_; }
  bool failed() const { return failed_; }
  // REQUIRES: failed().
  ErrorCode failure() const { return failure_; }

  // The bytes from position `from` up to the current one.
  BytesView since(std::size_t from) const { return {begin_ + from, position() - from}; }
  BytesView rest() const { return {at_, remaining()}; }

  // Makes the decoder fail, for a caller that has found the value unacceptable. Returns false.
  bool fail(ErrorCode code) {
    if (!failed_) {
      failed_ = true;
      failure_ = code;
      at_ = end_;
    }
    return false;
  }

  // The fast family.

  bool take_u8(std::uint8_t& out) {
    if (at_ == end_) [[unlikely]]
      return fail(ErrorCode::truncated);
    out = std::to_integer<std::uint8_t>(*at_++);
    return true;
  }

  // An unsigned varint of at most 2^53 - 1 in its shortest form; lib0 writes no other.
  bool take_var_uint(std::uint64_t& out) {
    if (at_ != end_) [[likely]] {
      const auto first = std::to_integer<std::uint8_t>(*at_);
      if (first < 0x80) [[likely]] {
        ++at_;
        out = first;
        return true;
      }
    }
    return take_long_var_uint(out);
  }

  // The same, where `last` was read before.
  bool take_var_uint(RepeatedVarUint& last, std::uint64_t& out) {
    if (remaining() >= sizeof last.bytes && last.size > 0) [[likely]] {
      std::uint64_t word;
      std::memcpy(&word, at_, sizeof word);
      if ((word & last.mask) == last.bytes) [[likely]] {
        at_ += last.size;
        out = last.value;
        return true;
      }
    }
    return take_repeated_var_uint(last, out);
  }

  bool take_bytes(std::size_t size, BytesView& out) {
    if (size > remaining()) [[unlikely]]
      return fail(ErrorCode::truncated);
    out = {at_, size};
    at_ += size;
    return true;
  }

  // Bytes preceded by their number.
  bool take_var_bytes(BytesView& out) {
    std::uint64_t size = 0;
    return take_var_uint(size) && take_bytes(static_cast<std::size_t>(size), out);
  }

  // UTF-8 text preceded by its number of bytes. Fails if it is not well-formed.
  bool take_var_string(std::string_view& out);

  // lib0's signed varint: 6 bits and the sign first. Its sign is kept apart, since -0 exists.
  // REQUIRES: magnitude_max < 2^55.
  bool take_var_int(std::uint64_t& magnitude, bool& negative,
                    std::uint64_t magnitude_max = limits::safe_integer_max);

  // The Result family.

  Result<std::uint8_t> read_u8();
  Result<std::uint64_t> read_var_uint();
  Result<std::string_view> read_var_string();
  Result<BytesView> read_var_bytes();
  Result<BytesView> read_bytes(std::size_t size);
  // Fails with trailing_bytes unless everything has been read.
  Result<void> expect_end() const;

 private:
  bool take_long_var_uint(std::uint64_t& out);
  bool take_last_var_uint(std::uint64_t& out);
  bool take_repeated_var_uint(RepeatedVarUint& last, std::uint64_t& out);

  const std::byte* begin_;
  const std::byte* at_;
  const std::byte* end_;
  bool failed_ = false;
  ErrorCode failure_ = ErrorCode::truncated;
};

}  // namespace syncline::lib0
