#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "server/base/bytes.h"
#include "server/base/limits.h"
#include "server/base/result.h"
#include "server/lib0/decoder.h"
#include "server/lib0/encoder.h"

namespace syncline::lib0 {

// A JavaScript value as lib0's `any` encoding and JSON carry it.
//
// All numbers are doubles, as in JavaScript; how one is written (varint, float32, float64) follows
// from its value. Strings are UTF-8; one that came from JSON may hold lone surrogates, as the three
// bytes that UTF-8 would give them. An object keeps its properties in JavaScript's order: keys that
// are array indexes first, by value, then the others in the order in which they were set.
class Any {
 public:
  struct Undefined {
    friend bool operator==(Undefined, Undefined) { return true; }
  };
  struct Null {
    friend bool operator==(Null, Null) { return true; }
  };
  using Array = std::vector<Any>;
  using Property = std::pair<std::string, Any>;
  using Object = std::vector<Property>;

  Any() : value_(Undefined{}) {}
  Any(Null) : value_(Null{}) {}
  Any(bool value) : value_(value) {}
  Any(double value) : value_(value) {}
  Any(int value) : value_(static_cast<double>(value)) {}
  Any(std::int64_t) = delete;  // Ambiguous: say Any::bigint(n) or Any(static_cast<double>(n)).
  Any(std::string value) : value_(std::move(value)) {}
  Any(std::string_view value) : value_(std::string(value)) {}
  Any(const char* value) : value_(std::string(value)) {}
  Any(Array value) : value_(std::move(value)) {}
  Any(Bytes value) : value_(std::move(value)) {}

  static Any null() { return Any(Null{}); }
  static Any bigint(std::int64_t value);
  // Sets the properties one after the other, so the last of equal keys wins.
  static Any object(Object properties);

  bool is_undefined() const { return std::holds_alternative<Undefined>(value_); }
  bool is_null() const { return std::holds_alternative<Null>(value_); }
  bool is_object() const { return as_object() != nullptr; }
  // Null pointers if the value is of another kind.
  const bool* as_bool() const { return std::get_if<bool>(&value_); }
  const double* as_number() const { return std::get_if<double>(&value_); }
  const std::int64_t* as_bigint() const;
  const std::string* as_string() const { return std::get_if<std::string>(&value_); }
  const Array* as_array() const { return std::get_if<Array>(&value_); }
  const Object* as_object() const;
  const Bytes* as_bytes() const { return std::get_if<Bytes>(&value_); }
  // The property's value; null if there is none or this is no object.
  const Any* find(std::string_view key) const;

  // JavaScript's Boolean(value).
  bool truthy() const;
  // JavaScript's String(value).
  std::string to_text() const;

  friend bool operator==(const Any&, const Any&) = default;

 private:
  struct BigInt {
    std::int64_t value;
    friend bool operator==(BigInt, BigInt) = default;
  };
  struct Properties {
    Object list;
    // Defined below, where Any is complete; clang wants it so.
    bool operator==(const Properties& other) const;
  };

  std::variant<Undefined, Null, bool, double, BigInt, std::string, Array, Properties, Bytes> value_;
};

inline bool Any::Properties::operator==(const Properties& other) const {
  return list == other.list;
}

// lib0's readAny. Fails on unknown tags, and beyond `depth_max` nested arrays and objects.
Result<Any> read_any(Decoder& decoder, std::size_t depth_max = limits::nesting_depth_max);

// lib0's writeAny: the same bytes for the same value.
void write_any(Encoder& encoder, const Any& value);

// Moves over one `any` value and checks it, without building it. Sets `canonical` to whether
// write_any(read_any(bytes)) would give the same bytes; when in doubt false.
// False on failure: see decoder.failure().
bool skip_any(Decoder& decoder, std::size_t depth_max, bool& canonical);

// JSON.stringify. What JSON has no word for comes out as JavaScript prints it: undefined and what
// is not finite as null (a property that is undefined is left out), a Uint8Array as an object of
// its elements. A bigint, on which JSON.stringify throws, is written as its digits.
void append_json(std::string& out, const Any& value);
std::string to_json(const Any& value);

// A JSON string literal. `text` may hold lone surrogates, which are written as \udxxx.
void append_json_string(std::string& out, std::string_view text);

// JavaScript's String(number): the shortest decimal that reads back as the same double.
void append_number(std::string& out, double value);

}  // namespace syncline::lib0
