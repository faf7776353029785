#pragma once

#include <cstdint>
#include <string>

#include "faults/plan/plan.h"
#include "server/base/instant.h"
#include "server/crdt/doc.h"
#include "sim/history/event.h"
#include "sim/random_stream.h"

namespace syncline::sim {

// How people type in a run: option.h.
struct TypingStyle {
  bool same_position = false;
  bool deletes = false;
  bool formats = false;
  bool surrogates = false;
  bool big_pastes = false;

  static TypingStyle of(const faults::PlanCluster& cluster);
};

// One person at a keyboard: bursts of keystrokes with pauses to think between them, mistakes that
// are taken back, jumps to other places, now and then a paste, a format, a list or a setting.
//
// Everybody works on the same few things at about the same places: that is where merging can go
// wrong. Nobody gets between the halves of a surrogate pair, as in every editor: what yjs does
// there (even a format that changes nothing breaks the pair, for its author only) does not
// converge. What is drawn does not depend on what others do, so that a run from which somebody is
// left out draws the same.
class Typist {
 public:
  Typist(const TypingStyle& style, std::string canary, RandomStream random);

  // How long until the next keystroke.
  Duration next_pause();
  // Does it. REQUIRES: called in a transaction of the document.
  void type(crdt::Doc& doc);
  // Where the cursor is, for others to see.
  std::uint64_t cursor() const { return cursor_; }

 private:
  enum class Stroke : std::uint8_t { key, erase, jump, paste, format, canary, list, setting, both };

  Stroke draw_stroke();
  void insert(crdt::Doc& doc, const std::string& text);
  void erase(crdt::Doc& doc);
  void format(crdt::Doc& doc);
  void change_list(crdt::Doc& doc);
  void change_setting(crdt::Doc& doc);
  std::string draw_key();
  std::string draw_paste();
  void place_cursor(std::uint64_t length, std::uint64_t where);
  // A place at or before `index` where an editor can put its cursor.
  std::uint64_t settle(std::uint64_t index) const;

  // Constant after construction.
  const TypingStyle style_;
  const std::string canary_;

  RandomStream random_;
  std::uint64_t left_in_burst_ = 0;
  std::uint64_t cursor_ = 0;
  bool canary_typed_ = false;
  std::u16string text_;  // While it types.
};

}  // namespace syncline::sim
