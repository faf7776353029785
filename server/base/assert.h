#pragma once

#include <cstdint>
#include <sstream>
#include <string>

// SYNCLINE_ASSERT states what our own code believes. It is on in every build: a broken invariant
// must stop the process before it can reach the log. The world's mistakes (bad frames, full disks)
// are never asserted; they are a Result.

namespace syncline::detail {

// Prints the failed condition and its place to stderr and aborts. Safe from any thread.
[[noreturn]] void assert_failed(const char* condition, const char* file, std::uint32_t line,
                                const std::string& values);

template <class... Values>
std::string print_values(const Values&... values) {
  std::ostringstream out;
  ((out << ' ' << values), ...);
  return out.str();
}

}  // namespace syncline::detail

// Further arguments are printed after the condition: SYNCLINE_ASSERT(a < b, a, b).
#define SYNCLINE_ASSERT(condition, ...)                                                 \
  do {                                                                                  \
    if (!(condition)) [[unlikely]] {                                                    \
      ::syncline::detail::assert_failed(#condition, __FILE__, __LINE__,                 \
                                        ::syncline::detail::print_values(__VA_ARGS__)); \
    }                                                                                   \
  } while (false)
