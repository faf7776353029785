#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "server/base/ids.h"
#include "server/base/result.h"
#include "server/ports/snapshot_store.h"
#include "server/ports/update_store.h"

// What the threads of the database say to whoever asked.

namespace syncline::adapters::sqlite {

struct AppendAnswer {
  RequestToken token;
  ports::AppendResult result;
};

struct SnapshotWriteAnswer {
  RequestToken token;
  ports::SnapshotOutcome outcome;
};

struct LogPageAnswer {
  RequestToken token;
  Result<ports::LogPage> page;
};

struct LogHeadsAnswer {
  RequestToken token;
  Result<std::vector<Sequence>> heads;
};

struct SnapshotReadAnswer {
  RequestToken token;
  Result<std::optional<ports::Snapshot>> snapshot;
};

using Answer = std::variant<AppendAnswer, SnapshotWriteAnswer, LogPageAnswer, LogHeadsAnswer,
                            SnapshotReadAnswer>;

// Whoever asks. It must live until every one of its requests has been answered.
class Requester {
 public:
  // Called on a thread of the database. The answers of one commit come together, in the order of
  // their requests.
  virtual void deliver(std::vector<Answer> answers) = 0;

 protected:
  ~Requester() = default;
};

}  // namespace syncline::adapters::sqlite
