#pragma once

#include <cstdint>
#include <vector>

#include "server/base/instant.h"
#include "sim/demo/observations.h"

namespace syncline::demo {

// A paragraph as the usual architecture keeps it: its whole text, as of the clock of whoever wrote
// it last. In place of the text stand the presses that it shows: a text is made of keystrokes, and
// one that is overwritten takes them with it.
struct Paragraph {
  std::vector<PressNumber> presses;
  WallTime stamp{milliseconds(-1)};
};

inline constexpr std::uint32_t paragraphs_per_document = 8;

using UsualDocument = std::vector<Paragraph>;  // Of paragraphs_per_document.

inline UsualDocument empty_document() { return UsualDocument(paragraphs_per_document); }

// The last write wins, by its stamp: whether `written` replaces `current`.
inline bool wins(const Paragraph& written, const Paragraph& current) {
  return written.stamp >= current.stamp;
}

// What is in `before` and no more in `after`.
std::vector<PressNumber> overwritten(const Paragraph& before, const Paragraph& after);

}  // namespace syncline::demo
