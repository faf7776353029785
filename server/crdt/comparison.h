#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "server/crdt/id.h"
#include "server/crdt/version.h"
#include "server/lib0/any.h"

namespace syncline::crdt {

enum class Change : std::uint8_t { added, removed };

// Gives the value of the `ychange` attribute that marks a changed piece of text: yjs'
// computeYChange. `id` names the piece's first element, and with it the author of what was added;
// who removed something is known to nobody but the application. Must return an object.
using ChangeMark = std::function<lib0::Any(Change change, const Id& id)>;

// {"type": "added"}: what yjs says by itself.
lib0::Any unsigned_mark(Change change, const Id& id);

// {"type": "added", "user": ...}: the author's name, or the client id of one who is not listed.
ChangeMark marks_with_authors(std::map<ClientId, std::string> names);

// Which versions of a text to show, and how. The versions must outlive the call they are given to.
struct Comparison {
  // What is shown; nullptr for the document as it is now.
  const Version* version = nullptr;
  // With it, text is marked that has been added since then, and what has been removed is shown too.
  const Version* before = nullptr;
  // Neighbouring pieces of one change by one client are joined only if the mark has the client id
  // as its `user`, as in yjs.
  ChangeMark mark = unsigned_mark;
};

}  // namespace syncline::crdt
