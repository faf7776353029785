#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace syncline::sim {

// Something to do later: a closure that is called once. std::function would allocate for nearly
// every event of a run; this holds up to 64 bytes in place, and moves.
class Action {
 public:
  Action() = default;

  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, Action>)
      Action(F&& call) {  // NOLINT: any closure is an action.
    using Call = std::remove_cvref_t<F>;
    if constexpr (fits<Call>) {
      ::new (static_cast<void*>(storage_)) Call(std::forward<F>(call));
      operations_ = &in_place<Call>;
    } else {
      ::new (static_cast<void*>(storage_)) Call*(new Call(std::forward<F>(call)));
      operations_ = &on_heap<Call>;
    }
  }

  Action(Action&& other) noexcept { take(other); }
  Action& operator=(Action&& other) noexcept {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  ~Action() { reset(); }

  explicit operator bool() const { return operations_ != nullptr; }
  // REQUIRES: it holds a closure.
  void operator()() { operations_->call(storage_); }

 private:
  struct Operations {
    void (*call)(void* at);
    void (*move)(void* from, void* to);  // And ends the one it was moved from.
    void (*end)(void* at);
  };

  static constexpr std::size_t capacity = 64;

  template <class Call>
  static constexpr bool fits =
      sizeof(Call) <= capacity &&
      alignof(Call) <= alignof(std::max_align_t) && std::is_nothrow_move_constructible_v<Call>;

  template <class Call>
  static constexpr Operations in_place = {[](void* at) { (*static_cast<Call*>(at))(); },
                                          [](void* from, void* to) {
                                            ::new (to) Call(std::move(*static_cast<Call*>(from)));
                                            static_cast<Call*>(from)->~Call();
                                          },
                                          [](void* at) { static_cast<Call*>(at)->~Call(); }};

  template <class Call>
  static constexpr Operations on_heap = {
      [](void* at) { (**static_cast<Call**>(at))(); },
      [](void* from, void* to) { ::new (to) Call*(*static_cast<Call**>(from)); },
      [](void* at) { delete *static_cast<Call**>(at); }};

  void take(Action& other) {
    operations_ = std::exchange(other.operations_, nullptr);
    if (operations_ != nullptr) operations_->move(other.storage_, storage_);
  }
  void reset() {
    if (operations_ != nullptr) std::exchange(operations_, nullptr)->end(storage_);
  }

  const Operations* operations_ = nullptr;
  alignas(std::max_align_t) std::byte storage_[capacity];
};

}  // namespace syncline::sim
