#include "sim/checkers/isolation.h"

#include <cstring>

#include "server/base/assert.h"

namespace syncline::checkers {

using history::to_text;

namespace {

constexpr std::size_t digits = 4;

// Of four hexadecimal digits; false if they are none.
bool read_digits(const char* text, std::uint64_t& out) {
  out = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const char c = text[i];
    const bool decimal = c >= '0' && c <= '9';
    if (!decimal && (c < 'a' || c > 'f')) return false;
    out = out << 4 | static_cast<std::uint64_t>(decimal ? c - '0' : c - 'a' + 10);
  }
  return true;
}

}  // namespace

std::string canary_of(history::DocumentNumber document) {
  SYNCLINE_ASSERT(document.value < 65536, document);
  std::string text(canary_mark);
  for (int shift = 12; shift >= 0; shift -= 4) {
    text += "0123456789abcdef"[document.value >> shift & 0xF];
  }
  return text;
}

std::uint64_t Isolation::foreign_in(BytesView bytes, history::DocumentNumber own) {
  const std::string_view text = as_text(bytes);
  const std::size_t size = canary_mark.size() + digits;
  for (std::size_t at = 0; at + size <= text.size(); ++at) {
    const void* found = std::memchr(text.data() + at, canary_mark[0], text.size() - size + 1 - at);
    if (found == nullptr) return none;
    at = static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
    if (text.compare(at, canary_mark.size(), canary_mark) != 0) continue;
    std::uint64_t document = 0;
    if (!read_digits(text.data() + at + canary_mark.size(), document)) continue;
    if (document != own.value) return document;
    ++own_seen_;
  }
  return none;
}

void Isolation::on(const history::FrameSent& event) {
  const std::uint64_t foreign = foreign_in(event.frame, event.document);
  if (foreign == none) return;
  violate(to_text(event.node) + " sends to " + to_text(event.client) + ", who has " +
          to_text(event.document) + " open, something of document-" + std::to_string(foreign));
}

void Isolation::on(const history::LogAppended& event) {
  const std::uint64_t foreign = foreign_in(event.update, event.document);
  if (foreign == none) return;
  violate("entry " + std::to_string(event.sequence.value) + " of the log of " +
          to_text(event.document) + " has something of document-" + std::to_string(foreign));
}

void Isolation::on(const history::BufferAppended& event) {
  const std::uint64_t foreign = foreign_in(event.update, event.document);
  if (foreign == none) return;
  violate("entry " + std::to_string(event.offset) + " of the buffer of " + to_text(event.document) +
          " has something of document-" + std::to_string(foreign));
}

void Isolation::on(const history::SnapshotWritten& event) {
  const std::uint64_t foreign = foreign_in(event.state, event.document);
  if (foreign == none) return;
  violate("the snapshot at " + std::to_string(event.sequence.value) + " of " +
          to_text(event.document) + " has something of document-" + std::to_string(foreign));
}

void Isolation::on(const history::Ended&) {
  if (expects_canaries_ && own_seen_ == 0) violate("no canary was seen anywhere");
}

}  // namespace syncline::checkers
