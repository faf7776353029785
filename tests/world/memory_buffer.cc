#include "tests/world/memory_buffer.h"

#include <algorithm>
#include <utility>

namespace syncline::world {

bool MemoryBuffer::is_buffer_step(StoreStep step) {
  return step >= StoreStep::buffer_append && step <= StoreStep::buffer_trim;
}

// As a script does: whatever it does with a document, it first looks whose it is.
MemoryBuffer::Document* MemoryBuffer::touch(const DocumentName& name, std::uint64_t known) {
  const auto found = documents_.find(name);
  if (found == documents_.end()) return nullptr;
  Document& document = found->second;
  if (document.run != run_ || document.head.lineage < known) begin_lineage(document, known);
  return &document;
}

void MemoryBuffer::begin_lineage(Document& document, std::uint64_t known) {
  const std::uint64_t epoch = std::max(document.head.lineage, known) >> 32;
  document.head.lineage = ((epoch + 1) << 32) | ++lineages_;
  document.run = run_;
}

void MemoryBuffer::crash() {
  documents_ = synced_;
  ++run_;
}

void MemoryBuffer::flush() {
  documents_.clear();
  synced_.clear();
}

StoreAnswer MemoryBuffer::execute(const StoreRequest& request, StoreFault fault, Instant now) {
  const Error away{ErrorCode::unavailable, "the buffer is away"};
  const bool fails = fault == StoreFault::error;
  switch (request.step) {
    case StoreStep::buffer_append:
      return answer_append(request, fault);
    case StoreStep::buffer_read:
      if (fails) return Result<ports::BufferPage>(away);
      return Result<ports::BufferPage>(read(request, fault));
    case StoreStep::buffer_heads: {
      if (fails) return Result<ports::BufferHeads>(away);
      ports::BufferHeads heads;
      for (const DocumentName& document : request.documents) {
        const Document* found = touch(document);
        heads.push_back(found == nullptr ? ports::BufferHead() : found->head);
      }
      return Result<ports::BufferHeads>(std::move(heads));
    }
    case StoreStep::buffer_claim:
      if (fails) return Result<std::vector<DocumentName>>(away);
      return Result<std::vector<DocumentName>>(claim(request, now));
    case StoreStep::buffer_trim:
      if (fails) return Result<ports::BufferHead>(away);
      return Result<ports::BufferHead>(trim(request));
    default:
      break;
  }
  SYNCLINE_ASSERT(false, "not a step of the buffer");
  return ports::SnapshotOutcome::failed;
}

ports::BufferPosition MemoryBuffer::append(const StoreRequest& request) {
  SYNCLINE_ASSERT(request.step == StoreStep::buffer_append && !request.bytes.empty());
  documents_.try_emplace(request.document);
  Document& document = *touch(request.document, request.position.lineage);
  const ports::BufferPosition position{document.head.lineage, ++document.head.head};
  document.records.push_back(
      {.position = position, .checksum = request.checksum, .update = request.bytes});
  publish_(request.document, position, request.bytes);
  return position;
}

ports::BufferAppendResult MemoryBuffer::answer_append(const StoreRequest& request,
                                                      StoreFault fault) {
  using ports::Outcome;
  switch (fault) {
    case StoreFault::refused:
      return {.outcome = Outcome::refused, .error = ErrorCode::unavailable};
    case StoreFault::storage_full:
      return {.outcome = Outcome::refused, .error = ErrorCode::storage_full};
    case StoreFault::unknown_committed:
      append(request);
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
  return {.outcome = Outcome::committed, .position = append(request)};
}

ports::BufferPage MemoryBuffer::read(const StoreRequest& request, StoreFault fault) {
  ports::BufferPage page;
  const Document* document = touch(request.document, request.position.lineage);
  if (document == nullptr) return page;
  page.head = document->head;
  if (fault == StoreFault::lacking) return page;
  const bool goes_on = request.position.lineage == document->head.lineage;
  const std::uint64_t after =
      std::max(goes_on ? request.position.offset : 0, document->head.trimmed);
  std::size_t bytes = 0;
  for (const ports::BufferRecord& record : document->records) {
    if (record.position.offset <= after) continue;
    if (!page.records.empty() && bytes + record.update.size() > request.bytes_max) break;
    bytes += record.update.size();
    page.records.push_back(record);
  }
  if (fault == StoreFault::corrupt && !page.records.empty()) {
    ports::BufferRecord& record = page.records[page.records.size() / 2];
    record.update = damaged(record.update);
  }
  return page;
}

std::vector<DocumentName> MemoryBuffer::claim(const StoreRequest& request, Instant now) {
  std::vector<DocumentName> claimed;
  for (auto& [name, document] : documents_) {
    if (claimed.size() >= request.count_max) break;
    touch(name);
    if (document.records.empty() || document.leased_until > now) continue;
    document.leased_until = now + request.lease;
    claimed.push_back(name);
  }
  return claimed;
}

ports::BufferHead MemoryBuffer::trim(const StoreRequest& request) {
  Document* document = touch(request.document);
  if (document == nullptr) return {};
  if (request.position.lineage != document->head.lineage) return document->head;
  const std::uint64_t through = request.position.offset;
  while (!document->records.empty() && document->records.front().position.offset <= through) {
    document->records.pop_front();
  }
  document->head.trimmed = std::max(document->head.trimmed, through);
  if (document->records.empty()) document->leased_until = {};
  return document->head;
}

UpdateIds MemoryBuffer::buffered_ids(const DocumentName& document) const {
  UpdateIds ids;
  const auto found = documents_.find(document);
  if (found == documents_.end()) return ids;
  for (const ports::BufferRecord& record : found->second.records) {
    const auto of_record = client::read_update_ids(record.update.view());
    SYNCLINE_ASSERT(of_record.ok(), "an unreadable update was appended");
    ids.add_all(*of_record);
  }
  return ids;
}

bool MemoryBuffer::is_clean() const {
  return std::ranges::all_of(documents_,
                             [](const auto& entry) { return entry.second.records.empty(); });
}

ports::BufferHead MemoryBuffer::head(const DocumentName& document) const {
  const auto found = documents_.find(document);
  return found == documents_.end() ? ports::BufferHead() : found->second.head;
}

}  // namespace syncline::world
