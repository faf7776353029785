#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "server/base/bytes.h"
#include "server/base/result.h"
#include "server/lib0/decoder.h"
#include "server/lib0/encoder.h"

// lib0's run-length codecs, of which update format v2 is made. Each writes or reads one sequence of
// values of its own. Like Decoder, the decoders fail for good, and accept only what lib0's encoders
// write: neighbouring runs differ, and nothing is left over (see finished()). A run may claim any
// length: it costs nothing until its values are asked for.

namespace syncline::lib0 {

// Bytes as (value, number of times - 1), without the number after the last value.
class RleEncoder {
 public:
  void write(std::uint8_t value) {
    if (count_ > 0 && value == value_) {
      ++count_;
    } else {
      start_run(value);
    }
  }
  BytesView view() const { return out_.view(); }

 private:
  void start_run(std::uint8_t value);

  Encoder out_;
  std::uint64_t count_ = 0;
  std::uint8_t value_ = 0;
};

class RleDecoder {
 public:
  explicit RleDecoder(BytesView bytes) : in_(bytes) {}

  bool take(std::uint8_t& out) {
    if (left_ == 0 && !take_run()) return false;
    if (!last_) --left_;
    out = value_;
    return true;
  }
  // All values have been taken: the last run has no end, so it must only have begun.
  bool finished() const { return in_.done() && (last_ || left_ == 0); }
  ErrorCode failure() const { return in_.failure(); }

 private:
  bool take_run();

  Decoder in_;
  std::uint64_t left_ = 0;
  std::uint8_t value_ = 0;
  bool started_ = false;
  bool last_ = false;
};

// Unsigned numbers: one alone as a positive varint, a run as a negative one and its length - 2.
class UintOptRleEncoder {
 public:
  void write(std::uint64_t value) {
    if (value == value_) {
      ++count_;
    } else {
      start_run(value);
    }
  }
  // Ends the sequence. The bytes are valid as long as the encoder.
  BytesView finish();

 private:
  void start_run(std::uint64_t value);
  void flush();

  Encoder out_;
  std::uint64_t count_ = 0;
  std::uint64_t value_ = 0;
};

class UintOptRleDecoder {
 public:
  explicit UintOptRleDecoder(BytesView bytes) : in_(bytes) {}

  bool take(std::uint64_t& out) {
    if (left_ == 0 && !take_run()) return false;
    --left_;
    out = value_;
    return true;
  }
  bool finished() const { return in_.done() && left_ == 0; }
  ErrorCode failure() const { return in_.failure(); }

 private:
  bool take_run();

  Decoder in_;
  std::uint64_t left_ = 0;
  std::uint64_t value_ = 0;
  bool started_ = false;
};

// Unsigned numbers by their differences: each difference doubled, plus 1 if a run of it follows. A
// lone difference may be doubled beyond 2^53 - 1, as lib0 reads and writes it too; one that fits
// twice between 0 and 2^53 - 1 stays below.
class IntDiffOptRleEncoder {
 public:
  // REQUIRES: value <= 2^53 - 1.
  void write(std::uint64_t value) {
    const std::int64_t difference = static_cast<std::int64_t>(value) - value_;
    value_ = static_cast<std::int64_t>(value);
    if (difference == difference_) {
      ++count_;
    } else {
      start_run(difference);
    }
  }
  // Ends the sequence. The bytes are valid as long as the encoder.
  BytesView finish();

 private:
  void start_run(std::int64_t difference);
  void flush();

  Encoder out_;
  std::uint64_t count_ = 0;
  std::int64_t value_ = 0;
  std::int64_t difference_ = 0;
};

class IntDiffOptRleDecoder {
 public:
  explicit IntDiffOptRleDecoder(BytesView bytes) : in_(bytes) {}

  // Fails if the number is negative or above 2^53 - 1.
  bool take(std::uint64_t& out) {
    if (left_ == 0 && !take_run()) return false;
    --left_;
    value_ += difference_;
    if (value_ < 0 || value_ > static_cast<std::int64_t>(limits::safe_integer_max)) [[unlikely]] {
      return in_.fail(ErrorCode::number_too_large);
    }
    out = static_cast<std::uint64_t>(value_);
    return true;
  }
  bool finished() const { return in_.done() && left_ == 0; }
  ErrorCode failure() const { return in_.failure(); }

 private:
  bool take_run();

  Decoder in_;
  std::uint64_t left_ = 0;
  std::int64_t value_ = 0;
  std::int64_t difference_ = 0;
  bool started_ = false;
};

// Texts: all of them as one, then their lengths in UTF-16 units.
class StringEncoder {
 public:
  // REQUIRES: `text` is UTF-8, of `units` UTF-16 units.
  void write(std::string_view text, std::uint64_t units) {
    text_.write_bytes(as_bytes(text));
    lengths_.write(units);
  }
  // Ends the sequence.
  Bytes finish();

 private:
  Encoder text_;
  UintOptRleEncoder lengths_;
};

// What a StringDecoder cuts out. JavaScript may cut between the halves of a surrogate pair, which
// UTF-8 cannot: `text` is then without the half, to be thought of as U+FFFD.
struct StringSlice {
  std::string_view text;
  std::uint64_t units = 0;  // With the halves.
  bool half_before = false;
  bool half_after = false;
};

class StringDecoder {
 public:
  explicit StringDecoder(BytesView bytes);

  // The slice points into the bytes given at construction.
  bool take(StringSlice& out);
  bool finished() const {
    return !failed_ && rest_.empty() && !inside_pair_ && lengths_.finished();
  }
  ErrorCode failure() const { return failed_ ? failure_ : lengths_.failure(); }

 private:
  bool fail(ErrorCode code);
  bool take_units(std::uint64_t units, StringSlice& out);

  UintOptRleDecoder lengths_;
  std::string_view rest_;
  bool ascii_ = false;        // All of it: units are bytes.
  bool inside_pair_ = false;  // The rest begins with the second half of a pair, whose first is cut.
  bool failed_ = false;
  ErrorCode failure_ = ErrorCode::truncated;
};

}  // namespace syncline::lib0
