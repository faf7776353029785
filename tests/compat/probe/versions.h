#pragma once

#include <span>
#include <string>

#include "server/crdt/doc.h"
#include "tests/compat/probe/message.h"

// Commands about versions and relative positions; their arguments stand in commands.cc. A shared
// type is told by the JSON of the relative position at its end: {"tname": ...} or {"type": id}.

namespace syncline::probe {

Result<Message> recode_version(std::span<const std::string> arguments);
Result<Message> version_contains(std::span<const std::string> arguments);
Result<Message> recode_place(std::span<const std::string> arguments);
Result<Message> reparse_place(std::span<const std::string> arguments);
Result<crdt::Doc> document_as_of(std::span<const std::string> arguments);

Result<Message> version(crdt::Doc& doc, std::span<const std::string> arguments);
Result<Message> version_update(crdt::Doc& doc, std::span<const std::string> arguments);
Result<Message> delta_at(crdt::Doc& doc, std::span<const std::string> arguments);
Result<Message> list_at(crdt::Doc& doc, std::span<const std::string> arguments);
Result<Message> map_at(crdt::Doc& doc, std::span<const std::string> arguments);
Result<Message> entry_at(crdt::Doc& doc, std::span<const std::string> arguments);
Result<Message> place(crdt::Doc& doc, std::span<const std::string> arguments);
Result<Message> find_place(crdt::Doc& doc, std::span<const std::string> arguments);

}  // namespace syncline::probe
