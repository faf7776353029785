#include "tests/compat/probe/commands.h"

#include <array>
#include <charconv>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "server/crdt/array.h"
#include "server/crdt/map.h"
#include "server/crdt/text.h"
#include "server/crdt/update.h"
#include "server/crdt/xml.h"
#include "tests/compat/probe/edits.h"
#include "tests/compat/probe/versions.h"

namespace syncline::probe {

namespace {

using Arguments = std::span<const std::string>;

std::string text_of(const Bytes& bytes) { return std::string(as_text(bytes)); }

Message failure(const Error& error) {
  return {"error", std::string(name(error.code)), error.message()};
}

Result<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return Error{ErrorCode::invalid_argument, "not a number: " + std::string(text)};
  }
  return value;
}

Result<Message> create(Session& session, Arguments arguments) {
  SYNCLINE_ASSIGN(const auto id, number(arguments[0]));
  crdt::DocOptions options;
  SYNCLINE_ASSIGN(options.client_id, number(arguments[1]));
  options.gc = arguments[2] == "1";
  // Half of the replicas put conflicts in order by an index, though there are few.
  if (id % 2 == 1) options.conflict_steps_per_item = 0;
  session.docs.insert_or_assign(id, crdt::Doc(options));
  return Message{};
}

Result<Message> destroy(Session& session, Arguments arguments) {
  SYNCLINE_ASSIGN(const auto id, number(arguments[0]));
  session.docs.erase(id);
  return Message{};
}

// "v1" or "v2"; v1 where the argument is left out.
Result<crdt::UpdateFormat> format(Arguments arguments, std::size_t index) {
  if (index >= arguments.size() || arguments[index] == "v1") return crdt::UpdateFormat::v1;
  if (arguments[index] == "v2") return crdt::UpdateFormat::v2;
  return Error{ErrorCode::invalid_argument, "not a format: " + arguments[index]};
}

Result<Message> check_update(Session&, Arguments arguments) {
  SYNCLINE_ASSIGN(const auto in, format(arguments, 1));
  SYNCLINE_ASSIGN(const auto summary, crdt::check_update(as_bytes(arguments[0]), {}, in));
  return Message{std::to_string(summary.structs), std::to_string(summary.delete_ranges)};
}

Result<Message> merge_updates(Session&, Arguments arguments) {
  SYNCLINE_ASSIGN(const auto in, format(arguments, 0));
  std::vector<BytesView> updates;
  for (const std::string& update : arguments.subspan(1)) updates.push_back(as_bytes(update));
  SYNCLINE_ASSIGN(const auto merged, crdt::merge_updates(updates, in));
  return Message{text_of(merged)};
}

Result<Message> diff_update(Session&, Arguments arguments) {
  SYNCLINE_ASSIGN(const auto in, format(arguments, 0));
  SYNCLINE_ASSIGN(const auto difference,
                  crdt::diff_update(as_bytes(arguments[1]), as_bytes(arguments[2]), in));
  return Message{text_of(difference)};
}

Result<Message> state_vector_of_update(Session&, Arguments arguments) {
  SYNCLINE_ASSIGN(const auto in, format(arguments, 0));
  SYNCLINE_ASSIGN(const auto vector, crdt::state_vector_of_update(as_bytes(arguments[1]), in));
  return Message{text_of(vector)};
}

Result<Message> contents_of_update(Session&, Arguments arguments) {
  SYNCLINE_ASSIGN(const auto in, format(arguments, 0));
  SYNCLINE_ASSIGN(const auto contents, crdt::contents_of_update(as_bytes(arguments[1]), in));
  const auto list = [](const std::vector<crdt::IdRange>& ranges) {
    std::string text;
    for (const crdt::IdRange& range : ranges) {
      text += std::to_string(range.client) + ' ' + std::to_string(range.clock) + ' ' +
              std::to_string(range.length) + '\n';
    }
    return text;
  };
  return Message{list(contents.inserted), list(contents.deleted)};
}

Result<Message> convert_update(Session&, Arguments arguments) {
  SYNCLINE_ASSIGN(const auto from, format(arguments, 0));
  SYNCLINE_ASSIGN(const auto to, format(arguments, 1));
  SYNCLINE_ASSIGN(const auto converted, crdt::convert_update(as_bytes(arguments[2]), from, to));
  return Message{text_of(converted)};
}

Result<Message> as_of(Session& session, Arguments arguments) {
  SYNCLINE_ASSIGN(const auto id, number(arguments[0]));
  SYNCLINE_ASSIGN(auto doc, document_as_of(arguments.subspan(1)));
  session.docs.insert_or_assign(id, std::move(doc));
  return Message{};
}

// A command that needs no document.
template <Result<Message> (*run)(Arguments)>
Result<Message> plain(Session&, Arguments arguments) {
  return run(arguments);
}

// Commands on one document; `arguments` are those after its number.
using DocCommand = Result<Message> (*)(crdt::Doc& doc, Arguments arguments);

// Gives roots their type, as an application does that opens a document.
Result<Message> open(crdt::Doc& doc, Arguments arguments) {
  for (const std::string& name : arguments.subspan(1)) {
    if (arguments[0] == "array") {
      doc.array(name);
    } else if (arguments[0] == "map") {
      doc.map(name);
    } else if (arguments[0] == "xml") {
      doc.xml_fragment(name);
    } else {
      doc.text(name);  // Also an XML text: no update tells them apart at the root.
    }
  }
  return Message{};
}

Result<Message> apply(crdt::Doc& doc, Arguments arguments) {
  SYNCLINE_ASSIGN(const auto in, format(arguments, 1));
  SYNCLINE_ASSIGN(const auto outcome, doc.apply_update(as_bytes(arguments[0]), {}, in));
  return Message{outcome.changed ? "1" : "0", outcome.pending ? "1" : "0"};
}

// What another replica has encoded.
Result<Message> load(crdt::Doc& doc, Arguments arguments) {
  SYNCLINE_ASSIGN(const auto outcome,
                  doc.apply_update(as_bytes(arguments[0]), crdt::UpdateLimits::none()));
  return Message{outcome.changed ? "1" : "0", outcome.pending ? "1" : "0"};
}

Result<Message> state_vector(crdt::Doc& doc, Arguments) {
  return Message{text_of(doc.encode_state_vector())};
}

Result<Message> has_pending(crdt::Doc& doc, Arguments) {
  return Message{doc.has_pending() ? "1" : "0"};
}

Result<Message> encode(crdt::Doc& doc, Arguments arguments) {
  SYNCLINE_ASSIGN(const auto in, format(arguments, 1));
  SYNCLINE_ASSIGN(const auto update, doc.encode_state_as_update(as_bytes(arguments[0]), in));
  return Message{text_of(update)};
}

Result<Message> chunks(crdt::Doc& doc, Arguments arguments) {
  SYNCLINE_ASSIGN(const auto chunk_bytes, number(arguments[1]));
  SYNCLINE_ASSIGN(const auto updates,
                  doc.encode_state_in_chunks(as_bytes(arguments[0]), chunk_bytes));
  Message response;
  for (const Bytes& update : updates) response.push_back(text_of(update));
  return response;
}

Result<Message> roots(crdt::Doc& doc, Arguments) { return Message{doc.root_names()}; }

std::string_view kind_name(crdt::RootKind kind) {
  switch (kind) {
    case crdt::RootKind::unknown:
      return "unknown";
    case crdt::RootKind::text:
      return "text";
    case crdt::RootKind::array:
      return "array";
    case crdt::RootKind::map:
      return "map";
    case crdt::RootKind::xml_fragment:
      return "xml_fragment";
  }
  return "";
}

Result<Message> kind(crdt::Doc& doc, Arguments arguments) {
  return Message{std::string(kind_name(doc.root_kind(arguments[0])))};
}

Result<Message> text(crdt::Doc& doc, Arguments arguments) {
  return Message{doc.text_of(arguments[0])};
}
Result<Message> delta(crdt::Doc& doc, Arguments arguments) {
  return Message{doc.delta_json(arguments[0])};
}
Result<Message> array(crdt::Doc& doc, Arguments arguments) {
  return Message{doc.array_json(arguments[0])};
}
Result<Message> map(crdt::Doc& doc, Arguments arguments) {
  return Message{doc.map_json(arguments[0])};
}
Result<Message> xml(crdt::Doc& doc, Arguments arguments) {
  return Message{doc.xml_string(arguments[0])};
}
Result<Message> json(crdt::Doc& doc, Arguments) { return Message{doc.to_json()}; }

Result<Message> check(crdt::Doc& doc, Arguments) {
  SYNCLINE_TRY(doc.check());
  return Message{};
}

Result<Message> size(crdt::Doc& doc, Arguments) {
  return Message{std::to_string(doc.struct_count()), std::to_string(doc.memory_bytes())};
}

struct SessionEntry {
  std::string_view name;
  std::string_view arguments;
  std::size_t arguments_min;
  Result<Message> (*run)(Session&, Arguments);
};

constexpr std::array session_commands = {
    SessionEntry{"create", "DOC CLIENT_ID GC(0|1)", 3, create},
    SessionEntry{"destroy", "DOC", 1, destroy},
    SessionEntry{"check_update", "UPDATE [FORMAT] -> STRUCTS DELETE_RANGES", 1, check_update},
    SessionEntry{"merge_updates", "FORMAT UPDATE... -> UPDATE", 1, merge_updates},
    SessionEntry{"diff_update", "FORMAT UPDATE STATE_VECTOR -> UPDATE", 3, diff_update},
    SessionEntry{"state_vector_of_update", "FORMAT UPDATE -> STATE_VECTOR", 2,
                 state_vector_of_update},
    SessionEntry{"contents_of_update", "FORMAT UPDATE -> INSERTED DELETED (a range a line)", 2,
                 contents_of_update},
    SessionEntry{"convert_update", "FROM TO UPDATE -> UPDATE", 3, convert_update},
    SessionEntry{"as_of", "DOC GC(0|1) SEQUENCE UPDATE...", 3, as_of},
    SessionEntry{"recode_version", "FORM(1|2) VERSION -> V1 V2", 2, plain<recode_version>},
    SessionEntry{"version_contains", "VERSION UPDATE FORM(1|2) -> 0|1", 3, plain<version_contains>},
    SessionEntry{"recode_place", "BYTES -> BYTES JSON", 1, plain<recode_place>},
    SessionEntry{"reparse_place", "JSON -> BYTES JSON", 1, plain<reparse_place>},
};

struct DocEntry {
  std::string_view name;
  std::string_view arguments;
  std::size_t arguments_min;
  DocCommand run;
};

constexpr std::array doc_commands = {
    DocEntry{"open", "KIND NAME...", 1, open},
    DocEntry{"apply", "UPDATE [FORMAT] -> CHANGED PENDING", 1, apply},
    DocEntry{"load", "UPDATE -> CHANGED PENDING (accepted before, if by another replica)", 1, load},
    DocEntry{"state_vector", "-> STATE_VECTOR", 0, state_vector},
    DocEntry{"has_pending", "-> HAS_PENDING", 0, has_pending},
    DocEntry{"encode", "STATE_VECTOR [FORMAT] -> UPDATE", 1, encode},
    DocEntry{"chunks", "STATE_VECTOR BYTES -> UPDATE...", 2, chunks},
    DocEntry{"roots", "-> NAME...", 0, roots},
    DocEntry{"kind", "ROOT -> KIND", 1, kind},
    DocEntry{"text", "ROOT -> TEXT", 1, text},
    DocEntry{"delta", "ROOT -> JSON", 1, delta},
    DocEntry{"array", "ROOT -> JSON", 1, array},
    DocEntry{"map", "ROOT -> JSON", 1, map},
    DocEntry{"xml", "ROOT -> TEXT", 1, xml},
    DocEntry{"json", "-> JSON", 0, json},
    DocEntry{"check", "", 0, check},
    DocEntry{"size", "-> STRUCTS MEMORY_BYTES", 0, size},
    DocEntry{"version", "-> V1 V2", 0, version},
    DocEntry{"version_update", "VERSION -> UPDATE", 1, version_update},
    DocEntry{"delta_at", "TYPE VERSION|'' BEFORE|'' NAMES|'' -> JSON", 4, delta_at},
    DocEntry{"list_at", "TYPE VERSION -> JSON", 2, list_at},
    DocEntry{"map_at", "TYPE VERSION -> JSON", 2, map_at},
    DocEntry{"entry_at", "TYPE KEY VERSION -> JSON", 3, entry_at},
    DocEntry{"place", "TYPE INDEX ASSOC -> BYTES JSON", 3, place},
    DocEntry{"find_place", "JSON -> [TYPE INDEX ASSOC]", 1, find_place},
    DocEntry{"edit", "EDITS(JSON, see edits.h) -> UPDATE", 1, edit},
};

Result<Message> dispatch(Session& session, const Message& request) {
  if (request.empty()) return Error{ErrorCode::invalid_argument, "empty request"};
  const Arguments arguments(request.data() + 1, request.size() - 1);
  for (const SessionEntry& entry : session_commands) {
    if (entry.name != request[0]) continue;
    if (arguments.size() < entry.arguments_min) break;
    return entry.run(session, arguments);
  }
  for (const DocEntry& entry : doc_commands) {
    if (entry.name != request[0]) continue;
    if (arguments.size() < 1 + entry.arguments_min) break;
    SYNCLINE_ASSIGN(const auto id, number(arguments[0]));
    const auto doc = session.docs.find(id);
    if (doc == session.docs.end()) return Error{ErrorCode::not_found, "document " + arguments[0]};
    return entry.run(doc->second, arguments.subspan(1));
  }
  return Error{ErrorCode::invalid_argument, "no such command, or too few arguments: " + request[0]};
}

}  // namespace

Message respond(Session& session, const Message& request) {
  Result<Message> result = dispatch(session, request);
  if (!result.ok()) return failure(result.error());
  Message response = {"ok"};
  for (std::string& text : *result) response.push_back(std::move(text));
  return response;
}

std::string command_list() {
  std::string list;
  const auto add = [&list](std::string_view name, std::string_view doc,
                           std::string_view arguments) {
    list.append("  ").append(name).append(doc).append(" ").append(arguments).append("\n");
  };
  for (const SessionEntry& entry : session_commands) add(entry.name, "", entry.arguments);
  for (const DocEntry& entry : doc_commands) add(entry.name, " DOC", entry.arguments);
  return list;
}

}  // namespace syncline::probe
