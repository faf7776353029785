#pragma once

#include <cstddef>
#include <span>

#include "server/base/bytes.h"
#include "server/base/result.h"
#include "server/crdt/doc.h"
#include "server/crdt/version.h"

// Documents as they once were: from a log of updates, or from what a document has kept.

namespace syncline::crdt {

// The document as of a sequence number: what the first `sequence` updates of a log make of a fresh
// replica. The updates (format v1) are applied one by one, so that what one of them waits for may
// come later; they are taken as accepted before. Where a log begins with a whole state, that state
// stands for the first update.
// Errors: invalid_argument if the log is shorter; those of Doc::apply_update.
Result<Doc> document_as_of(std::span<const BytesView> log, std::size_t sequence,
                           const DocOptions& options);

// A document with two of its versions, ready to be compared (Doc::delta_json).
struct LoggedVersions {
  Doc doc;  // As of the later one, kept without gc.
  Version before;
  Version after;
};

// The versions as of two sequence numbers of one log. `options.gc` is ignored: what was deleted
// between the two must stay to be seen. Deletions that the log itself had collected stay unseen.
// Errors: invalid_argument unless before <= after <= log.size(); those of Doc::apply_update.
Result<LoggedVersions> versions_as_of(std::span<const BytesView> log, std::size_t before,
                                      std::size_t after, DocOptions options);

// Cuts a whole state (format v1: all structs of a document that was kept without gc) back to a
// version: the update that yjs' createDocFromSnapshot puts into its new document. A collected range
// stays whole if it began before the version's end, as in yjs.
// Errors: invalid_argument if the version knows of something that the state lacks; those of
// check_update.
Result<Bytes> update_as_of(BytesView state, const Version& version);

}  // namespace syncline::crdt
