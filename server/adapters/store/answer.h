#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "server/base/bytes.h"
#include "server/base/document_name.h"
#include "server/base/ids.h"
#include "server/base/result.h"
#include "server/ports/history_store.h"
#include "server/ports/snapshot_store.h"
#include "server/ports/update_store.h"

// What a store on threads of its own is asked, and what its threads say to whoever asked.

namespace syncline::adapters::store {

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

struct OldLogsAnswer {
  RequestToken token;
  Result<ports::OldLogPage> page;
};

struct ForgetAnswer {
  RequestToken token;
  ports::ForgetResult result;
};

using Answer = std::variant<AppendAnswer, SnapshotWriteAnswer, LogPageAnswer, LogHeadsAnswer,
                            SnapshotReadAnswer, OldLogsAnswer, ForgetAnswer>;

// Whoever asks. It must live until every one of its requests has been answered.
class Requester {
 public:
  // Called on a thread of the store. The answers of one commit come together, in the order of
  // their requests.
  virtual void deliver(std::vector<Answer> answers) = 0;

 protected:
  ~Requester() = default;
};

// A request names its requester, and gets exactly one answer.

struct AppendRequest {
  Requester* requester;
  RequestToken token;
  DocumentName document;
  SharedBytes update;
  std::uint64_t checksum;
};

struct SnapshotRequest {
  Requester* requester;
  RequestToken token;
  DocumentName document;
  ports::Snapshot snapshot;
};

struct LogPageRequest {
  Requester* requester;
  RequestToken token;
  DocumentName document;
  Sequence after;
  std::size_t bytes_max;
};

struct LogHeadsRequest {
  Requester* requester;
  RequestToken token;
  std::vector<DocumentName> documents;
};

struct SnapshotReadRequest {
  Requester* requester;
  RequestToken token;
  DocumentName document;
  Sequence before;
};

struct OldLogsRequest {
  Requester* requester;
  RequestToken token;
  std::optional<DocumentName> after;
  std::size_t count_max;
  ports::HistoryAge age;
};

using ReadRequest =
    std::variant<LogPageRequest, LogHeadsRequest, SnapshotReadRequest, OldLogsRequest>;

struct ForgetRequest {
  Requester* requester;
  RequestToken token;
  DocumentName document;
  ports::Forgetting forgetting;
};

inline ForgetAnswer not_forgotten(const ForgetRequest& request) {
  return {request.token, {.outcome = ports::ForgetOutcome::failed}};
}

// Collects the answers of one commit by who asked.
class Answers {
 public:
  void add(Requester* requester, Answer answer) {
    // There are as many requesters as shards: few.
    for (auto& [known, answers] : by_requester_) {
      if (known == requester) return answers.push_back(std::move(answer));
    }
    by_requester_.emplace_back(requester, std::vector<Answer>{std::move(answer)});
  }

  void deliver() {
    for (auto& [requester, answers] : by_requester_) requester->deliver(std::move(answers));
    by_requester_.clear();
  }

 private:
  std::vector<std::pair<Requester*, std::vector<Answer>>> by_requester_;
};

}  // namespace syncline::adapters::store
