#include "server/app/document_text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <optional>

#include "server/adapters/system/json_text.h"
#include "server/app/option.h"
#include "server/lib0/decoder.h"

namespace syncline::app {
namespace {

using crdt::RootKind;

Error refuse(std::string detail) { return Error{ErrorCode::invalid_argument, std::move(detail)}; }

std::string root_json(const crdt::Doc& doc, std::string_view root) {
  std::string out;
  switch (doc.root_kind(root)) {
    case RootKind::array:
      return doc.array_json(root);
    case RootKind::map:
      return doc.map_json(root);
    case RootKind::xml_fragment:
      adapters::append_json_string(out, doc.xml_string(root));
      return out;
    case RootKind::text:
    case RootKind::unknown:
      adapters::append_json_string(out, doc.text_of(root));
      return out;
  }
  return out;
}

Result<std::string> root_text(const crdt::Doc& doc, std::string_view root) {
  switch (doc.root_kind(root)) {
    case RootKind::text:
    case RootKind::unknown:
      return doc.text_of(root);
    case RootKind::xml_fragment:
      return doc.xml_string(root);
    case RootKind::array:
    case RootKind::map:
      break;
  }
  return refuse("--format text: '" + std::string(root) + "' is no text; json shows it");
}

// {"client": clock, ...}; client ids do not fit a JSON number in every reader, keys always do.
Result<std::string> state_vector_json(const crdt::Doc& doc) {
  const Bytes encoded = doc.encode_state_vector();
  lib0::Decoder decoder(encoded);
  SYNCLINE_ASSIGN(const std::uint64_t count, decoder.read_var_uint());
  std::string out = "{";
  for (std::uint64_t i = 0; i < count; ++i) {
    SYNCLINE_ASSIGN(const std::uint64_t client, decoder.read_var_uint());
    SYNCLINE_ASSIGN(const std::uint64_t clock, decoder.read_var_uint());
    if (i > 0) out += ',';
    out += "\"" + std::to_string(client) + "\":" + std::to_string(clock);
  }
  return out + "}";
}

// The root that is meant when none is named and the document has only one.
std::optional<std::string> only_root(const crdt::Doc& doc) {
  auto names = doc.root_names();
  if (names.size() != 1) return std::nullopt;
  return std::move(names.front());
}

std::string utc_text(WallTime time) {
  const auto seconds_since = static_cast<std::time_t>(time.since_epoch.count() / 1000);
  std::tm parts{};
  ::gmtime_r(&seconds_since, &parts);
  std::array<char, 24> text;
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
  return std::string(text.data(), length);
}

// How many columns a terminal takes for it, near enough: one a character.
std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](unsigned char c) { return (c & 0xc0) != 0x80; }));
}

void append_left(std::string& out, std::string_view text, std::size_t width) {
  out += text;
  out.append(width - std::min(width, columns(text)), ' ');
}

void append_right(std::string& out, std::string_view text, std::size_t width) {
  out.append(width - std::min(width, text.size()), ' ');
  out += text;
}

}  // namespace

Result<std::string> document_text(const crdt::Doc& doc, std::string_view root,
                                  std::string_view format) {
  if (format == "state-vector") return state_vector_json(doc);
  const auto names = doc.root_names();
  if (!root.empty() && std::find(names.begin(), names.end(), root) == names.end()) {
    std::string all;
    for (const auto& name : names) all += (all.empty() ? "" : ", ") + name;
    return refuse("--root " + std::string(root) + ": the document has " +
                  (all.empty() ? "nothing in it" : all));
  }
  const auto only = root.empty() ? only_root(doc) : std::optional<std::string>(root);
  if (format == "text" || format == "delta") {
    if (!only.has_value()) return refuse("--format " + std::string(format) + " needs --root NAME");
    return format == "text" ? root_text(doc, *only) : doc.delta_json(*only);
  }
  if (format == "auto" && only.has_value() && doc.root_kind(*only) == RootKind::text) {
    return doc.text_of(*only);
  }
  return root.empty() ? doc.to_json() : root_json(doc, root);
}

std::string document_table(std::span<const ports::DocumentEntry> entries) {
  constexpr std::size_t updates_width = 10;
  constexpr std::size_t kept_width = 10;
  constexpr std::size_t bytes_width = 13;
  std::size_t name_width = 4;
  for (const auto& entry : entries) {
    name_width = std::max(name_width, columns(entry.name.text()));
  }
  std::string out;
  append_left(out, "NAME", name_width);
  append_right(out, "UPDATES", updates_width);
  append_right(out, "KEPT", kept_width);
  append_right(out, "BYTES", bytes_width);
  out += "  LAST CHANGE (UTC)\n";
  for (const auto& entry : entries) {
    append_left(out, entry.name.text(), name_width);
    append_right(out, std::to_string(entry.head.value), updates_width);
    append_right(out, std::to_string(entry.head.value - entry.forgotten.value), kept_width);
    append_right(out, std::to_string(entry.log_bytes), bytes_width);
    out += "  " + utc_text(entry.updated_at) + "\n";
  }
  return out;
}

}  // namespace syncline::app
