#include "server/crdt/update_reader.h"

#include <algorithm>
#include <cmath>

#include "server/lib0/any.h"
#include "server/lib0/json.h"

namespace syncline::crdt {

namespace {

// REQUIRES: it nests no deeper than what was read.
bool is_finite(const lib0::Any& value) {
  if (const double* number = value.as_number()) return std::isfinite(*number);
  if (const auto* array = value.as_array()) return std::ranges::all_of(*array, is_finite);
  const auto* object = value.as_object();
  return !object || std::ranges::all_of(*object, [](const lib0::Any::Property& property) {
    return is_finite(property.second);
  });
}

}  // namespace

Result<void> check_json_text(std::string_view text, bool accepted_before,
                             std::optional<std::string>& rewritten) {
  rewritten.reset();
  SYNCLINE_TRY(lib0::check_json(text));
  if (lib0::is_plainly_canonical_json(text)) return {};
  const lib0::Any value = lib0::parse_json(text).value();
  if (!accepted_before && !is_finite(value)) return ErrorCode::number_too_large;
  std::string canonical = lib0::to_json(value);
  if (canonical != text) rewritten = std::move(canonical);
  return {};
}

bool read_any_elements(lib0::Decoder& decoder, DecodedStruct& value, DecodedUpdate& out) {
  if (value.length > decoder.remaining()) return decoder.fail(ErrorCode::truncated);
  const std::size_t begin = decoder.position();
  bool all_canonical = true;
  for (Clock i = 0; i < value.length; ++i) {
    bool canonical = true;
    if (!lib0::skip_any(decoder, limits::nesting_depth_max, canonical)) return false;
    all_canonical &= canonical;
  }
  value.content = decoder.since(begin);
  if (all_canonical) return true;
  lib0::Decoder again(value.content);
  lib0::Encoder encoder;
  for (Clock i = 0; i < value.length; ++i) {
    lib0::write_any(encoder, lib0::read_any(again).value());
  }
  value.content = out.rewritten.keep(encoder.view());
  return true;
}

bool read_subdocument_options(lib0::Decoder& decoder, std::string_view guid, DecodedStruct& value,
                              DecodedUpdate& out) {
  const auto options = lib0::read_any(decoder);
  if (!options.ok()) return decoder.fail(options.error().code);
  // `guid` in the options would override the document's own.
  if (!options->is_object() || options->find("guid")) return decoder.fail(ErrorCode::malformed);
  lib0::Any::Object known;
  const lib0::Any* gc = options->find("gc");
  if (gc && !gc->is_undefined() && !gc->truthy()) known.emplace_back("gc", false);
  const lib0::Any* auto_load = options->find("autoLoad");
  if (auto_load && auto_load->truthy()) known.emplace_back("autoLoad", true);
  const lib0::Any* meta = options->find("meta");
  if (meta && !meta->is_undefined() && !meta->is_null()) known.emplace_back("meta", *meta);
  lib0::Encoder encoder;
  encoder.write_var_string(guid);
  lib0::write_any(encoder, lib0::Any::object(std::move(known)));
  value.content = out.rewritten.keep(encoder.view());
  return true;
}

}  // namespace syncline::crdt
