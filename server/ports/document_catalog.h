#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/base/document_name.h"
#include "server/base/ids.h"
#include "server/base/instant.h"
#include "server/base/result.h"

namespace syncline::ports {

struct DocumentEntry {
  DocumentName name;
  Sequence head;            // How many updates its log has had.
  Sequence forgotten;       // Those up to here have left it (HistoryStore); 0: none.
  std::uint64_t log_bytes;  // Of those that it has.
  WallTime created_at;
  WallTime updated_at;  // Of the last append, by this machine's clock at that time.
};

// Which documents the store has. A blocking interface for commands and the HTTP API, not for the
// core: implementations say on which threads it may be called. Implementations: adapters/sqlite.
class DocumentCatalog {
 public:
  virtual ~DocumentCatalog() = default;

  // The first `limit` documents with name > after (all from the start if nullopt), by name in byte
  // order, whose name contains `filter` (all, if it is empty).
  virtual Result<std::vector<DocumentEntry>> list(const std::optional<std::string>& after,
                                                  std::size_t limit, const std::string& filter) = 0;
  virtual Result<std::optional<DocumentEntry>> find(const DocumentName& name) = 0;
};

}  // namespace syncline::ports
