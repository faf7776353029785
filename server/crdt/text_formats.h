#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/crdt/doc_state.h"

// Formats of rich text: the markers in a text's list, and what they add up to.

namespace syncline::crdt {

// A format marker; the views live as long as its item keeps its content and no content is added.
struct Format {
  std::string_view key;
  std::string_view value;  // JSON; "null" ends the format.
};

// REQUIRES: item.kind == format and its content has not been collected.
Format format_of(const DocState& doc, const Item& item);

// JavaScript's === on two values given as canonical JSON; two objects are never the same.
bool same_value(std::string_view a, std::string_view b);

// yjs' equalAttrs: objects are equal if their properties are.
bool equal_value(std::string_view a, std::string_view b);

// The formats in force, in the order in which they were set, as a JavaScript Map. Absent is "null".
class Formats {
 public:
  using List = std::vector<std::pair<std::string, std::string>>;  // Key, JSON.

  std::string_view find(std::string_view key) const;
  bool contains(std::string_view key) const;
  void set(std::string_view key, std::string_view value);
  void erase(std::string_view key);
  // Sets it, or ends it if the value is null.
  void update(const Format& format);
  const List& list() const { return list_; }
  bool empty() const { return list_.empty(); }

 private:
  List list_;
};

// yjs' cleanupFormattingGap: from `start` to the next content, deletes formats that change nothing.
// `current` are the formats at `curr`.
void clean_formatting_gap(DocState& doc, ItemIndex start, ItemIndex curr, const Formats& at_start,
                          Formats& current);

}  // namespace syncline::crdt
