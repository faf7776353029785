#pragma once

#include <span>
#include <string>

#include "server/crdt/doc.h"
#include "tests/compat/probe/message.h"

namespace syncline::probe {

// Carries out local edits as one transaction; the result is the update that comes out. The only
// argument is a JSON list of edits:
//
//   {"op": ..., "path": [kind, root, step...], ...}
//
// The kind of the root is text, array, map or xml; each step is an index of a list or a key of a
// map. Operations and their other properties:
//
//   text_insert index text [attributes]           array_insert index values(hex)   map_delete key
//   text_embed index embed attributes             array_insert_type index type     xml_insert_text
//   index text_format index length attributes           array_delete index length        xml_delete
//   index length text_delete index length                      map_set key value(hex)
//   xml_remove_attribute key xml_insert_element index name                 map_set_type key type
//   xml_set_attribute key value
//
// (hex) marks values of lib0's `any` encoding in hexadecimal. A type is text, array or map.
Result<Message> edit(crdt::Doc& doc, std::span<const std::string> arguments);

}  // namespace syncline::probe
