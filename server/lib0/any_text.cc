// How JavaScript prints a value: String(value) and JSON.stringify(value).

#include <charconv>
#include <cmath>
#include <string>

#include "server/lib0/any.h"

namespace syncline::lib0 {
namespace {

constexpr char hex_digits[] = "0123456789abcdef";

void append_escaped_unit(std::string& out, unsigned unit) {
  out.append("\\u");
  for (int shift = 12; shift >= 0; shift -= 4) out.push_back(hex_digits[(unit >> shift) & 0xF]);
}

// The lone surrogate at `at`, or 0. Well-formed UTF-8 has none.
unsigned surrogate_at(std::string_view text, std::size_t at) {
  if (at + 2 >= text.size() || static_cast<unsigned char>(text[at]) != 0xED) return 0;
  const auto second = static_cast<unsigned char>(text[at + 1]);
  if (second < 0xA0) return 0;
  const auto third = static_cast<unsigned char>(text[at + 2]);
  return 0xD000U | (second & 0x3FU) << 6 | (third & 0x3FU);
}

void append_escaped_ascii(std::string& out, char c) {
  switch (c) {
    case '"':
      out.append("\\\"");
      return;
    case '\\':
      out.append("\\\\");
      return;
    case '\b':
      out.append("\\b");
      return;
    case '\f':
      out.append("\\f");
      return;
    case '\n':
      out.append("\\n");
      return;
    case '\r':
      out.append("\\r");
      return;
    case '\t':
      out.append("\\t");
      return;
    default:
      append_escaped_unit(out, static_cast<unsigned char>(c));
      return;
  }
}

void append_json_bytes(std::string& out, const Bytes& bytes) {
  out.push_back('{');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i > 0) out.push_back(',');
    out.append("\"").append(std::to_string(i)).append("\":");
    out.append(std::to_string(std::to_integer<unsigned>(bytes[i])));
  }
  out.push_back('}');
}

void append_json_object(std::string& out, const Any::Object& properties) {
  out.push_back('{');
  bool first = true;
  for (const auto& [key, value] : properties) {
    if (value.is_undefined()) continue;
    if (!first) out.push_back(',');
    first = false;
    append_json_string(out, key);
    out.push_back(':');
    append_json(out, value);
  }
  out.push_back('}');
}

// The digits of a positive finite number in `digits`, without the point; returns the power of ten
// that stands after the first digit.
int shortest_digits(double value, std::string& digits) {
  char buffer[32];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  const char* at = buffer;
  for (; at != end && *at != 'e'; ++at) {
    if (*at != '.') digits.push_back(*at);
  }
  int exponent = 0;
  ++at;                                // 'e'
  const bool negative = *at++ == '-';  // The sign always stands.
  std::from_chars(at, end, exponent);
  return negative ? -exponent : exponent;
}

}  // namespace

void append_number(std::string& out, double value) {
  if (std::isnan(value)) return void(out.append("NaN"));
  if (value == 0) return out.push_back('0');
  if (value < 0) out.push_back('-');
  if (std::isinf(value)) return void(out.append("Infinity"));
  std::string digits;
  const int point = shortest_digits(std::abs(value), digits) + 1;  // The point stands before it.
  const int count = static_cast<int>(digits.size());
  if (point > 21 || point < -5) {
    out.push_back(digits[0]);
    if (count > 1) out.append(".").append(digits, 1);
    out.append(point > 0 ? "e+" : "e-").append(std::to_string(std::abs(point - 1)));
  } else if (point <= 0) {
    out.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits);
  } else if (point >= count) {
    out.append(digits).append(static_cast<std::size_t>(point - count), '0');
  } else {
    const auto split = static_cast<std::size_t>(point);
    out.append(digits, 0, split).append(".").append(digits, split);
  }
}

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  std::size_t copied = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c >= 0x20 && c != '"' && c != '\\' && c != 0xED) continue;
    const unsigned surrogate = c == 0xED ? surrogate_at(text, at) : 0;
    if (c == 0xED && surrogate == 0) continue;
    out.append(text, copied, at - copied);
    if (surrogate != 0) {
      append_escaped_unit(out, surrogate);
      at += 2;
    } else {
      append_escaped_ascii(out, text[at]);
    }
    copied = at + 1;
  }
  out.append(text, copied);
  out.push_back('"');
}

void append_json(std::string& out, const Any& value) {
  if (const bool* flag = value.as_bool()) {
    out.append(*flag ? "true" : "false");
  } else if (const double* number = value.as_number()) {
    std::isfinite(*number) ? append_number(out, *number) : void(out.append("null"));
  } else if (const std::int64_t* integer = value.as_bigint()) {
    out.append(std::to_string(*integer));
  } else if (const std::string* text = value.as_string()) {
    append_json_string(out, *text);
  } else if (const Any::Array* array = value.as_array()) {
    out.push_back('[');
    for (std::size_t i = 0; i < array->size(); ++i) {
      if (i > 0) out.push_back(',');
      append_json(out, (*array)[i]);
    }
    out.push_back(']');
  } else if (const Any::Object* properties = value.as_object()) {
    append_json_object(out, *properties);
  } else if (const Bytes* bytes = value.as_bytes()) {
    append_json_bytes(out, *bytes);
  } else {
    out.append("null");
  }
}

std::string to_json(const Any& value) {
  std::string out;
  append_json(out, value);
  return out;
}

std::string Any::to_text() const {
  if (is_undefined()) return "undefined";
  if (is_null()) return "null";
  std::string out;
  if (const bool* flag = as_bool()) {
    out = *flag ? "true" : "false";
  } else if (const double* number = as_number()) {
    append_number(out, *number);
  } else if (const std::int64_t* integer = as_bigint()) {
    out = std::to_string(*integer);
  } else if (const std::string* text = as_string()) {
    out = *text;
  } else if (const Array* array = as_array()) {
    for (std::size_t i = 0; i < array->size(); ++i) {
      if (i > 0) out.push_back(',');
      const Any& element = (*array)[i];
      if (!element.is_undefined() && !element.is_null()) out.append(element.to_text());
    }
  } else if (const Bytes* bytes = as_bytes()) {
    for (std::size_t i = 0; i < bytes->size(); ++i) {
      if (i > 0) out.push_back(',');
      out.append(std::to_string(std::to_integer<unsigned>((*bytes)[i])));
    }
  } else {
    out = "[object Object]";
  }
  return out;
}

}  // namespace syncline::lib0
