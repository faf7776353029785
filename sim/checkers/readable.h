#pragma once

#include <string_view>

#include "sim/checkers/checker_of.h"

namespace syncline::checkers {

// Nobody is ever sent what a stock client cannot read: such an update, once stored, makes a
// document unreadable for ever.
class Readable final : public CheckerOf<Readable> {
 public:
  static constexpr std::string_view checker_name = "readable";

  explicit Readable(ViolationSink& sink) : CheckerOf(sink) {}

  void on(const history::ClientApplied& event) {
    if (event.readable) return;
    violate(history::to_text(event.client) + " was sent something of " +
            history::to_text(event.document) + " that it cannot read");
  }
};

}  // namespace syncline::checkers
