#pragma once

#include <span>
#include <string>
#include <string_view>

#include "server/base/result.h"
#include "server/crdt/doc.h"
#include "server/ports/document_catalog.h"

namespace syncline::app {

// A document as people and scripts read it. `root` empty: the whole document. `format` is one of
// auto, text, json, delta and state-vector. The error's detail says what to do instead.
Result<std::string> document_text(const crdt::Doc& doc, std::string_view root,
                                  std::string_view format);

// The list of documents as a table.
std::string document_table(std::span<const ports::DocumentEntry> entries);

}  // namespace syncline::app
