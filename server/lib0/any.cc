#include "server/lib0/any.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

namespace syncline::lib0 {
namespace {

// lib0's tags. They count down from 127, so that no varint precedes a value.
enum Tag : std::uint8_t {
  tag_bytes = 116,
  tag_array = 117,
  tag_object = 118,
  tag_string = 119,
  tag_true = 120,
  tag_false = 121,
  tag_bigint = 122,
  tag_float64 = 123,
  tag_float32 = 124,
  tag_integer = 125,
  tag_null = 126,
  tag_undefined = 127,
};

// lib0 writes integers as varints up to this magnitude, and as floats beyond.
constexpr double varint_magnitude_max = 2147483647.0;

// Objects with more keys than this are compared through a hash table, or not at all.
constexpr std::size_t few_keys = 12;

bool is_varint(double value) {
  return std::abs(value) <= varint_magnitude_max && value == std::trunc(value);
}

bool is_float32(double value) {
  if (std::isnan(value)) return false;
  if (std::isinf(value)) return true;
  if (std::abs(value) > static_cast<double>(std::numeric_limits<float>::max())) return false;
  return static_cast<double>(static_cast<float>(value)) == value;
}

// JavaScript puts such keys before all others: "0" or up to 2^32 - 2 without a leading zero.
std::optional<std::uint32_t> array_index(std::string_view key) {
  if (key.empty() || key.size() > 10 || (key[0] == '0' && key.size() > 1)) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : key) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (value > 0xFFFFFFFEU) return std::nullopt;
  return static_cast<std::uint32_t>(value);
}

bool take_u32_be(Decoder& decoder, std::uint32_t& out) {
  BytesView bytes;
  if (!decoder.take_bytes(4, bytes)) return false;
  out = 0;
  for (const std::byte byte : bytes) out = out << 8 | std::to_integer<std::uint32_t>(byte);
  return true;
}

bool take_u64_be(Decoder& decoder, std::uint64_t& out) {
  BytesView bytes;
  if (!decoder.take_bytes(8, bytes)) return false;
  out = 0;
  for (const std::byte byte : bytes) out = out << 8 | std::to_integer<std::uint64_t>(byte);
  return true;
}

// Keeps the last value of equal keys at the place of the first.
void drop_duplicates(Any::Object& properties) {
  std::map<std::string_view, std::size_t> first;  // Not by hashes, which could be made to collide.
  std::vector<bool> dropped(properties.size());
  bool any_dropped = false;
  for (std::size_t i = 0; i < properties.size(); ++i) {
    const auto [at, inserted] = first.try_emplace(properties[i].first, i);
    if (inserted) continue;
    properties[at->second].second = std::move(properties[i].second);
    dropped[i] = any_dropped = true;
  }
  if (!any_dropped) return;
  first.clear();  // Its views die with the moves below.
  std::size_t kept = 0;
  for (std::size_t i = 0; i < properties.size(); ++i) {
    if (dropped[i]) continue;
    if (kept != i) properties[kept] = std::move(properties[i]);
    ++kept;
  }
  properties.erase(properties.begin() + static_cast<std::ptrdiff_t>(kept), properties.end());
}

void order_like_javascript(Any::Object& properties) {
  const auto indexes_end = std::stable_partition(
      properties.begin(), properties.end(),
      [](const Any::Property& property) { return array_index(property.first).has_value(); });
  std::sort(properties.begin(), indexes_end, [](const Any::Property& a, const Any::Property& b) {
    return *array_index(a.first) < *array_index(b.first);
  });
}

bool take_any(Decoder& decoder, std::size_t depth_left, Any& out);

bool take_array(Decoder& decoder, std::size_t depth_left, Any& out) {
  std::uint64_t count = 0;
  if (!decoder.take_var_uint(count)) return false;
  if (depth_left == 0) return decoder.fail(ErrorCode::too_deep);
  // Each element takes a byte at least: what cannot be there must not be paid for.
  if (count > decoder.remaining()) return decoder.fail(ErrorCode::truncated);
  Any::Array array;
  for (std::uint64_t i = 0; i < count; ++i) {
    Any element;
    if (!take_any(decoder, depth_left - 1, element)) return false;
    array.push_back(std::move(element));
  }
  out = Any(std::move(array));
  return true;
}

bool take_object(Decoder& decoder, std::size_t depth_left, Any& out) {
  std::uint64_t count = 0;
  if (!decoder.take_var_uint(count)) return false;
  if (depth_left == 0) return decoder.fail(ErrorCode::too_deep);
  if (count > decoder.remaining() / 2) return decoder.fail(ErrorCode::truncated);
  Any::Object object;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::string_view key;
    Any value;
    if (!decoder.take_var_string(key) || !take_any(decoder, depth_left - 1, value)) return false;
    // In JavaScript this assignment sets the prototype and makes no property.
    if (key == "__proto__") continue;
    object.emplace_back(std::string(key), std::move(value));
  }
  out = Any::object(std::move(object));
  return true;
}

bool take_number(Decoder& decoder, std::uint8_t tag, Any& out) {
  std::uint64_t bits = 0;
  std::uint32_t bits32 = 0;
  bool negative = false;
  switch (tag) {
    case tag_integer: {
      if (!decoder.take_var_int(bits, negative)) return false;
      const auto magnitude = static_cast<double>(bits);
      out = Any(negative ? -magnitude : magnitude);
      return true;
    }
    case tag_float32:
      if (!take_u32_be(decoder, bits32)) return false;
      out = Any(static_cast<double>(std::bit_cast<float>(bits32)));
      return true;
    case tag_float64:
      if (!take_u64_be(decoder, bits)) return false;
      out = Any(std::bit_cast<double>(bits));
      return true;
    default:
      if (!take_u64_be(decoder, bits)) return false;
      out = Any::bigint(static_cast<std::int64_t>(bits));
      return true;
  }
}

// Recursion is bounded by depth_left.
bool take_any(Decoder& decoder, std::size_t depth_left, Any& out) {
  std::uint8_t tag = 0;
  if (!decoder.take_u8(tag)) return false;
  switch (tag) {
    case tag_undefined:
      out = Any();
      return true;
    case tag_null:
      out = Any::null();
      return true;
    case tag_true:
      out = Any(true);
      return true;
    case tag_false:
      out = Any(false);
      return true;
    case tag_integer:
    case tag_float32:
    case tag_float64:
    case tag_bigint:
      return take_number(decoder, tag, out);
    case tag_string: {
      std::string_view text;
      if (!decoder.take_var_string(text)) return false;
      out = Any(text);
      return true;
    }
    case tag_bytes: {
      BytesView bytes;
      if (!decoder.take_var_bytes(bytes)) return false;
      out = Any(to_bytes(bytes));
      return true;
    }
    case tag_array:
      return take_array(decoder, depth_left, out);
    case tag_object:
      return take_object(decoder, depth_left, out);
    default:
      return decoder.fail(ErrorCode::unknown_type);
  }
}

void write_number(Encoder& encoder, double value) {
  if (is_varint(value)) {
    encoder.write_u8(tag_integer);
    encoder.write_var_int(static_cast<std::uint64_t>(std::abs(value)), std::signbit(value));
  } else if (is_float32(value)) {
    encoder.write_u8(tag_float32);
    encoder.write_u32_be(std::bit_cast<std::uint32_t>(static_cast<float>(value)));
  } else {
    encoder.write_u8(tag_float64);
    encoder.write_u64_be(std::bit_cast<std::uint64_t>(value));
  }
}

bool skip_number(Decoder& decoder, std::uint8_t tag, bool& canonical) {
  std::uint64_t bits = 0;
  std::uint32_t bits32 = 0;
  bool negative = false;
  switch (tag) {
    case tag_integer:
      if (!decoder.take_var_int(bits, negative)) return false;
      canonical &= static_cast<double>(bits) <= varint_magnitude_max;
      return true;
    case tag_float32: {
      if (!take_u32_be(decoder, bits32)) return false;
      const double value = static_cast<double>(std::bit_cast<float>(bits32));
      canonical &= !std::isnan(value) && !is_varint(value);
      return true;
    }
    case tag_float64: {
      if (!take_u64_be(decoder, bits)) return false;
      const double value = std::bit_cast<double>(bits);
      // Of a NaN, the engines under Yjs keep the bits that they have read.
      canonical &= !is_varint(value) && !is_float32(value);
      return true;
    }
    default:
      return take_u64_be(decoder, bits);
  }
}

bool skip_any_below(Decoder& decoder, std::size_t depth_left, bool& canonical);

bool skip_elements(Decoder& decoder, std::size_t depth_left, bool& canonical) {
  std::uint64_t count = 0;
  if (!decoder.take_var_uint(count)) return false;
  if (depth_left == 0) return decoder.fail(ErrorCode::too_deep);
  for (; count > 0; --count) {
    if (!skip_any_below(decoder, depth_left - 1, canonical)) return false;
  }
  return true;
}

bool skip_properties(Decoder& decoder, std::size_t depth_left, bool& canonical) {
  std::uint64_t count = 0;
  if (!decoder.take_var_uint(count)) return false;
  if (depth_left == 0) return decoder.fail(ErrorCode::too_deep);
  canonical &= count <= few_keys;
  std::string_view seen[few_keys];
  for (std::uint64_t i = 0; i < count; ++i) {
    std::string_view key;
    if (!decoder.take_var_string(key)) return false;
    if (canonical) {
      const auto end = seen + i;
      canonical = key != "__proto__" && !array_index(key) && std::find(seen, end, key) == end;
      seen[i] = key;
    }
    if (!skip_any_below(decoder, depth_left - 1, canonical)) return false;
  }
  return true;
}

bool skip_any_below(Decoder& decoder, std::size_t depth_left, bool& canonical) {
  std::uint8_t tag = 0;
  std::string_view text;
  BytesView bytes;
  if (!decoder.take_u8(tag)) return false;
  switch (tag) {
    case tag_undefined:
    case tag_null:
    case tag_true:
    case tag_false:
      return true;
    case tag_integer:
    case tag_float32:
    case tag_float64:
    case tag_bigint:
      return skip_number(decoder, tag, canonical);
    case tag_string:
      return decoder.take_var_string(text);
    case tag_bytes:
      return decoder.take_var_bytes(bytes);
    case tag_array:
      return skip_elements(decoder, depth_left, canonical);
    case tag_object:
      return skip_properties(decoder, depth_left, canonical);
    default:
      return decoder.fail(ErrorCode::unknown_type);
  }
}

}  // namespace

Any Any::bigint(std::int64_t value) {
  Any out;
  out.value_ = BigInt{value};
  return out;
}

Any Any::object(Object properties) {
  if (properties.size() > 1) {
    drop_duplicates(properties);
    order_like_javascript(properties);
  }
  Any out;
  out.value_ = Properties{std::move(properties)};
  return out;
}

const std::int64_t* Any::as_bigint() const {
  const auto* value = std::get_if<BigInt>(&value_);
  return value ? &value->value : nullptr;
}

const Any::Object* Any::as_object() const {
  const auto* value = std::get_if<Properties>(&value_);
  return value ? &value->list : nullptr;
}

const Any* Any::find(std::string_view key) const {
  const Object* properties = as_object();
  if (!properties) return nullptr;
  for (const auto& [name, value] : *properties) {
    if (name == key) return &value;
  }
  return nullptr;
}

bool Any::truthy() const {
  if (is_undefined() || is_null()) return false;
  if (const bool* value = as_bool()) return *value;
  if (const double* value = as_number()) return *value != 0 && !std::isnan(*value);
  if (const std::int64_t* value = as_bigint()) return *value != 0;
  if (const std::string* value = as_string()) return !value->empty();
  return true;
}

Result<Any> read_any(Decoder& decoder, std::size_t depth_max) {
  Any value;
  if (!take_any(decoder, depth_max, value)) return decoder.failure();
  return value;
}

namespace {

// As lib0's writeVarString: each half of a surrogate pair that stands alone, which a text from JSON
// may hold, becomes U+FFFD. Both have three bytes.
void write_text(Encoder& encoder, const std::string& text) {
  if (text.find('\xED') == std::string::npos) return encoder.write_var_string(text);
  std::string whole = text;
  for (std::size_t at = 0; (at = whole.find('\xED', at)) != std::string::npos; at += 3) {
    if (static_cast<unsigned char>(whole[at + 1]) >= 0xA0) whole.replace(at, 3, "\xEF\xBF\xBD");
  }
  encoder.write_var_string(whole);
}

}  // namespace

void write_any(Encoder& encoder, const Any& value) {
  if (value.is_null()) return encoder.write_u8(tag_null);
  if (const bool* flag = value.as_bool()) return encoder.write_u8(*flag ? tag_true : tag_false);
  if (const double* number = value.as_number()) return write_number(encoder, *number);
  if (const std::int64_t* number = value.as_bigint()) {
    encoder.write_u8(tag_bigint);
    encoder.write_u64_be(static_cast<std::uint64_t>(*number));
  } else if (const std::string* text = value.as_string()) {
    encoder.write_u8(tag_string);
    write_text(encoder, *text);
  } else if (const Any::Array* array = value.as_array()) {
    encoder.write_u8(tag_array);
    encoder.write_var_uint(array->size());
    for (const Any& element : *array) write_any(encoder, element);
  } else if (const Any::Object* properties = value.as_object()) {
    encoder.write_u8(tag_object);
    encoder.write_var_uint(properties->size());
    for (const auto& [key, property] : *properties) {
      write_text(encoder, key);
      write_any(encoder, property);
    }
  } else if (const Bytes* bytes = value.as_bytes()) {
    encoder.write_u8(tag_bytes);
    encoder.write_var_bytes(*bytes);
  } else {
    encoder.write_u8(tag_undefined);
  }
}

bool skip_any(Decoder& decoder, std::size_t depth_max, bool& canonical) {
  canonical = true;
  return skip_any_below(decoder, depth_max, canonical);
}

}  // namespace syncline::lib0
