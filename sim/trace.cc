#include "sim/trace.h"

#include <algorithm>
#include <utility>

namespace syncline::sim {
namespace {

void append_hex(std::string& out, std::uint64_t value) {
  for (int shift = 60; shift >= 0; shift -= 4) out += "0123456789abcdef"[(value >> shift) & 15];
}

// Eight bytes, first one lowest, on any machine.
std::uint64_t read_word(std::string_view bytes) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    word |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  return word;
}

}  // namespace

std::string to_string(TraceHash hash) {
  std::string out;
  append_hex(out, hash.high);
  append_hex(out, hash.low);
  return out;
}

void Trace::print(std::uint64_t first, std::uint64_t last, LineSink sink) {
  print_first_ = first;
  print_last_ = last;
  sink_ = std::move(sink);
}

void Trace::mix_text(std::string_view text) {
  mix(text.size());
  for (std::size_t at = 0; at < text.size(); at += 8) {
    mix(read_word(text.substr(at, std::min<std::size_t>(8, text.size() - at))));
  }
}

void Trace::note_bytes(std::string_view what, BytesView bytes) {
  mix_text(as_text(bytes));
  note(what, bytes.size());
}

void Trace::print_event(Duration at, std::uint64_t arrival) {
  sink_("event " + std::to_string(events_) + " at " + std::to_string(at.count()) + " ns, arrival " +
        std::to_string(arrival) + ", hash " + to_string(hash_));
}

void Trace::print_number(std::string_view what, std::uint64_t number) {
  sink_("  " + std::string(what) + ' ' + std::to_string(number));
}

}  // namespace syncline::sim
