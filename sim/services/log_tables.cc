#include "sim/services/log_tables.h"

#include <algorithm>
#include <utility>

#include "server/base/assert.h"
#include "sim/services/planted_service_bug.h"

namespace syncline::sim {
namespace {

// What a write that was torn in the middle leaves: the end is missing, or one bit is wrong.
SharedBytes damaged(const SharedBytes& bytes, bool truncate) {
  const std::size_t middle = bytes.size() / 2;
  if (truncate) return SharedBytes(bytes.view().first(middle));
  Bytes copy = to_bytes(bytes.view());
  if (!copy.empty()) copy[middle] ^= std::byte{0x10};
  return SharedBytes(std::move(copy));
}

}  // namespace

Sequence LogTables::append(DocumentNumber document, std::uint64_t checksum,
                           const SharedBytes& update) {
  SYNCLINE_ASSERT(!update.empty());
  Shelf& shelf = this->shelf(document);
  const Sequence sequence{shelf.log.size() + 1};
  shelf.log.push_back({.sequence = sequence, .checksum = checksum, .update = update});
  if (dates_) {
    shelf.dates.resize(shelf.log.size());
    shelf.dates.back() = dates_();
  }
  chronicle_.tell(
      history::LogAppended{.document = document, .sequence = sequence, .update = update.view()});
  return sequence;
}

Sequence LogTables::drain(DocumentNumber document,
                          const std::vector<ports::BufferRecord>& records) {
  for (const ports::BufferRecord& record : records) {
    Drained& drained = drained_of(shelf(document), record);
    if (record.position.offset <= drained.offset) continue;
    drained.offset = record.position.offset;
    append(document, record.checksum, record.update);
  }
  return head(document);
}

LogTables::Drained& LogTables::drained_of(Shelf& shelf, const ports::BufferRecord& record) {
  const auto at =
      std::find_if(shelf.drained.rbegin(), shelf.drained.rend(), [&](const Drained& known) {
        return known.lineage == record.position.lineage ||
               planted(ServiceBug::drain_ignores_lineage);
      });
  if (at != shelf.drained.rend()) return *at;
  shelf.drained.push_back({.lineage = record.position.lineage, .offset = 0});
  return shelf.drained.back();
}

void LogTables::overwrite(DocumentNumber document, Sequence sequence, std::uint64_t checksum,
                          const SharedBytes& update) {
  std::vector<ports::LogRecord>& log = shelf(document).log;
  if (sequence.value > log.size()) log.resize(sequence.value);
  log[sequence.value - 1] = {.sequence = sequence, .checksum = checksum, .update = update};
  chronicle_.tell(
      history::LogAppended{.document = document, .sequence = sequence, .update = update.view()});
}

void LogTables::truncate(DocumentNumber document, Sequence head) {
  Shelf& shelf = this->shelf(document);
  if (shelf.log.size() > head.value) shelf.log.resize(head.value);
  if (shelf.dates.size() > head.value) shelf.dates.resize(head.value);
}

void LogTables::skip(DocumentNumber document, const std::vector<ports::BufferRecord>& records) {
  for (const ports::BufferRecord& record : records) {
    Drained& drained = drained_of(shelf(document), record);
    drained.offset = std::max(drained.offset, record.position.offset);
  }
}

ports::SnapshotOutcome LogTables::write_snapshot(DocumentNumber document, history::Party writer,
                                                 const ports::Snapshot& snapshot, bool torn) {
  std::vector<ports::Snapshot>& kept = shelf(document).snapshots;
  const bool stale = !kept.empty() && kept.back().sequence >= snapshot.sequence;
  if (stale && !planted(ServiceBug::snapshot_unfenced)) {
    return ports::SnapshotOutcome::stale;
  }
  kept.push_back(snapshot);
  if (torn) kept.back().state = damaged(snapshot.state, snapshot.sequence.value % 2 == 0);
  const std::vector<Sequence>& verified = shelf(document).verified;
  const std::size_t older = kept.size() - std::min(kept.size(), snapshots_kept);
  const auto last = kept.begin() + static_cast<std::ptrdiff_t>(older);
  kept.erase(std::remove_if(kept.begin(), last,
                            [&](const ports::Snapshot& old) {
                              return std::ranges::find(verified, old.sequence) == verified.end();
                            }),
             last);
  chronicle_.tell(history::SnapshotWritten{.writer = writer,
                                           .document = document,
                                           .sequence = snapshot.sequence,
                                           .state = snapshot.state.view()});
  return ports::SnapshotOutcome::written;
}

bool LogTables::is_old(const Shelf& shelf, std::size_t sequence, Duration retention) const {
  if (!dates_ || sequence > shelf.dates.size()) return false;
  return dates_().since_epoch - shelf.dates[sequence - 1].since_epoch > retention;
}

OldLogRows LogTables::find_old_logs(const FindOldLogs& request) const {
  OldLogRows rows;
  for (const DocumentNumber document : request.documents) {
    const Shelf& shelf = find(document);
    const std::size_t head = shelf.log.size();
    const std::size_t first = shelf.forgotten + 1;
    const Duration retention = request.age.retention;
    if (first >= head || !is_old(shelf, first, retention)) continue;
    const bool idle = is_old(shelf, head, retention);
    const std::size_t due = idle ? head : first + request.age.updates_min - 1;
    if (!is_old(shelf, due, retention)) continue;
    const std::vector<ports::Snapshot>& kept = shelf.snapshots;
    const bool covered = kept.size() > 1 && kept[kept.size() - 2].sequence.value >= first;
    const bool room = kept.empty() || kept.back().sequence.value < head;
    if (!covered && !room) continue;
    rows.push_back({.document = document,
                    .first = Sequence{first},
                    .due = Sequence{due},
                    .head = Sequence{head}});
  }
  return rows;
}

ports::ForgetResult LogTables::forget(DocumentNumber document,
                                      const ports::Forgetting& forgetting) {
  Shelf& shelf = this->shelf(document);
  for (const ports::SnapshotId& id : {forgetting.older, forgetting.newer}) {
    const bool found = std::ranges::any_of(shelf.snapshots, [&](const ports::Snapshot& kept) {
      return kept.sequence == id.sequence && kept.checksum == id.checksum;
    });
    if (!found) return {.outcome = ports::ForgetOutcome::stale};
  }
  shelf.verified = {forgetting.older.sequence, forgetting.newer.sequence};
  std::erase_if(shelf.snapshots, [&](const ports::Snapshot& kept) {
    return kept.sequence < forgetting.older.sequence;
  });
  ports::ForgetResult result{.outcome = ports::ForgetOutcome::done};
  while (shelf.forgotten < forgetting.through.value &&
         is_old(shelf, shelf.forgotten + 1, forgetting.retention)) {
    result.bytes += shelf.log[shelf.forgotten].update.size();
    ++shelf.forgotten;
    ++result.updates;
  }
  if (result.updates == 0) return result;
  for (const ports::Snapshot& kept : shelf.snapshots) {
    chronicle_.tell(history::SnapshotKept{
        .document = document, .sequence = kept.sequence, .state = kept.state.view()});
  }
  chronicle_.tell(
      history::LogForgotten{.document = document, .through = Sequence{shelf.forgotten}});
  return result;
}

Sequence LogTables::forgotten(DocumentNumber document) const {
  return Sequence{find(document).forgotten};
}

Sequence LogTables::head(DocumentNumber document) const {
  return Sequence{find(document).log.size()};
}

ports::LogPage LogTables::read_log(DocumentNumber document, history::Party reader, Sequence after,
                                   std::size_t bytes_max) const {
  const std::vector<ports::LogRecord>& log = find(document).log;
  const std::size_t first = std::max<std::size_t>(after.value, find(document).forgotten);
  ports::LogPage page{.records = {}, .head = Sequence{log.size()}};
  std::size_t bytes = 0;
  for (std::size_t at = first; at < log.size() && (at == first || bytes < bytes_max); ++at) {
    const ports::LogRecord& record = log[at];
    bytes += record.update.size();
    page.records.push_back(record);
    chronicle_.tell(history::LogRead{.reader = reader,
                                     .document = document,
                                     .sequence = record.sequence,
                                     .update = record.update.view()});
  }
  return page;
}

std::optional<ports::Snapshot> LogTables::read_snapshot(DocumentNumber document,
                                                        Sequence before) const {
  const std::vector<ports::Snapshot>& kept = find(document).snapshots;
  for (auto at = kept.rbegin(); at != kept.rend(); ++at) {
    if (at->sequence < before) return *at;
  }
  return std::nullopt;
}

const std::vector<ports::LogRecord>& LogTables::log(DocumentNumber document) const {
  return find(document).log;
}

LogTables::Shelf& LogTables::shelf(DocumentNumber document) {
  if (document.value >= shelves_.size()) shelves_.resize(document.value + 1);
  return shelves_[document.value];
}

const LogTables::Shelf& LogTables::find(DocumentNumber document) const {
  static const Shelf empty;
  return document.value < shelves_.size() ? shelves_[document.value] : empty;
}

}  // namespace syncline::sim
