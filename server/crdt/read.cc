#include "server/crdt/read.h"

#include <algorithm>

#include "server/base/assert.h"
#include "server/lib0/any.h"
#include "server/lib0/json.h"

namespace syncline::crdt {
namespace {

using lib0::Any;

// One after the other, as JSON texts; an empty text stands for undefined.
template <class Take>
void for_each_element(const DocState& doc, const Item& item, Take take) {
  const BytesView content = doc.store.content(item);
  lib0::Decoder decoder(content);
  switch (item.kind()) {
    case StructKind::any:
      for (Clock i = 0; i < item.length(); ++i) {
        auto value = lib0::read_any(decoder);
        SYNCLINE_ASSERT(value.ok());
        take(value->is_undefined() ? std::string() : lib0::to_json(*value));
      }
      return;
    case StructKind::json:
      for (Clock i = 0; i < item.length(); ++i) {
        BytesView text;
        decoder.take_var_bytes(text);
        take(as_text(text) == "undefined" ? std::string() : std::string(as_text(text)));
      }
      return;
    case StructKind::embed: {
      BytesView text;
      decoder.take_var_bytes(text);
      return take(std::string(as_text(text)));
    }
    case StructKind::string: {
      // JavaScript splits a string into its UTF-16 units.
      const std::string_view text = as_text(content);
      for (std::size_t at = 0; at < text.size();) {
        const auto first = static_cast<unsigned char>(text[at]);
        const std::size_t bytes = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
        std::string json;
        lib0::append_json_string(json, text.substr(at, bytes));
        if (bytes == 4) {
          const auto byte = [&](std::size_t i) {
            return static_cast<unsigned>(static_cast<unsigned char>(text[at + i])) & 0x3FU;
          };
          const unsigned code =
              ((first & 7U) << 18 | byte(1) << 12 | byte(2) << 6 | byte(3)) - 0x10000U;
          constexpr char hex[] = "0123456789abcdef";
          for (const unsigned unit : {0xD800U + (code >> 10), 0xDC00U + (code & 0x3FFU)}) {
            json = "\"\\u";
            for (int shift = 12; shift >= 0; shift -= 4) json += hex[unit >> shift & 0xF];
            take(json + "\"");
          }
        } else {
          take(json);
        }
        at += bytes;
      }
      return;
    }
    case StructKind::binary:
      return take(lib0::to_json(Any(to_bytes(content))));
    case StructKind::doc:
      return take(std::string("{}"));
    case StructKind::type: {
      std::string json;
      append_type_json(json, doc, doc.types[item.type()]);
      return take(std::move(json));
    }
    case StructKind::gc:
    case StructKind::skip:
    case StructKind::deleted:
    case StructKind::format:
      return;
  }
}

bool is_array_index(std::string_view key) {
  if (key.empty() || key.size() > 10 || (key[0] == '0' && key.size() > 1)) return false;
  std::uint64_t value = 0;
  for (const char c : key) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value < 0xFFFFFFFFU;
}

}  // namespace

std::string text_string(const DocState& doc, const Type& type) {
  std::string out;
  out.reserve(type.length);  // Each element has a byte at least.
  for (ItemIndex at = doc.start(type); at != none; at = doc.store.items[at].right()) {
    const Item& item = doc.store.items[at];
    if (!item.deleted() && item.kind() == StructKind::string)
      out.append(as_text(doc.store.content(item)));
  }
  return out;
}

std::vector<DeltaOp> text_delta(const DocState& doc, const Type& type) {
  std::vector<DeltaOp> ops;
  Formats current;
  std::string text;
  const auto pack = [&] {
    if (text.empty()) return;
    ops.push_back({std::move(text), {}, none, current.list()});
    text.clear();
  };
  for (ItemIndex at = doc.start(type); at != none; at = doc.store.items[at].right()) {
    const Item& item = doc.store.items[at];
    if (item.deleted()) continue;
    if (item.kind() == StructKind::string) {
      text.append(as_text(doc.store.content(item)));
    } else if (item.kind() == StructKind::format) {
      pack();
      current.update(format_of(doc, item));
    } else if (item.kind() == StructKind::embed || item.kind() == StructKind::type) {
      pack();
      DeltaOp op{{}, {}, none, current.list()};
      if (item.kind() == StructKind::type) op.type = item.type();
      if (item.kind() == StructKind::embed) op.embed = entry_json(doc, item);
      ops.push_back(std::move(op));
    }
  }
  pack();
  return ops;
}

void append_json_object(std::string& out, JsonProperties properties) {
  // A JavaScript object has keys that are array indexes first, by value.
  const auto indexes = std::stable_partition(
      properties.begin(), properties.end(),
      [](const JsonProperty& property) { return is_array_index(property.first); });
  std::sort(properties.begin(), indexes, [](const JsonProperty& a, const JsonProperty& b) {
    return a.first.size() != b.first.size() ? a.first.size() < b.first.size() : a.first < b.first;
  });
  out.push_back('{');
  bool first = true;
  for (const auto& [key, json] : properties) {
    if (!first) out.push_back(',');
    first = false;
    lib0::append_json_string(out, key);
    out.append(":").append(json);
  }
  out.push_back('}');
}

std::string delta_ops_json(const DocState& doc, const std::vector<DeltaOp>& ops) {
  std::string out = "[";
  for (const DeltaOp& op : ops) {
    if (out.size() > 1) out.push_back(',');
    out.append("{\"insert\":");
    if (op.type != none) {
      append_type_json(out, doc, doc.types[op.type]);
    } else if (!op.embed.empty()) {
      out.append(op.embed);
    } else {
      lib0::append_json_string(out, op.text);
    }
    if (!op.attributes.empty()) {
      out.append(",\"attributes\":");
      append_json_object(out, op.attributes);
    }
    out.push_back('}');
  }
  return out + "]";
}

std::string delta_json(const DocState& doc, const Type& type) {
  return delta_ops_json(doc, text_delta(doc, type));
}

void append_array_json(std::string& out, const DocState& doc, const Type& type) {
  out.push_back('[');
  bool first = true;
  for (ItemIndex at = doc.start(type); at != none; at = doc.store.items[at].right()) {
    const Item& item = doc.store.items[at];
    if (!item.visible()) continue;
    for_each_element(doc, item, [&](std::string json) {
      if (!first) out.push_back(',');
      first = false;
      out.append(json.empty() ? "null" : json);
    });
  }
  out.push_back(']');
}

std::string entry_json(const DocState& doc, const Item& item) {
  std::string last;
  for_each_element(doc, item, [&](std::string json) { last = std::move(json); });
  return last;
}

std::vector<std::string> elements_json(const DocState& doc, const Item& item) {
  std::vector<std::string> elements;
  for_each_element(doc, item, [&](std::string json) { elements.push_back(std::move(json)); });
  return elements;
}

void append_map_json(std::string& out, const DocState& doc, const Type& type) {
  JsonProperties properties;
  for (const TypeKeys::Entry& entry : type.keys.list()) {
    const Item& item = doc.store.items[doc.chains[entry.chain].last];
    if (item.deleted()) continue;
    std::string json = entry_json(doc, item);
    if (!json.empty()) properties.emplace_back(doc.name(entry.key), std::move(json));
  }
  append_json_object(out, std::move(properties));
}

void append_type_json(std::string& out, const DocState& doc, const Type& type) {
  switch (type.kind) {
    case TypeKind::array:
      return append_array_json(out, doc, type);
    case TypeKind::map:
    case TypeKind::xml_hook:
      return append_map_json(out, doc, type);
    case TypeKind::text:
      return lib0::append_json_string(out, text_string(doc, type));
    case TypeKind::xml_element:
      return lib0::append_json_string(out, xml_element_string(doc, type));
    case TypeKind::xml_fragment:
      return lib0::append_json_string(out, xml_list_string(doc, type));
    case TypeKind::xml_text:
      return lib0::append_json_string(out, xml_text_string(doc, type));
    case TypeKind::unknown:
      out.append("null");
      return;
  }
}

namespace {

RootKind kind_of_content(const DocState& doc, const Item& item) {
  switch (item.kind()) {
    case StructKind::string:
    case StructKind::embed:
      return RootKind::text;
    case StructKind::type: {
      const TypeKind kind = doc.types[item.type()].kind;
      const bool xml =
          kind == TypeKind::xml_element || kind == TypeKind::xml_text || kind == TypeKind::xml_hook;
      return xml ? RootKind::xml_fragment : RootKind::array;
    }
    default:
      return RootKind::array;
  }
}

}  // namespace

RootKind guess_kind(const DocState& doc, const Type& type) {
  RootKind kind = RootKind::unknown;
  for (ItemIndex at = doc.start(type); at != none; at = doc.store.items[at].right()) {
    const Item& item = doc.store.items[at];
    // A format that nothing stands in is no content: replicas tidy it away or not.
    if (item.deleted() || item.kind() == StructKind::format) continue;
    const RootKind found = kind_of_content(doc, item);
    // A type may be embedded in a text, and says less than what stands beside it.
    if (kind == RootKind::unknown || item.kind() != StructKind::type) kind = found;
    if (item.kind() != StructKind::type) break;
  }
  if (kind == RootKind::unknown) {
    const auto& entries = type.keys.list();
    const bool live = std::any_of(entries.begin(), entries.end(), [&](const auto& entry) {
      return !doc.store.items[doc.chains[entry.chain].last].deleted();
    });
    return live ? RootKind::map : RootKind::unknown;
  }
  switch (type.kind) {  // Somebody has said what it is.
    case TypeKind::text:
      return RootKind::text;
    case TypeKind::array:
      return RootKind::array;
    case TypeKind::map:
      return RootKind::map;
    case TypeKind::xml_fragment:
      return RootKind::xml_fragment;
    default:
      return kind;
  }
}

}  // namespace syncline::crdt
