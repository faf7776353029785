#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "server/base/assert.h"

namespace syncline {

// Every way in which the world can be wrong. Compared by value, never by text; `describe` has the
// sentence. `Error::detail` adds what was seen where, for a person.
enum class ErrorCode : unsigned char {
  // Bytes that are not what they claim to be.
  truncated,         // The input ended inside a value.
  number_too_large,  // An integer beyond 2^53 - 1, or a varint of too many bytes.
  trailing_bytes,    // A complete value was followed by bytes that belong to nothing.
  invalid_utf8,      // A string that is not UTF-8.
  invalid_json,      // A JSON text that JSON.parse would refuse.
  unknown_type,      // A tag that names no known kind.
  malformed,         // Readable, but of a form that no Yjs client writes.
  // Correct, but more than we take.
  too_large,         // Beyond a byte or count limit.
  too_deep,          // Nested beyond the depth limit.
  too_many_pending,  // Waits for more missing predecessors than the document may hold.
  // The request does not fit the state of things.
  invalid_argument,     // A position, name or option that is out of range.
  not_found,            // No such document, snapshot or entry.
  already_exists,       // It is there, and must not be overwritten.
  checksum_mismatch,    // Stored bytes are not the bytes that were written.
  unsupported_version,  // Written by a newer program, or by no program of ours.
  // The outside world.
  io_error,      // The operating system or a database refused.
  storage_full,  // No space left.
  unavailable,   // Not now; later it may work.
};

// One sentence without a full stop, for logs and close reasons.
std::string_view describe(ErrorCode code);

// The enum value's name, for metric labels and tests.
std::string_view name(ErrorCode code);

inline std::ostream& operator<<(std::ostream& out, ErrorCode code) { return out << name(code); }

struct [[nodiscard]] Error {
  ErrorCode code;
  std::string detail = {};

  // "sentence" or "sentence: detail".
  std::string message() const;
};

// A value or an Error. Like std::expected, which g++ 12 does not have in C++20.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
  Result(ErrorCode code) : Result(Error{code}) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // REQUIRES: ok().
  T& value() & {
    SYNCLINE_ASSERT(ok(), error().message());
    return std::get<0>(state_);
  }
  const T& value() const& {
    SYNCLINE_ASSERT(ok(), error().message());
    return std::get<0>(state_);
  }
  T&& value() && {
    SYNCLINE_ASSERT(ok(), error().message());
    return std::get<0>(std::move(state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // REQUIRES: !ok().
  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}
  Result(ErrorCode code) : Result(Error{code}) {}

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }

  // REQUIRES: !ok().
  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

}  // namespace syncline

// Returns the error of `expression` to the caller, or goes on.
#define SYNCLINE_TRY(expression)                                              \
  do {                                                                        \
    if (auto syncline_try_result = (expression); !syncline_try_result.ok()) { \
      return syncline_try_result.error();                                     \
    }                                                                         \
  } while (false)

#define SYNCLINE_CONCAT_INNER(a, b) a##b
#define SYNCLINE_CONCAT(a, b) SYNCLINE_CONCAT_INNER(a, b)

// SYNCLINE_ASSIGN(auto n, decoder.var_uint()); binds the value or returns the error.
#define SYNCLINE_ASSIGN(target, expression) \
  SYNCLINE_ASSIGN_NAMED(SYNCLINE_CONCAT(syncline_assign_, __LINE__), target, expression)
#define SYNCLINE_ASSIGN_NAMED(result, target, expression) \
  auto result = (expression);                             \
  if (!result.ok()) return result.error();                \
  target = std::move(result).value()
