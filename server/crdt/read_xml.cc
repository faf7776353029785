#include <algorithm>

#include "server/crdt/read.h"
#include "server/lib0/json.h"

namespace syncline::crdt {
namespace {

using lib0::Any;

// JavaScript compares strings by UTF-16 units. UTF-8 orders alike, but for characters beyond
// U+FFFF, whose surrogates come before U+E000.
bool utf16_less(std::string_view a, std::string_view b) {
  const auto [left, right] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (left == a.end() || right == b.end()) return left == a.end() && right != b.end();
  const auto x = static_cast<unsigned char>(*left);
  const auto y = static_cast<unsigned char>(*right);
  const bool x_high = x >= 0xF0;
  const bool y_high = y >= 0xF0;
  if (x_high != y_high && x >= 0xEE && y >= 0xEE) return x_high;
  return x < y;
}

std::string type_text(const DocState& doc, const Type& type) {
  switch (type.kind) {
    case TypeKind::text:
      return text_string(doc, type);
    case TypeKind::xml_element:
      return xml_element_string(doc, type);
    case TypeKind::xml_fragment:
      return xml_list_string(doc, type);
    case TypeKind::xml_text:
      return xml_text_string(doc, type);
    default:
      return "[object Object]";
  }
}

// `length` elements of an item, `content`, as String() has them, one after the other.
void append_elements_text(std::string& out, const DocState& doc, const Item& item,
                          BytesView content, Clock length) {
  lib0::Decoder decoder(content);
  switch (item.kind()) {
    case StructKind::type:
      out.append(type_text(doc, doc.types[item.type()]));
      return;
    case StructKind::string:
      out.append(as_text(content));
      return;
    case StructKind::any:
      for (Clock i = 0; i < length; ++i) out.append(lib0::read_any(decoder).value().to_text());
      return;
    case StructKind::json:
    case StructKind::embed:
      for (Clock i = 0; i < length; ++i) {
        BytesView json;
        decoder.take_var_bytes(json);
        const auto value = lib0::parse_json(as_text(json));
        out.append(value.ok() ? value->to_text() : "undefined");
      }
      return;
    case StructKind::binary:
      out.append(Any(to_bytes(content)).to_text());
      return;
    case StructKind::doc:
      out.append("[object Object]");
      return;
    default:
      return;
  }
}

void append_content_text(std::string& out, const DocState& doc, const Item& item) {
  append_elements_text(out, doc, item, doc.store.content(item), item.length());
}

// yjs asks for the small letters of the reader's language, which is not ours to know: ASCII.
std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

using Attributes = std::vector<std::pair<std::string, std::string>>;

void sort_by_key(Attributes& attributes) {
  std::stable_sort(attributes.begin(), attributes.end(),
                   [](const auto& a, const auto& b) { return utf16_less(a.first, b.first); });
}

void append_attributes(std::string& out, const Attributes& attributes) {
  for (const auto& [key, value] : attributes) {
    out.append(" ").append(key).append("=\"").append(value).append("\"");
  }
}

// What a for-in loop finds in a format's value.
Attributes enumerate(std::string_view json) {
  Attributes found;
  const auto value = lib0::parse_json(json);
  if (!value.ok()) return found;
  if (const Any::Object* object = value->as_object()) {
    for (const auto& [key, property] : *object) found.emplace_back(key, property.to_text());
  } else if (const Any::Array* array = value->as_array()) {
    for (std::size_t i = 0; i < array->size(); ++i) {
      found.emplace_back(std::to_string(i), (*array)[i].to_text());
    }
  } else if (const std::string* text = value->as_string()) {
    // By UTF-16 unit. UTF-8 has no halves of a pair: each is a replacement character.
    std::size_t unit = 0;
    for (std::size_t at = 0; at < text->size();) {
      const auto first = static_cast<unsigned char>((*text)[at]);
      const std::size_t bytes = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
      if (bytes < 4) {
        found.emplace_back(std::to_string(unit++), text->substr(at, bytes));
      } else {
        for (int half = 0; half < 2; ++half) {
          found.emplace_back(std::to_string(unit++), "\xEF\xBF\xBD");
        }
      }
      at += bytes;
    }
  }
  sort_by_key(found);
  return found;
}

}  // namespace

std::string entry_text(const DocState& doc, const Item& item) {
  std::string text;
  // Somebody made one up: it has no value.
  if (item.kind() == StructKind::format) return "undefined";
  if (item.length() == 1 || !is_run(item.kind())) {
    append_content_text(text, doc, item);
    return text;
  }
  // Of a run, yjs shows the last element.
  bool cuts_pair = false;
  const BytesView content = doc.store.content(item);
  const std::size_t last =
      content_offset(item.kind(), content, item.length(), item.length() - 1, cuts_pair);
  if (cuts_pair) return std::string(replacement_character);
  append_elements_text(text, doc, item, content.subspan(last), 1);
  return text;
}

std::string xml_list_string(const DocState& doc, const Type& type) {
  std::string out;
  for (ItemIndex at = doc.start(type); at != none; at = doc.store.items[at].right()) {
    const Item& item = doc.store.items[at];
    if (item.visible()) append_content_text(out, doc, item);
  }
  return out;
}

std::string xml_element_string(const DocState& doc, const Type& type) {
  Attributes attributes;
  for (const TypeKeys::Entry& entry : type.keys.list()) {
    const Item& item = doc.store.items[doc.chains[entry.chain].last];
    if (item.deleted()) continue;
    attributes.emplace_back(std::string(doc.name(entry.key)), entry_text(doc, item));
  }
  sort_by_key(attributes);
  const std::string node = lower_case(doc.name(type.name));
  std::string out = "<" + node;
  append_attributes(out, attributes);
  return out + ">" + xml_list_string(doc, type) + "</" + node + ">";
}

std::string xml_text_string(const DocState& doc, const Type& type) {
  std::string out;
  for (const DeltaOp& op : text_delta(doc, type)) {
    Attributes nodes(op.attributes.begin(), op.attributes.end());
    sort_by_key(nodes);
    for (const auto& [node, value] : nodes) {
      out.append("<").append(node);
      append_attributes(out, enumerate(value));
      out.push_back('>');
    }
    if (op.type != none) {
      out.append(type_text(doc, doc.types[op.type]));
    } else if (!op.embed.empty()) {
      const auto value = lib0::parse_json(op.embed);
      out.append(value.ok() ? value->to_text() : "");
    } else {
      out.append(op.text);
    }
    for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
      out.append("</").append(node->first).append(">");
    }
  }
  return out;
}

}  // namespace syncline::crdt
