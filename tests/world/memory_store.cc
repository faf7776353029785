#include "tests/world/memory_store.h"

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
    case StoreStep::buffer_read:
      return {StoreFault::error, StoreFault::corrupt};
    case StoreStep::read_heads:
    case StoreStep::write_snapshot:
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

void MemoryStore::put(Shelf& shelf, std::uint64_t checksum, const SharedBytes& update) {
  const Sequence sequence{shelf.log.size() + 1};
  shelf.log.push_back({.sequence = sequence, .checksum = checksum, .update = update});
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
      break;
  }
  return {.outcome = Outcome::committed, .sequence = commit(request)};
}

Result<ports::LogPage> MemoryStore::read_log(const StoreRequest& request, StoreFault fault) const {
  if (fault == StoreFault::error) return Error{ErrorCode::unavailable, "the store is away"};
  const Shelf& from = shelf(request.document);
  ports::LogPage page{.records = {}, .head = Sequence{from.log.size()}};
  std::size_t bytes = 0;
  for (std::size_t i = request.sequence.value; i < from.log.size(); ++i) {
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
  if (snapshots.size() > 2) snapshots.erase(snapshots.begin());
  return ports::SnapshotOutcome::written;
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
