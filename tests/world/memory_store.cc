#include "tests/world/memory_store.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace syncline::world {
SharedBytes damaged(const SharedBytes& bytes) {
  Bytes copy = to_bytes(bytes.view());
  if (copy.empty()) copy.push_back(std::byte{0});
  copy[copy.size() / 2] ^= std::byte{0x10};
  return SharedBytes(std::move(copy));
}

std::string_view name(StoreStep step) {
  switch (step) {
    case StoreStep::append:
      return "append";
    case StoreStep::read_log:
      return "read-log";
    case StoreStep::read_heads:
      return "read-heads";
    case StoreStep::read_snapshot:
      return "read-snapshot";
    case StoreStep::write_snapshot:
      return "write-snapshot";
    case StoreStep::drain:
      return "drain";
    case StoreStep::find_old_logs:
      return "find-old-logs";
    case StoreStep::forget:
      return "forget";
    case StoreStep::buffer_append:
      return "buffer-append";
    case StoreStep::buffer_read:
      return "buffer-read";
    case StoreStep::buffer_heads:
      return "buffer-heads";
    case StoreStep::buffer_claim:
      return "buffer-claim";
    case StoreStep::buffer_trim:
      return "buffer-trim";
  }
  return "?";
}

std::string_view name(StoreFault fault) {
  switch (fault) {
    case StoreFault::none:
      return "none";
    case StoreFault::refused:
      return "refused";
    case StoreFault::storage_full:
      return "storage-full";
    case StoreFault::unknown_committed:
      return "unknown-committed";
    case StoreFault::unknown_lost:
      return "unknown-lost";
    case StoreFault::unknown_late:
      return "unknown-late";
    case StoreFault::error:
      return "error";
    case StoreFault::corrupt:
      return "corrupt";
    case StoreFault::lacking:
      return "lacking";
  }
  return "?";
}

std::vector<StoreFault> faults_of(StoreStep step) {
  switch (step) {
    case StoreStep::append:
    case StoreStep::drain:
    case StoreStep::buffer_append:
      return {StoreFault::refused, StoreFault::storage_full, StoreFault::unknown_committed,
              StoreFault::unknown_lost, StoreFault::unknown_late};
    case StoreStep::read_log:
    case StoreStep::read_snapshot:
      return {StoreFault::error, StoreFault::corrupt};
    case StoreStep::buffer_read:
      return {StoreFault::error, StoreFault::corrupt, StoreFault::lacking};
    case StoreStep::read_heads:
    case StoreStep::write_snapshot:
    case StoreStep::find_old_logs:
    case StoreStep::forget:
    case StoreStep::buffer_heads:
    case StoreStep::buffer_claim:
    case StoreStep::buffer_trim:
      return {StoreFault::error};
  }
  return {};
}

StoreAnswer MemoryStore::execute(const StoreRequest& request, StoreFault fault) {
  switch (request.step) {
    case StoreStep::append:
      return append(request, fault);
    case StoreStep::read_log:
      return read_log(request, fault);
    case StoreStep::read_heads:
      return read_heads(request, fault);
    case StoreStep::read_snapshot:
      return read_snapshot(request, fault);
    case StoreStep::write_snapshot:
      return write_snapshot(request, fault);
    case StoreStep::drain:
      return drain(request, fault);
    case StoreStep::find_old_logs:
      return find_old_logs(request, fault);
    case StoreStep::forget:
      return forget(request, fault);
    default:
      break;
  }
  SYNCLINE_ASSERT(false, "not a step of the store");
  return ports::SnapshotOutcome::failed;
}

Sequence MemoryStore::commit(const StoreRequest& request) {
  SYNCLINE_ASSERT(request.step == StoreStep::append && !request.bytes.empty());
  Shelf& shelf = shelves_[request.document];
  put(shelf, request.checksum, request.bytes);
  return Sequence{shelf.log.size()};
}

void MemoryStore::put(Shelf& shelf, std::uint64_t checksum, const SharedBytes& update) const {
  const Sequence sequence{shelf.log.size() + 1};
  shelf.log.push_back({.sequence = sequence, .checksum = checksum, .update = update});
  shelf.appended_at.push_back(now());
  const auto ids = client::read_update_ids(update.view());
  SYNCLINE_ASSERT(ids.ok(), "an unreadable update was appended");
  shelf.ids.add_all(*ids);
}

std::vector<Sequence> MemoryStore::commit_drain(const StoreRequest& request) {
  SYNCLINE_ASSERT(request.step == StoreStep::drain && !request.batches.empty());
  std::vector<Sequence> heads;
  for (const ports::DrainBatch& batch : request.batches) {
    Shelf& shelf = shelves_[batch.document];
    for (const ports::BufferRecord& record : batch.records) {
      std::uint64_t& drained = shelf.drained[record.position.lineage];
      if (record.position.offset <= drained) continue;
      drained = record.position.offset;
      put(shelf, record.checksum, record.update);
    }
    heads.push_back(Sequence{shelf.log.size()});
  }
  return heads;
}

ports::DrainResult MemoryStore::drain(const StoreRequest& request, StoreFault fault) {
  using ports::Outcome;
  switch (fault) {
    case StoreFault::refused:
      return {.outcome = Outcome::refused, .error = ErrorCode::invalid_argument};
    case StoreFault::storage_full:
      return {.outcome = Outcome::refused, .error = ErrorCode::storage_full};
    case StoreFault::unknown_committed:
      commit_drain(request);
      return {.outcome = Outcome::unknown, .error = ErrorCode::io_error};
    case StoreFault::unknown_lost:
    case StoreFault::unknown_late:
      return {.outcome = Outcome::unknown, .error = ErrorCode::io_error};
    case StoreFault::none:
    case StoreFault::error:
    case StoreFault::corrupt:
    case StoreFault::lacking:
      break;
  }
  return {.outcome = Outcome::committed, .heads = commit_drain(request)};
}

Result<std::vector<Sequence>> MemoryStore::read_heads(const StoreRequest& request,
                                                      StoreFault fault) const {
  if (fault == StoreFault::error) return Error{ErrorCode::unavailable, "the store is away"};
  std::vector<Sequence> heads;
  for (const DocumentName& document : request.documents) {
    heads.push_back(Sequence{shelf(document).log.size()});
  }
  return heads;
}

ports::AppendResult MemoryStore::append(const StoreRequest& request, StoreFault fault) {
  using ports::Outcome;
  switch (fault) {
    case StoreFault::refused:
      return {.outcome = Outcome::refused, .error = ErrorCode::unavailable};
    case StoreFault::storage_full:
      return {.outcome = Outcome::refused, .error = ErrorCode::storage_full};
    case StoreFault::unknown_committed:
      commit(request);
      return {.outcome = Outcome::unknown, .error = ErrorCode::io_error};
    case StoreFault::unknown_lost:
    case StoreFault::unknown_late:
      return {.outcome = Outcome::unknown, .error = ErrorCode::io_error};
    case StoreFault::none:
    case StoreFault::error:
    case StoreFault::corrupt:
    case StoreFault::lacking:
      break;
  }
  return {.outcome = Outcome::committed, .sequence = commit(request)};
}

Result<ports::LogPage> MemoryStore::read_log(const StoreRequest& request, StoreFault fault) const {
  if (fault == StoreFault::error) return Error{ErrorCode::unavailable, "the store is away"};
  const Shelf& from = shelf(request.document);
  ports::LogPage page{.records = {}, .head = Sequence{from.log.size()}};
  std::size_t bytes = 0;
  for (std::size_t i = std::max(request.sequence.value, from.forgotten); i < from.log.size(); ++i) {
    if (!page.records.empty() && bytes + from.log[i].update.size() > request.bytes_max) break;
    bytes += from.log[i].update.size();
    page.records.push_back(from.log[i]);
  }
  if (fault == StoreFault::corrupt && !page.records.empty()) {
    ports::LogRecord& record = page.records[page.records.size() / 2];
    record.update = damaged(record.update);
  }
  return page;
}

Result<std::optional<ports::Snapshot>> MemoryStore::read_snapshot(const StoreRequest& request,
                                                                  StoreFault fault) const {
  if (fault == StoreFault::error) return Error{ErrorCode::unavailable, "the store is away"};
  const Shelf& from = shelf(request.document);
  const auto after = from.snapshots.lower_bound(request.sequence);
  if (after == from.snapshots.begin()) return std::optional<ports::Snapshot>();
  ports::Snapshot found = std::prev(after)->second;
  if (fault == StoreFault::corrupt) found.state = damaged(found.state);
  return std::optional<ports::Snapshot>(std::move(found));
}

ports::SnapshotOutcome MemoryStore::write_snapshot(const StoreRequest& request, StoreFault fault) {
  if (fault != StoreFault::none) return ports::SnapshotOutcome::failed;
  Shelf& shelf = shelves_[request.document];
  if (request.sequence.value > shelf.log.size()) return ports::SnapshotOutcome::stale;
  auto& snapshots = shelf.snapshots;
  if (!snapshots.empty() && snapshots.rbegin()->first >= request.sequence) {
    return ports::SnapshotOutcome::stale;
  }
  snapshots.insert_or_assign(request.sequence, ports::Snapshot{.sequence = request.sequence,
                                                               .checksum = request.checksum,
                                                               .state = request.bytes});
  const auto& verified = shelves_[request.document].verified;
  const Sequence second_newest =
      snapshots.size() > 1 ? std::prev(snapshots.end(), 2)->first : Sequence{};
  std::erase_if(snapshots, [&](const auto& entry) {
    return entry.first < second_newest && !verified.contains(entry.first);
  });
  return ports::SnapshotOutcome::written;
}

Result<ports::OldLogPage> MemoryStore::find_old_logs(const StoreRequest& request,
                                                     StoreFault fault) const {
  if (fault == StoreFault::error) return Error{ErrorCode::unavailable, "the store is away"};
  ports::OldLogPage page;
  std::size_t seen = 0;
  auto at = request.from_first ? shelves_.begin() : shelves_.upper_bound(request.document);
  for (; at != shelves_.end() && seen < request.count_max; ++at, ++seen) {
    const auto& [name, shelf] = *at;
    if (seen + 1 == request.count_max) page.last = name;
    const auto is_old = [&](std::size_t sequence) {
      return sequence <= shelf.log.size() &&
             now() - shelf.appended_at[sequence - 1] > request.age.retention;
    };
    const std::size_t first = shelf.forgotten + 1;
    if (first >= shelf.log.size() || !is_old(first)) continue;
    std::size_t due = shelf.log.size();
    if (!is_old(due)) due = first + request.age.updates_min - 1;
    if (!is_old(due)) continue;
    const auto& snapshots = shelf.snapshots;
    const bool covered =
        snapshots.size() > 1 && std::prev(snapshots.end(), 2)->first.value >= first;
    const bool room = snapshots.empty() || snapshots.rbegin()->first.value < shelf.log.size();
    if (!covered && !room) continue;
    page.logs.push_back({.document = name,
                         .first = Sequence{first},
                         .due = Sequence{due},
                         .head = Sequence{shelf.log.size()}});
  }
  return page;
}

ports::ForgetResult MemoryStore::forget(const StoreRequest& request, StoreFault fault) {
  using ports::ForgetOutcome;
  if (fault != StoreFault::none) return {.outcome = ForgetOutcome::failed};
  const ports::Forgetting& what = request.forgetting;
  Shelf& shelf = shelves_[request.document];
  for (const ports::SnapshotId& id : {what.older, what.newer}) {
    const auto found = shelf.snapshots.find(id.sequence);
    if (found == shelf.snapshots.end() || found->second.checksum != id.checksum) {
      return {.outcome = ForgetOutcome::stale};
    }
  }
  shelf.verified = {what.older.sequence, what.newer.sequence};
  shelf.snapshots.erase(shelf.snapshots.begin(), shelf.snapshots.find(what.older.sequence));
  ports::ForgetResult result{.outcome = ForgetOutcome::done};
  while (shelf.forgotten < what.through.value &&
         now() - shelf.appended_at[shelf.forgotten] > what.retention) {
    result.bytes += shelf.log[shelf.forgotten].update.size();
    ++shelf.forgotten;
    ++result.updates;
  }
  return result;
}

const MemoryStore::Shelf& MemoryStore::shelf(const DocumentName& document) const {
  static const Shelf empty;
  const auto found = shelves_.find(document);
  return found == shelves_.end() ? empty : found->second;
}

std::vector<DocumentName> MemoryStore::documents() const {
  std::vector<DocumentName> names;
  for (const auto& [document, shelf] : shelves_) names.push_back(document);
  return names;
}

const std::vector<ports::LogRecord>& MemoryStore::log(const DocumentName& document) const {
  return shelf(document).log;
}

std::size_t MemoryStore::forgotten(const DocumentName& document) const {
  return shelf(document).forgotten;
}

const std::map<Sequence, ports::Snapshot>& MemoryStore::snapshots(
    const DocumentName& document) const {
  return shelf(document).snapshots;
}

const UpdateIds& MemoryStore::logged_ids(const DocumentName& document) const {
  return shelf(document).ids;
}

void MemoryStore::damage_record(const DocumentName& document, Sequence sequence) {
  auto& log = shelves_[document].log;
  SYNCLINE_ASSERT(sequence.value >= 1 && sequence.value <= log.size());
  ports::LogRecord& record = log[sequence.value - 1];
  record.update = damaged(record.update);
}

void MemoryStore::damage_newest_snapshot(const DocumentName& document) {
  auto& snapshots = shelves_[document].snapshots;
  SYNCLINE_ASSERT(!snapshots.empty());
  snapshots.rbegin()->second.state = damaged(snapshots.rbegin()->second.state);
}

void MemoryStore::lose_after(const DocumentName& document, Sequence last) {
  Shelf& shelf = shelves_[document];
  SYNCLINE_ASSERT(last.value <= shelf.log.size());
  shelf.log.resize(last.value);
  shelf.ids = {};
  for (const ports::LogRecord& record : shelf.log) {
    shelf.ids.add_all(client::read_update_ids(record.update.view()).value());
  }
  std::erase_if(shelf.snapshots, [&](const auto& each) { return each.first > last; });
}

void MemoryStore::damage_all_snapshots(const DocumentName& document) {
  for (auto& [sequence, snapshot] : shelves_[document].snapshots) {
    snapshot.state = damaged(snapshot.state);
  }
}

void StorePort::append(RequestToken token, const DocumentName& document, SharedBytes update,
                       std::uint64_t checksum) {
  request_({.step = StoreStep::append,
            .token = token,
            .document = document,
            .bytes = std::move(update),
            .checksum = checksum});
}

void StorePort::read_log(RequestToken token, const DocumentName& document, Sequence after,
                         std::size_t bytes_max) {
  request_({.step = StoreStep::read_log,
            .token = token,
            .document = document,
            .sequence = after,
            .bytes_max = bytes_max});
}

void StorePort::read_heads(RequestToken token, std::vector<DocumentName> documents) {
  request_({.step = StoreStep::read_heads,
            .token = token,
            .document = documents.front(),
            .documents = documents});
}

void StorePort::drain(RequestToken token, std::vector<ports::DrainBatch> batches) {
  request_({.step = StoreStep::drain,
            .token = token,
            .document = batches.front().document,
            .batches = batches});
}

void StorePort::find_old_logs(RequestToken token, const std::optional<DocumentName>& after,
                              std::size_t count_max, ports::HistoryAge age) {
  request_({.step = StoreStep::find_old_logs,
            .token = token,
            .document = after ? *after : DocumentName::parse("all").value(),
            .count_max = count_max,
            .from_first = !after.has_value(),
            .age = age});
}

void StorePort::forget(RequestToken token, const DocumentName& document,
                       const ports::Forgetting& forgetting) {
  request_({.step = StoreStep::forget,
            .token = token,
            .document = document,
            .sequence = forgetting.through,
            .forgetting = forgetting});
}

void StorePort::Buffer::append(RequestToken token, const DocumentName& document, SharedBytes update,
                               std::uint64_t checksum, std::uint64_t known_lineage) {
  request_({.step = StoreStep::buffer_append,
            .token = token,
            .document = document,
            .bytes = std::move(update),
            .checksum = checksum,
            .position = {.lineage = known_lineage}});
}

void StorePort::Buffer::read(RequestToken token, const DocumentName& document,
                             ports::BufferPosition after, std::size_t bytes_max) {
  request_({.step = StoreStep::buffer_read,
            .token = token,
            .document = document,
            .bytes_max = bytes_max,
            .position = after});
}

void StorePort::Buffer::read_heads(RequestToken token, std::vector<DocumentName> documents) {
  request_({.step = StoreStep::buffer_heads,
            .token = token,
            .document = documents.front(),
            .documents = documents});
}

void StorePort::Buffer::claim(RequestToken token, std::size_t count_max, Duration lease) {
  request_({.step = StoreStep::buffer_claim,
            .token = token,
            .document = DocumentName::parse("all").value(),
            .count_max = count_max,
            .lease = lease});
}

void StorePort::Buffer::trim(RequestToken token, const DocumentName& document,
                             ports::BufferPosition through) {
  request_(
      {.step = StoreStep::buffer_trim, .token = token, .document = document, .position = through});
}

void StorePort::read_snapshot(RequestToken token, const DocumentName& document, Sequence before) {
  request_(
      {.step = StoreStep::read_snapshot, .token = token, .document = document, .sequence = before});
}

void StorePort::write_snapshot(RequestToken token, const DocumentName& document,
                               ports::Snapshot snapshot) {
  request_({.step = StoreStep::write_snapshot,
            .token = token,
            .document = document,
            .bytes = std::move(snapshot.state),
            .checksum = snapshot.checksum,
            .sequence = snapshot.sequence});
}

}  // namespace syncline::world
