#include "sim/reference/canonical.h"

#include <algorithm>
#include <utility>

#include "server/lib0/json.h"

namespace syncline::reference {
namespace {

using lib0::Any;

Any sorted(const Any& value) {
  if (const Any::Array* array = value.as_array()) {
    Any::Array out;
    for (const Any& element : *array) out.push_back(sorted(element));
    return Any(std::move(out));
  }
  if (const Any::Object* object = value.as_object()) {
    Any::Object out;
    for (const auto& [key, property] : *object) out.emplace_back(key, sorted(property));
    std::sort(out.begin(), out.end(),
              [](const auto& left, const auto& right) { return left.first < right.first; });
    return Any::object(std::move(out));
  }
  return value;
}

Any parse(std::string_view json) { return lib0::parse_json(json).value(); }

}  // namespace

std::string canonical_json(std::string_view json) { return lib0::to_json(sorted(parse(json))); }

std::string canonical_delta(std::string_view json) {
  const Any delta = sorted(parse(json));
  Any::Array ops;
  for (const Any& op : *delta.as_array()) {
    const std::string* text = op.find("insert")->as_string();
    const Any* attributes = op.find("attributes");
    if (text && !ops.empty()) {
      const std::string* before = ops.back().find("insert")->as_string();
      const Any* before_attributes = ops.back().find("attributes");
      const bool equal = attributes && before_attributes ? *attributes == *before_attributes
                                                         : attributes == before_attributes;
      if (before && equal) {
        Any::Object joined = {{"insert", Any(*before + *text)}};
        if (attributes) joined.emplace_back("attributes", *attributes);
        ops.back() = sorted(Any::object(std::move(joined)));
        continue;
      }
    }
    ops.push_back(op);
  }
  return lib0::to_json(Any(std::move(ops)));
}

}  // namespace syncline::reference
