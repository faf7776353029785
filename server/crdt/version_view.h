#pragma once

#include <string>
#include <string_view>

#include "server/crdt/comparison.h"
#include "server/crdt/doc_state.h"

// What shared types looked like at a version. yjs cuts its structs where a version begins and ends
// in the middle of them, looks, and joins them again; here they are only read in parts, so that
// looking changes nothing.

namespace syncline::crdt {

// yjs' toDelta(snapshot, prevSnapshot, computeYChange), as JSON.
std::string delta_json_at(const DocState& doc, const Type& text, const Comparison& comparison);

// yjs' typeListToArraySnapshot, as JSON. Unlike yjs, which shows the whole of a run that the
// version knows only in part, exactly the elements that the version had. Types within it are shown
// as they are now, as in yjs.
std::string array_json_at(const DocState& doc, const Type& list, const Version& version);

// yjs' typeMapGetAllSnapshot and typeMapGetSnapshot, as JSON; the latter is empty for undefined.
std::string map_json_at(const DocState& doc, const Type& map, const Version& version);
std::string entry_json_at(const DocState& doc, const Type& map, std::string_view key,
                          const Version& version);

}  // namespace syncline::crdt
