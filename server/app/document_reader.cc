#include "server/app/document_reader.h"

#include <functional>
#include <utility>
#include <vector>

#include "server/base/limits.h"
#include "server/core/document_loader.h"

namespace syncline::app {
namespace {

constexpr std::size_t page_bytes = 4 * limits::mebibyte;

// The stores as the loader wants them: a request is remembered, and answered once the loader has
// returned.
class WaitingStore final : public ports::UpdateStore,
                           public ports::SnapshotStore,
                           public core::TokenSource {
 public:
  explicit WaitingStore(ports::StoreReader& reader) : reader_(reader) {}

  // Answers until the loader has what it needs.
  void run(core::DocumentLoader& loader) {
    while (answer_) std::exchange(answer_, nullptr)(loader);
  }

  RequestToken next_token() override { return {++tokens_}; }

  void read_snapshot(RequestToken, const DocumentName& document, Sequence before) override {
    answer_ = [this, document, before](core::DocumentLoader& loader) {
      loader.on_snapshot_read(reader_.read_snapshot(document, before));
    };
  }

  void read_log(RequestToken, const DocumentName& document, Sequence after,
                std::size_t bytes_max) override {
    answer_ = [this, document, after, bytes_max](core::DocumentLoader& loader) {
      loader.on_log_page(reader_.read_log(document, after, bytes_max));
    };
  }

  void read_heads(RequestToken, std::vector<DocumentName>) override {
    SYNCLINE_ASSERT(false, "a loader knows its document");
  }
  void append(RequestToken, const DocumentName&, SharedBytes, std::uint64_t) override {
    SYNCLINE_ASSERT(false, "a loader writes nothing");
  }
  void write_snapshot(RequestToken, const DocumentName&, ports::Snapshot) override {
    SYNCLINE_ASSERT(false, "a loader writes nothing");
  }

 private:
  ports::StoreReader& reader_;
  std::function<void(core::DocumentLoader&)> answer_;
  std::uint64_t tokens_ = 0;
};

}  // namespace

Result<LoadedDocument> read_document(ports::StoreReader& reader, const DocumentName& name) {
  SYNCLINE_ASSIGN(const auto entry, reader.find(name));
  if (!entry.has_value()) return Error{ErrorCode::not_found, "no document has this name"};
  WaitingStore store(reader);
  core::DocumentLoader loader(store, store, store, name, {}, page_bytes);
  loader.start();
  store.run(loader);
  switch (loader.status()) {
    case core::DocumentLoader::Status::done:
      break;
    case core::DocumentLoader::Status::unreadable:
      return Error{ErrorCode::malformed, loader.problem()};
    case core::DocumentLoader::Status::failed:
    case core::DocumentLoader::Status::loading:
      return Error{ErrorCode::io_error, loader.problem()};
  }
  return LoadedDocument{loader.take_document(), loader.sequence(), loader.damaged_snapshots()};
}

}  // namespace syncline::app
