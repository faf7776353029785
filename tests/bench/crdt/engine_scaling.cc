// How the engine's time grows with the number of structs. Prints CSV: shape,work,structs,cpu_ms.
//
//   engine_scaling [STRUCTS_MAX [SHAPE]]      (default: 10000000, all shapes)
//
// Two sizes a decade, from 1,000 on. A work that has taken longer than its patience at one size is
// not tried at larger ones. tests/bench/draw_scaling.mjs draws what this prints.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <functional>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "server/crdt/doc.h"
#include "server/crdt/map.h"
#include "server/crdt/text.h"
#include "tests/bench/crdt/histories.h"
#include "tests/bench/crdt/trace.h"

namespace syncline::bench {
namespace {

using crdt::Doc;

constexpr double patience_ms = 15'000;
// A work that takes less is repeated.
constexpr double measured_ms = 30;
constexpr std::size_t merged_updates = 64;

double cpu_ms() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

void take_in(Doc& doc, BytesView update) {
  expect(doc.apply_update(update, crdt::UpdateLimits::none()).ok(), "an update is refused");
}

// What one shape is measured at, at one size.
class Measurement {
 public:
  Measurement(const Shape& shape, std::size_t count, std::set<std::string_view>& given_up)
      : shape_(shape), count_(count), given_up_(given_up) {}

  void run() {
    const GrownHistory history = shape_.grow(count_);
    const Bytes whole = encode_whole(history);
    Doc doc;
    take_in(doc, whole);
    measure("load", [&] {
      Doc fresh;
      take_in(fresh, whole);
    });
    measure("read", [&] { doc.to_json(); });
    measure("encode", [&] { doc.encode_state_as_update(crdt::empty_state_vector()).value(); });
    const Bytes half = half_state_vector(history);
    measure("diff", [&] { doc.encode_state_as_update(half).value(); });
    if (wanted("merge")) {
      const EncodedParts parts = encode_parts(history, merged_updates);
      const auto views = parts.views();
      measure("merge", [&] { crdt::merge_updates(views).value(); });
    }
    doc = Doc();
    if (wanted("apply")) {
      const EncodedParts parts = encode_parts(history, count_);
      const auto views = parts.views();
      measure("apply", [&] {
        Doc fresh;
        for (const BytesView update : views) take_in(fresh, update);
      });
    }
    if (wanted("late") && has_many_clients(history)) {
      const EncodedParts parts = encode_parts(history, count_);
      const auto views = client_by_client(history, parts);
      measure("late", [&] {
        Doc fresh({.pending_bytes_max = SIZE_MAX});
        for (const BytesView update : views) take_in(fresh, update);
        expect(!fresh.has_pending(), "something waits for ever");
      });
    }
    if (shape_.name == "scattered") measure("edit", [&] { insert_at_random(); });
    if (shape_.name == "deleted") measure("edit", [&] { remove_at_random(); });
    if (shape_.name == "map") measure("edit", [&] { set_at_random(); });
  }

 private:
  bool wanted(std::string_view work) const { return !given_up_.contains(work); }

  void measure(std::string_view work, const std::function<void()>& run) {
    if (!wanted(work)) return;
    const double start = cpu_ms();
    double spent = 0;
    int times = 0;
    do {
      run();
      ++times;
      spent = cpu_ms() - start;
    } while (spent < measured_ms);
    std::printf("%.*s,%.*s,%zu,%.4f\n", static_cast<int>(shape_.name.size()), shape_.name.data(),
                static_cast<int>(work.size()), work.data(), count_, spent / times);
    std::fflush(stdout);
    if (spent > patience_ms) given_up_.insert(work);
  }

  static bool has_many_clients(const GrownHistory& history) {
    return std::any_of(history.structs.begin(), history.structs.end(),
                       [](const Made& made) { return made.client != 0; });
  }

  // All that the last client has made, then the one before it: nearly everything waits, and each
  // update of the first client sets a little of it free.
  static std::vector<BytesView> client_by_client(const GrownHistory& history,
                                                 const EncodedParts& parts) {
    const auto views = parts.views();
    std::vector<std::size_t> order(history.structs.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return history.structs[a].client > history.structs[b].client;
    });
    std::vector<BytesView> sorted;
    for (const std::size_t at : order) sorted.push_back(views[at]);
    return sorted;
  }

  void insert_at_random() const {
    std::mt19937_64 random(4);
    Doc doc({.client_id = 1});
    for (std::size_t i = 0; i < count_; ++i) {
      expect(doc.text(grown_root).insert(random() % (i + 1), "x").ok(), "an insertion is refused");
    }
  }

  // Of a text of two letters a struct, so that about `count_` are there in the end.
  void remove_at_random() const {
    std::mt19937_64 random(5);
    Doc doc({.client_id = 1});
    expect(doc.text(grown_root).insert(0, std::string(2 * count_, 'x')).ok(), "a text is refused");
    for (std::size_t i = 0; i < count_ / 2; ++i) {
      expect(doc.text(grown_root).remove(random() % (2 * count_ - i), 1).ok(),
             "a removal is refused");
    }
  }

  void set_at_random() const {
    std::mt19937_64 random(6);
    Doc doc({.client_id = 1});
    for (std::size_t i = 0; i < count_; ++i) {
      const std::string key = std::to_string(random() % (count_ / 10));
      expect(doc.map(grown_root).set(key, lib0::Any(true)).ok(), "a value is refused");
    }
  }

  const Shape& shape_;
  const std::size_t count_;
  std::set<std::string_view>& given_up_;
};

void run(std::size_t structs_max, std::string_view only) {
  constexpr double smallest = 1000;
  std::printf("shape,work,structs,cpu_ms\n");
  for (const Shape& shape : all_shapes()) {
    if (!only.empty() && only != shape.name) continue;
    std::set<std::string_view> given_up;
    for (int step = 0;; ++step) {
      const auto count = static_cast<std::size_t>(std::round(smallest * std::pow(10, step / 2.0)));
      if (count > std::min(structs_max, shape.structs_max)) break;
      Measurement(shape, count, given_up).run();
    }
  }
}

}  // namespace
}  // namespace syncline::bench

int main(int argc, char** argv) {
  std::size_t structs_max = 10'000'000;
  if (argc > 1) {
    const std::string_view text = argv[1];
    if (std::from_chars(text.data(), text.data() + text.size(), structs_max).ec != std::errc()) {
      std::fprintf(stderr, "usage: engine_scaling [STRUCTS_MAX [SHAPE]]\n");
      return 2;
    }
  }
  syncline::bench::run(structs_max, argc > 2 ? argv[2] : "");
  return 0;
}
