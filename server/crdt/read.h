#pragma once

#include <string>
#include <utility>
#include <vector>

#include "server/crdt/doc_state.h"
#include "server/crdt/text_formats.h"

// What shared types look like from outside: yjs' toString, toJSON and toDelta. Recursion goes as
// deep as types nest, which integration limits.

namespace syncline::crdt {

// Plain text of a list: the strings in it.
std::string text_string(const DocState& doc, const Type& type);

// One operation of a Quill delta that builds a text.
struct DeltaOp {
  std::string text;   // What is inserted, unless it is an embed or a type.
  std::string embed;  // JSON.
  TypeIndex type = none;
  Formats::List attributes;
};
std::vector<DeltaOp> text_delta(const DocState& doc, const Type& type);
std::string delta_ops_json(const DocState& doc, const std::vector<DeltaOp>& ops);
std::string delta_json(const DocState& doc, const Type& type);

std::string xml_list_string(const DocState& doc, const Type& type);
std::string xml_element_string(const DocState& doc, const Type& type);
std::string xml_text_string(const DocState& doc, const Type& type);

void append_array_json(std::string& out, const DocState& doc, const Type& type);
void append_map_json(std::string& out, const DocState& doc, const Type& type);
// By the type's own kind.
void append_type_json(std::string& out, const DocState& doc, const Type& type);

// Key and JSON value. Written in the order in which a JavaScript object, to which they were added
// one after the other, lists them. REQUIRES: no key stands twice.
using JsonProperty = std::pair<std::string, std::string>;
using JsonProperties = std::vector<JsonProperty>;
void append_json_object(std::string& out, JsonProperties properties);

// All elements of an item as JSON, the empty text for undefined. None if it has no content.
std::vector<std::string> elements_json(const DocState& doc, const Item& item);
// The last element of a map entry's run, as JSON; empty if it is undefined.
std::string entry_json(const DocState& doc, const Item& item);
// ... and as JavaScript's String() has it.
std::string entry_text(const DocState& doc, const Item& item);

RootKind guess_kind(const DocState& doc, const Type& type);

}  // namespace syncline::crdt
