#pragma once

#include <string_view>

#include "sim/checkers/checker_of.h"

namespace syncline::checkers {

// Fails every history that ends. A run with it that passes shows that failures get lost on their
// way to whoever should hear of them.
class Canary final : public CheckerOf<Canary> {
 public:
  static constexpr std::string_view checker_name = "canary";

  explicit Canary(ViolationSink& sink) : CheckerOf(sink) {}

  void on(const history::Ended&) { violate("this checker always fails"); }
};

}  // namespace syncline::checkers
