#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/bytes.h"
#include "server/base/instant.h"

namespace syncline::sim {

struct TraceHash {
  std::uint64_t high = 0x6a09e667f3bcc908ULL;
  std::uint64_t low = 0xbb67ae8584caa73bULL;

  friend auto operator<=>(const TraceHash&, const TraceHash&) = default;
};

// 32 hexadecimal digits.
std::string to_string(TraceHash hash);

// One number for everything that happened in a run: which events ran and when, what was sent, every
// random number that was drawn. Two runs that differ anywhere end with different numbers, and the
// checkpoints tell between which events they parted.
class Trace {
 public:
  static constexpr std::uint64_t events_per_checkpoint = 4096;

  // Receives a line for each thing within a window of events.
  using LineSink = std::function<void(std::string_view line)>;

  // Lines for the events numbered [first, last], counted from 1.
  void print(std::uint64_t first, std::uint64_t last, LineSink sink);

  // The next event begins.
  void begin_event(Duration at, std::uint64_t arrival) {
    ++events_;
    mix(static_cast<std::uint64_t>(at.count()));
    mix(arrival);
    if (events_ % events_per_checkpoint == 0) checkpoints_.push_back(hash_);
    if (prints()) [[unlikely]] {
      print_event(at, arrival);
    }
  }
  void draw(std::uint64_t value) {
    mix(value);
    if (prints()) [[unlikely]] {
      print_number("draw", value);
    }
  }
  void note(std::string_view what, std::uint64_t number) {
    mix_text(what);
    mix(number);
    if (prints()) [[unlikely]] {
      print_number(what, number);
    }
  }
  void note_bytes(std::string_view what, BytesView bytes);

  std::uint64_t events() const { return events_; }
  TraceHash hash() const { return hash_; }
  // The hash at the beginning of every events_per_checkpoint-th event.
  const std::vector<TraceHash>& checkpoints() const { return checkpoints_; }

 private:
  bool prints() const { return events_ >= print_first_ && events_ <= print_last_; }
  void print_event(Duration at, std::uint64_t arrival);
  void print_number(std::string_view what, std::uint64_t number);

  void mix(std::uint64_t value) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(hash_.low ^ value) * 0x9e3779b97f4a7c15ULL;
    hash_.low = hash_.high + static_cast<std::uint64_t>(product);
    hash_.high = (hash_.high ^ static_cast<std::uint64_t>(product >> 64)) * 0xbf58476d1ce4e5b9ULL +
                 0x94d049bb133111ebULL;
  }
  void mix_text(std::string_view text);

  TraceHash hash_;
  std::uint64_t events_ = 0;
  std::vector<TraceHash> checkpoints_;

  std::uint64_t print_first_ = 1;
  std::uint64_t print_last_ = 0;
  LineSink sink_;
};

}  // namespace syncline::sim
