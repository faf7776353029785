// A document as an application reads it: yjs' toString, toDelta and toJSON.

#include <algorithm>
#include <utility>

#include "server/lib0/any.h"
#include "sim/reference/canonical.h"
#include "sim/reference/document.h"

namespace syncline::reference {
namespace {

using lib0::Any;

// UTF-8; a half of a surrogate pair that stands alone becomes the three bytes that lib0::Any takes.
std::string utf8(std::u16string_view units) {
  std::string out;
  for (std::size_t i = 0; i < units.size(); ++i) {
    std::uint32_t code = units[i];
    const bool pair = code >= 0xD800 && code <= 0xDBFF && i + 1 < units.size() &&
                      units[i + 1] >= 0xDC00 && units[i + 1] <= 0xDFFF;
    if (pair) code = 0x10000 + ((code - 0xD800) << 10) + (units[++i] - 0xDC00U);
    const auto tail = [&](unsigned shift) {
      out.push_back(static_cast<char>(0x80 | (code >> shift & 0x3F)));
    };
    if (code < 0x80) {
      out.push_back(static_cast<char>(code));
    } else if (code < 0x800) {
      out.push_back(static_cast<char>(0xC0 | code >> 6));
      tail(0);
    } else if (code < 0x10000) {
      out.push_back(static_cast<char>(0xE0 | code >> 12));
      tail(6);
      tail(0);
    } else {
      out.push_back(static_cast<char>(0xF0 | code >> 18));
      tail(12);
      tail(6);
      tail(0);
    }
  }
  return out;
}

std::string text_of(const Type& type) {
  std::u16string units;
  for (const Element* element : type.list) {
    if (element->visible() && element->content.kind == Kind::unit) {
      units.push_back(element->content.unit);
    }
  }
  return utf8(units);
}

std::string array_of(const Type& type);
std::string map_of(const Type& type);
std::string xml_of(const Type& type);

std::string json_string(std::string_view text) { return lib0::to_json(Any(text)); }

std::string json_of(const Type& type) {
  switch (type.kind) {
    case TypeKind::array:
      return array_of(type);
    case TypeKind::map:
    case TypeKind::xml_hook:
      return map_of(type);
    case TypeKind::text:
    case TypeKind::xml_text:
      return json_string(text_of(type));
    case TypeKind::xml_element:
    case TypeKind::xml_fragment:
      return json_string(xml_of(type));
    case TypeKind::root:
      break;
  }
  return "null";
}

std::string json_of(const Element& element) {
  switch (element.content.kind) {
    case Kind::unit:
      return json_string(utf8({&element.content.unit, 1}));
    case Kind::type:
      return json_of(*element.type);
    case Kind::document:
      return "{}";
    default:
      return lib0::to_json(element.content.value);
  }
}

std::string array_of(const Type& type) {
  std::string out;
  for (const Element* element : type.list) {
    if (element->visible()) out.append(out.empty() ? "" : ",").append(json_of(*element));
  }
  return "[" + out + "]";
}

std::string map_of(const Type& type) {
  std::string out;
  for (const auto& [key, values] : type.entries) {
    const Element& last = *values.back();
    if (last.deleted) continue;
    if (last.content.kind == Kind::value && last.content.value.is_undefined()) continue;
    out.append(out.empty() ? "" : ",").append(json_string(key)).append(":").append(json_of(last));
  }
  return "{" + out + "}";
}

std::string string_of(const Element& element);

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

// What it looks like as markup; of a text, what is in it.
std::string xml_of(const Type& type) {
  std::string inner;
  for (const Element* element : type.list) {
    if (element->visible()) inner += string_of(*element);
  }
  if (type.kind == TypeKind::text || type.kind == TypeKind::xml_text) inner = text_of(type);
  if (type.kind != TypeKind::xml_element) return inner;
  const std::string tag = lower_case(type.name);
  std::string attributes;
  for (const auto& [key, values] : type.entries) {
    if (values.back()->deleted) continue;
    attributes += " " + key + "=\"" + string_of(*values.back()) + "\"";
  }
  return "<" + tag + attributes + ">" + inner + "</" + tag + ">";
}

// JavaScript's String(element).
std::string string_of(const Element& element) {
  switch (element.content.kind) {
    case Kind::unit:
      return utf8({&element.content.unit, 1});
    case Kind::type: {
      const TypeKind kind = element.type->kind;
      const bool plain =
          kind == TypeKind::array || kind == TypeKind::map || kind == TypeKind::xml_hook;
      return plain ? "[object Object]" : xml_of(*element.type);
    }
    case Kind::document:
      return "[object Object]";
    default:
      return element.content.value.to_text();
  }
}

// Formats are marks in the list: each holds from where it stands until the next of its key.
std::string delta_of(const Type& type) {
  std::map<std::string, std::string> current;
  std::u16string units;
  std::string out;
  const auto add = [&](const std::string& insert) {
    out.append(out.empty() ? "" : ",").append("{\"insert\":").append(insert);
    std::string attributes;
    for (const auto& [key, value] : current) {
      attributes.append(attributes.empty() ? "" : ",").append(json_string(key)).append(":");
      attributes.append(value);
    }
    if (!attributes.empty()) out.append(",\"attributes\":{").append(attributes).append("}");
    out.append("}");
  };
  const auto add_text = [&] {
    if (!units.empty()) add(json_string(utf8(units)));
    units.clear();
  };
  for (const Element* element : type.list) {
    if (element->deleted) continue;
    const Content& content = element->content;
    if (content.kind == Kind::unit) {
      units.push_back(content.unit);
    } else if (content.kind == Kind::format) {
      add_text();
      if (content.value.is_null()) {
        current.erase(content.name);
      } else {
        current[content.name] = lib0::to_json(content.value);
      }
    } else if (content.kind == Kind::embed || content.kind == Kind::type) {
      add_text();
      add(json_of(*element));
    }
  }
  add_text();
  return "[" + out + "]";
}

}  // namespace

std::string Document::text(std::string_view name) const {
  const Type* type = root(name);
  return type ? text_of(*type) : "";
}

std::string Document::delta_json(std::string_view name) const {
  const Type* type = root(name);
  return canonical_delta(type ? delta_of(*type) : "[]");
}

std::string Document::array_json(std::string_view name) const {
  const Type* type = root(name);
  return canonical_json(type ? array_of(*type) : "[]");
}

std::string Document::map_json(std::string_view name) const {
  const Type* type = root(name);
  return canonical_json(type ? map_of(*type) : "{}");
}

std::string Document::xml_string(std::string_view name) const {
  const Type* type = root(name);
  return type ? xml_of(*type) : "";
}

}  // namespace syncline::reference
