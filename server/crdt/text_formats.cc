#include "server/crdt/text_formats.h"

#include <algorithm>

#include "server/base/assert.h"
#include "server/lib0/json.h"

namespace syncline::crdt {
namespace {

bool is_structured(std::string_view json) {
  return !json.empty() && (json[0] == '{' || json[0] == '[');
}

}  // namespace

Format format_of(const DocState& doc, const Item& item) {
  lib0::Decoder decoder(doc.store.content(item));
  BytesView key;
  BytesView value;
  const bool read = decoder.take_var_bytes(key) && decoder.take_var_bytes(value);
  SYNCLINE_ASSERT(read);
  return {as_text(key), as_text(value)};
}

bool same_value(std::string_view a, std::string_view b) { return a == b && !is_structured(a); }

bool equal_value(std::string_view a, std::string_view b) {
  if (a == b) return true;
  if (!is_structured(a) || !is_structured(b)) return false;
  auto left = lib0::parse_json(a);
  auto right = lib0::parse_json(b);
  if (!left.ok() || !right.ok() || !left->as_object() || !right->as_object()) return false;
  if (left->as_object()->size() != right->as_object()->size()) return false;
  return std::all_of(left->as_object()->begin(), left->as_object()->end(),
                     [&](const lib0::Any::Property& property) {
                       const lib0::Any* other = right->find(property.first);
                       return other && *other == property.second;
                     });
}

std::string_view Formats::find(std::string_view key) const {
  for (const auto& [name, value] : list_) {
    if (name == key) return value;
  }
  return "null";
}

bool Formats::contains(std::string_view key) const {
  return std::any_of(list_.begin(), list_.end(),
                     [&](const auto& entry) { return entry.first == key; });
}

void Formats::set(std::string_view key, std::string_view value) {
  for (auto& entry : list_) {
    if (entry.first == key) {
      entry.second = value;
      return;
    }
  }
  list_.emplace_back(key, value);
}

void Formats::erase(std::string_view key) {
  std::erase_if(list_, [&](const auto& entry) { return entry.first == key; });
}

void Formats::update(const Format& format) {
  if (format.value == "null") {
    erase(format.key);
  } else {
    set(format.key, format.value);
  }
}

void clean_formatting_gap(DocState& doc, ItemIndex start, ItemIndex curr, const Formats& at_start,
                          Formats& current) {
  std::vector<std::pair<std::string_view, ItemIndex>> last;  // The last format of each key.
  ItemIndex end = start;
  while (end != none && !doc.store.items[end].visible()) {
    const Item& item = doc.store.items[end];
    if (!item.deleted() && item.kind() == StructKind::format) {
      const std::string_view key = format_of(doc, item).key;
      const auto known = std::find_if(last.begin(), last.end(),
                                      [&](const auto& entry) { return entry.first == key; });
      if (known == last.end()) {
        last.emplace_back(key, end);
      } else {
        known->second = end;
      }
    }
    end = item.right();
  }
  bool reached = false;
  for (ItemIndex at = start; at != end; at = doc.store.items[at].right()) {
    if (at == curr) reached = true;
    const Item& item = doc.store.items[at];
    if (item.deleted() || item.kind() != StructKind::format) continue;
    const Format format = format_of(doc, item);
    const std::string_view before = at_start.find(format.key);
    const bool is_last = std::any_of(last.begin(), last.end(), [&](const auto& entry) {
      return entry.first == format.key && entry.second == at;
    });
    if (!is_last || same_value(before, format.value)) {
      // Overwritten later in the gap, or it was in force already.
      doc.delete_item(at);
      if (!reached && same_value(current.find(format.key), format.value) &&
          !same_value(before, format.value)) {
        if (before == "null") {
          current.erase(format.key);
        } else {
          current.set(format.key, before);
        }
      }
    } else if (!reached) {
      current.update(format);
    }
  }
}

}  // namespace syncline::crdt
