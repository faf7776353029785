#include "server/app/document_import.h"

#include "server/adapters/prometheus/prometheus_metrics.h"
#include "server/adapters/system/spdlog_log.h"
#include "server/adapters/system/system_clock.h"
#include "server/app/document_reader.h"
#include "server/app/version.h"
#include "server/core/checksum.h"

namespace syncline::app {
namespace {

Error about(const DocumentName& name, const Error& error) {
  return Error{error.code, name.text() + ": " + error.message()};
}

// Whether the update may be appended to what the document holds now.
Result<void> check_fit(ports::StoreReader& reader, const DocumentName& name, BytesView update,
                       ImportMode mode) {
  SYNCLINE_ASSIGN(const auto entry, reader.find(name));
  if (!entry.has_value())
    return crdt::Doc().apply_update(update).ok()
               ? Result<void>()
               : Error{ErrorCode::malformed, "not a Yjs update (v1)"};
  if (mode == ImportMode::create_only) {
    return Error{ErrorCode::already_exists,
                 "the document exists; without --create-only it is merged"};
  }
  SYNCLINE_ASSIGN(auto loaded, read_document(reader, name));
  SYNCLINE_TRY(loaded.doc.apply_update(update));
  return {};
}

}  // namespace

Result<Sequence> import_document(const StorageOptions& where, const DocumentName& name,
                                 BytesView update, ImportMode mode) {
  const auto checked = crdt::check_update(update);
  if (!checked.ok()) {
    return Error{checked.error().code, "not a Yjs update (v1): " + checked.error().message()};
  }
  adapters::SystemClock clock;
  adapters::PrometheusMetrics metrics(version);
  adapters::SpdlogLog log({.level = ports::LogLevel::warning});
  SYNCLINE_ASSIGN(const auto storage, Storage::open(where, clock, metrics, log));
  const auto fits = check_fit(storage->reader(), name, update, mode);
  if (!fits.ok()) return about(name, fits.error());
  const auto sequence = storage->append(name, SharedBytes(update), core::checksum(update));
  if (!sequence.ok()) return about(name, sequence.error());
  return sequence.value();
}

}  // namespace syncline::app
