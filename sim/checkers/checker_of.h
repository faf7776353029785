#pragma once

#include <array>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "sim/checkers/checker.h"
#include "sim/history/text.h"

namespace syncline::checkers {

// A checker that hears those events for which its class has a public `on(const Content&)`.
template <class Derived>
class CheckerOf : public Checker {
 public:
  std::string_view name() const final { return Derived::checker_name; }

  bool hears(std::size_t alternative) const final {
    return heard(std::make_index_sequence<std::variant_size_v<history::EventContent>>(),
                 alternative);
  }

  void on_event(const history::Event& event) final {
    now_ = event.at;
    std::visit(
        [this](const auto& content) {
          if constexpr (takes<std::remove_cvref_t<decltype(content)>>()) {
            static_cast<Derived*>(this)->on(content);
          }
        },
        event.content);
  }

 protected:
  // `sink` must outlive the checker.
  explicit CheckerOf(ViolationSink& sink) : sink_(sink) {}

  // Tells of a violation, now. What is broken once is often broken at every event from then on: the
  // first few tell all there is to know.
  void violate(std::string what, Verdict verdict = Verdict::correctness) {
    if (told_ == told_max) return;
    ++told_;
    sink_.on_violation(name(), verdict, now_, std::move(what));
  }

  Duration now() const { return now_; }

 private:
  static constexpr int told_max = 20;

  template <class Content>
  static constexpr bool takes() {
    return requires(Derived & checker, const Content& content) { checker.on(content); };
  }

  template <std::size_t... indexes>
  static bool heard(std::index_sequence<indexes...>, std::size_t alternative) {
    constexpr std::array<bool, sizeof...(indexes)> takes_it = {
        takes<std::variant_alternative_t<indexes, history::EventContent>>()...};
    return takes_it[alternative];
  }

  ViolationSink& sink_;
  Duration now_{0};
  int told_ = 0;
};

}  // namespace syncline::checkers
