#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <vector>

#include "tests/world/memory_store.h"

namespace syncline::world {

// The write buffer of durability=buffer, with all that it is allowed to do: it crashes and comes
// back as it was some time ago, it is flushed, and begins a new lineage of each document then.
class MemoryBuffer {
 public:
  using Publish = std::function<void(const DocumentName& document, ports::BufferPosition position,
                                     const SharedBytes& update)>;

  explicit MemoryBuffer(Publish publish) : publish_(std::move(publish)) {}

  static bool is_buffer_step(StoreStep step);

  // As MemoryStore::execute().
  StoreAnswer execute(const StoreRequest& request, StoreFault fault, Instant now);
  ports::BufferPosition append(const StoreRequest& request);

  // Accidents. What it has at sync() survives a crash; what came later does not.
  void sync() { synced_ = documents_; }
  void crash();
  void flush();

  // Observers, for checks.
  UpdateIds buffered_ids(const DocumentName& document) const;
  bool is_clean() const;
  ports::BufferHead head(const DocumentName& document) const;

 private:
  struct Document {
    std::uint64_t run = 0;  // Of the process that began the lineage.
    ports::BufferHead head;
    std::deque<ports::BufferRecord> records;
    Instant leased_until;
  };

  Document* touch(const DocumentName& name, std::uint64_t known = 0);
  void begin_lineage(Document& document, std::uint64_t known);
  ports::BufferAppendResult answer_append(const StoreRequest& request, StoreFault fault);
  ports::BufferPage read(const StoreRequest& request, StoreFault fault);
  std::vector<DocumentName> claim(const StoreRequest& request, Instant now);
  ports::BufferHead trim(const StoreRequest& request);

  const Publish publish_;
  std::map<DocumentName, Document> documents_;
  std::map<DocumentName, Document> synced_;
  std::uint64_t run_ = 1;
  std::uint64_t lineages_ = 0;
};

}  // namespace syncline::world
