#include "server/lib0/rle.h"

#include "server/base/utf8.h"

namespace syncline::lib0 {
namespace {

std::size_t sequence_size(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

}  // namespace

void RleEncoder::start_run(std::uint8_t value) {
  if (count_ > 0) out_.write_var_uint(count_ - 1);
  out_.write_u8(value);
  value_ = value;
  count_ = 1;
}

bool RleDecoder::take_run() {
  std::uint8_t value = 0;
  if (!in_.take_u8(value)) return false;
  if (started_ && value == value_) return in_.fail(ErrorCode::malformed);
  started_ = true;
  value_ = value;
  left_ = 1;
  last_ = in_.remaining() == 0;
  if (last_) return true;
  std::uint64_t more = 0;
  if (!in_.take_var_uint(more)) return false;
  if (in_.remaining() == 0) return in_.fail(ErrorCode::malformed);
  left_ = more + 1;
  return true;
}

void UintOptRleEncoder::flush() {
  if (count_ == 0) return;
  out_.write_var_int(value_, count_ > 1);
  if (count_ > 1) out_.write_var_uint(count_ - 2);
}

void UintOptRleEncoder::start_run(std::uint64_t value) {
  flush();
  value_ = value;
  count_ = 1;
}

BytesView UintOptRleEncoder::finish() {
  flush();
  count_ = 0;
  return out_.view();
}

bool UintOptRleDecoder::take_run() {
  std::uint64_t value = 0;
  bool repeated = false;
  if (!in_.take_var_int(value, repeated)) return false;
  if (started_ && value == value_) return in_.fail(ErrorCode::malformed);
  started_ = true;
  value_ = value;
  left_ = 1;
  if (!repeated) return true;
  std::uint64_t more = 0;
  if (!in_.take_var_uint(more)) return false;
  left_ = more + 2;
  return true;
}

void IntDiffOptRleEncoder::flush() {
  if (count_ == 0) return;
  const std::int64_t doubled = difference_ * 2 + (count_ > 1 ? 1 : 0);
  const auto magnitude = static_cast<std::uint64_t>(doubled < 0 ? -doubled : doubled);
  out_.write_var_int(magnitude, doubled < 0);
  if (count_ > 1) out_.write_var_uint(count_ - 2);
}

void IntDiffOptRleEncoder::start_run(std::int64_t difference) {
  flush();
  difference_ = difference;
  count_ = 1;
}

BytesView IntDiffOptRleEncoder::finish() {
  flush();
  count_ = 0;
  return out_.view();
}

bool IntDiffOptRleDecoder::take_run() {
  std::uint64_t magnitude = 0;
  bool negative = false;
  if (!in_.take_var_int(magnitude, negative, 2 * limits::safe_integer_max)) return false;
  if (negative && magnitude == 0) return in_.fail(ErrorCode::malformed);
  if (magnitude > limits::safe_integer_max && magnitude % 2 != 0) {
    return in_.fail(ErrorCode::number_too_large);
  }
  const std::int64_t doubled =
      negative ? -static_cast<std::int64_t>(magnitude) : static_cast<std::int64_t>(magnitude);
  const std::int64_t difference = doubled >> 1;  // Rounds down, as Math.floor.
  if (started_ && difference == difference_) return in_.fail(ErrorCode::malformed);
  started_ = true;
  difference_ = difference;
  left_ = 1;
  if ((doubled & 1) == 0) return true;
  std::uint64_t more = 0;
  if (!in_.take_var_uint(more)) return false;
  left_ = more + 2;
  return true;
}

Bytes StringEncoder::finish() {
  const BytesView lengths = lengths_.finish();
  Encoder out(text_.size() + lengths.size() + 8);
  out.write_var_bytes(text_.view());
  out.write_bytes(lengths);
  return out.take();
}

StringDecoder::StringDecoder(BytesView bytes) : lengths_(BytesView()) {
  Decoder in(bytes);
  if (!in.take_var_string(rest_)) {
    fail(in.failure());
    return;
  }
  ascii_ = utf16_length(rest_) == rest_.size();
  lengths_ = UintOptRleDecoder(in.rest());
}

bool StringDecoder::fail(ErrorCode code) {
  failed_ = true;
  failure_ = code;
  return false;
}

bool StringDecoder::take(StringSlice& out) {
  std::uint64_t units = 0;
  if (failed_ || !lengths_.take(units)) return false;
  if (!ascii_) return take_units(units, out);
  if (units > rest_.size()) return fail(ErrorCode::truncated);
  out = {rest_.substr(0, static_cast<std::size_t>(units)), units, false, false};
  rest_.remove_prefix(static_cast<std::size_t>(units));
  return true;
}

bool StringDecoder::take_units(std::uint64_t units, StringSlice& out) {
  out = {};
  out.units = units;
  if (units == 0) return true;
  if (inside_pair_) {
    out.half_before = true;
    inside_pair_ = false;
    rest_.remove_prefix(4);
    --units;
  }
  std::size_t at = 0;
  while (units > 0) {
    if (at == rest_.size()) return fail(ErrorCode::truncated);
    const std::size_t size = sequence_size(rest_[at]);
    if (size == 4 && units == 1) {
      out.half_after = true;
      inside_pair_ = true;
      break;
    }
    at += size;
    units -= size == 4 ? 2 : 1;
  }
  out.text = rest_.substr(0, at);
  rest_.remove_prefix(at);
  return true;
}

}  // namespace syncline::lib0
