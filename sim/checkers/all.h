#pragma once

#include <array>
#include <memory>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "sim/checkers/checker.h"
#include "sim/checkers/memory.h"

namespace syncline::checkers {

struct CheckerOptions {
  MemoryBounds memory;
  // Whether documents carry their canaries (canary_text.h): then a run that shows none is wrong.
  bool canaries = true;
  // Larger documents are not compared with the naive engine.
  std::size_t reference_elements_max = 3000;
  // Also the one that always fails.
  bool always_fail = false;
};

struct CheckerInfo {
  std::string_view name;
  std::string_view what;  // A sentence.
};

// The registry, in the order in which they judge.
std::span<const CheckerInfo> all_checkers();

// One of each. `sink` must outlive them.
std::vector<std::unique_ptr<Checker>> make_checkers(const CheckerOptions& options,
                                                    ViolationSink& sink);

// Tells each checker what it wants to hear.
class Jury final : public history::EventSink {
 public:
  explicit Jury(std::vector<std::unique_ptr<Checker>> checkers);

  void on_event(const history::Event& event) override {
    for (Checker* checker : hearers_[event.content.index()]) checker->on_event(event);
  }

 private:
  std::vector<std::unique_ptr<Checker>> checkers_;
  std::array<std::vector<Checker*>, std::variant_size_v<history::EventContent>> hearers_;
};

}  // namespace syncline::checkers
