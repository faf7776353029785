#include "server/base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace syncline::detail {

void assert_failed(const char* condition, const char* file, std::uint32_t line,
                   const std::string& values) {
  std::fprintf(stderr, "assertion failed: %s at %s:%u%s%s\n", condition, file, line,
               values.empty() ? "" : " with", values.c_str());
  std::fflush(stderr);
  std::abort();
}

}  // namespace syncline::detail
