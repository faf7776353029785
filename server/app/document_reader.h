#pragma once

#include <cstdint>

#include "server/base/document_name.h"
#include "server/base/ids.h"
#include "server/base/result.h"
#include "server/crdt/doc.h"
#include "server/ports/store_reader.h"

namespace syncline::app {

struct LoadedDocument {
  crdt::Doc doc;
  Sequence sequence;          // How much of the log it holds: all that there was.
  int damaged_snapshots = 0;  // Passed over while loading.
};

// Loads a document as a node does, checksums and all, but waits for each answer. An empty log is
// not_found.
Result<LoadedDocument> read_document(ports::StoreReader& reader, const DocumentName& name);

}  // namespace syncline::app
