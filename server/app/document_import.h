#pragma once

#include <cstdint>
#include <string>

#include "server/app/storage.h"
#include "server/base/bytes.h"
#include "server/base/document_name.h"
#include "server/base/ids.h"
#include "server/base/result.h"

namespace syncline::app {

enum class ImportMode : std::uint8_t { merge, create_only };

// Appends one update to a document's log, as if a client had sent it, and with the same checks: it
// must be readable for every client, and must fit the document. Takes the data folder's lock, so
// that no server that has the document open misses it; nodes on PostgreSQL see it when they next
// compare themselves with the log. The error's detail is a line for the operator.
Result<Sequence> import_document(const StorageOptions& where, const DocumentName& name,
                                 BytesView update, ImportMode mode);

}  // namespace syncline::app
