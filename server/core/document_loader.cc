#include "server/core/document_loader.h"

#include <limits>
#include <utility>

#include "server/base/limits.h"
#include "server/base/planted_bug.h"
#include "server/core/checksum.h"

namespace syncline::core {

DocumentLoader::DocumentLoader(ports::UpdateStore& updates, ports::SnapshotStore& snapshots,
                               TokenSource& tokens, DocumentName document,
                               const crdt::DocOptions& options, std::size_t page_bytes)
    : updates_(updates),
      snapshots_(snapshots),
      tokens_(tokens),
      document_(std::move(document)),
      options_(options),
      page_bytes_(page_bytes) {
  reset_document();
}

void DocumentLoader::reset_document() {
  // What waits in a log that was accepted once must be accepted again, in whatever order it was
  // committed: no pending budget while loading.
  crdt::DocOptions options = options_;
  options.pending_bytes_max = std::numeric_limits<std::size_t>::max();
  doc_.emplace(options);
}

void DocumentLoader::add_tail(const std::vector<ports::BufferRecord>& records) {
  tail_.insert(tail_.end(), records.begin(), records.end());
}

void DocumentLoader::start() { read_newest_snapshot(); }

void DocumentLoader::read_newest_snapshot() {
  snapshots_.read_snapshot(tokens_.next_token(), document_,
                           Sequence{std::numeric_limits<std::uint64_t>::max()});
}

void DocumentLoader::on_snapshot_read(Result<std::optional<ports::Snapshot>> snapshot) {
  if (!snapshot.ok() && snapshot.error().code == ErrorCode::checksum_mismatch) {
    // The store itself finds it damaged, and cannot say which one it was: the whole log it is.
    ++damaged_snapshots_;
    return forgotten_after_ ? fail_for_missing_record() : read_log();
  }
  if (!snapshot.ok()) {
    return fail(Status::failed, "reading the snapshot: " + snapshot.error().message());
  }
  const bool helps =
      snapshot->has_value() && (!forgotten_after_ || (*snapshot)->sequence > *forgotten_after_);
  if (!helps) return forgotten_after_ ? fail_for_missing_record() : read_log();
  const ports::Snapshot& found = **snapshot;
  const bool intact = checksum(found.state.view()) == found.checksum ||
                      planted(PlantedBug::damaged_snapshot_accepted);
  if (!intact || !doc_->apply_update(found.state.view(), crdt::UpdateLimits::none()).ok()) {
    if (!forgotten_after_) ++damaged_snapshots_;  // Else it may have been counted before.
    reset_document();
    snapshots_.read_snapshot(tokens_.next_token(), document_, found.sequence);
    return;
  }
  snapshot_sequence_ = found.sequence;
  sequence_ = found.sequence;
  forgotten_after_.reset();
  if (sequence_ >= last_) return finish();
  read_log();
}

void DocumentLoader::read_log() {
  updates_.read_log(tokens_.next_token(), document_, sequence_, page_bytes_);
}

void DocumentLoader::on_log_page(Result<ports::LogPage> page) {
  if (!page.ok()) {
    const bool damaged = page.error().code == ErrorCode::checksum_mismatch;
    return fail(damaged ? Status::unreadable : Status::failed,
                "reading the log: " + page.error().message());
  }
  if (page->head < sequence_) {
    return fail(Status::unreadable, "the log ends at " + std::to_string(page->head.value) +
                                        ", before the snapshot at " +
                                        std::to_string(sequence_.value));
  }
  if (sequence_ >= page->head) return finish();
  const std::uint64_t next = sequence_.value + 1;
  if (page->records.empty() || page->records.front().sequence.value > next) {
    return on_missing_record();
  }
  for (const ports::LogRecord& record : page->records) {
    if (!apply_record(record)) return;
    if (sequence_ >= last_) return finish();
  }
  if (sequence_ >= page->head) return finish();
  read_log();
}

// Its effect is in newer snapshots, if it was forgotten after the snapshot was read. Each time
// round begins with a newer one, so this ends.
void DocumentLoader::on_missing_record() {
  forgotten_after_ = sequence_;
  snapshot_sequence_ = sequence_ = {};
  reset_document();
  read_newest_snapshot();
}

void DocumentLoader::fail_for_missing_record() {
  fail(Status::unreadable, "the log has no record " + std::to_string(forgotten_after_->value + 1) +
                               ", and no intact snapshot holds it");
}

bool DocumentLoader::apply_record(const ports::LogRecord& record) {
  if (record.sequence.value != sequence_.value + 1) {
    fail(Status::unreadable, "the log has no record " + std::to_string(sequence_.value + 1));
    return false;
  }
  const auto applied = core::apply_record(*doc_, record.checksum, record.update);
  if (!applied.ok()) {
    fail(Status::unreadable,
         "log record " + std::to_string(record.sequence.value) + ": " + applied.error().message());
    return false;
  }
  sequence_ = record.sequence;
  return true;
}

void DocumentLoader::finish() {
  for (const ports::BufferRecord& record : std::exchange(tail_, {})) {
    const auto applied = core::apply_record(*doc_, record.checksum, record.update);
    if (applied.ok()) continue;
    return fail(Status::unreadable, "buffer entry " + std::to_string(record.position.offset) +
                                        ": " + applied.error().message());
  }
  status_ = Status::done;
}

void DocumentLoader::fail(Status status, std::string problem) {
  status_ = status;
  problem_ = std::move(problem);
}

crdt::Doc DocumentLoader::take_document() {
  SYNCLINE_ASSERT(status_ == Status::done && doc_.has_value());
  doc_->set_pending_bytes_max(options_.pending_bytes_max);
  return std::move(*doc_);
}

Result<crdt::ApplyOutcome> apply_record(crdt::Doc& doc, std::uint64_t expected,
                                        const SharedBytes& update) {
  if (checksum(update.view()) != expected) return ErrorCode::checksum_mismatch;
  return doc.apply_update(update.view(), crdt::UpdateLimits::none());
}

ports::Snapshot snapshot_of(const crdt::Doc& doc, Sequence sequence) {
  auto state = doc.encode_state_as_update(crdt::empty_state_vector());
  SYNCLINE_ASSERT(state.ok());
  if (planted(PlantedBug::snapshot_is_first_chunk)) {
    auto chunks = doc.encode_state_in_chunks(crdt::empty_state_vector(), limits::kibibyte / 4);
    SYNCLINE_ASSERT(chunks.ok());
    state = std::move(chunks->front());
  }
  if (planted(PlantedBug::snapshot_claims_one_more)) ++sequence.value;
  ports::Snapshot snapshot{
      .sequence = sequence, .checksum = 0, .state = SharedBytes(std::move(state).value())};
  snapshot.checksum = checksum(snapshot.state.view());
  return snapshot;
}

}  // namespace syncline::core
