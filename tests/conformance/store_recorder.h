#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "server/base/document_name.h"
#include "server/base/ids.h"
#include "server/ports/snapshot_store.h"
#include "server/ports/update_store.h"

namespace syncline::conformance {

inline DocumentName document(const std::string& name) { return DocumentName::parse(name).value(); }

// The sinks of one shard: keeps every answer, and counts the requests that still wait for theirs.
class StoreRecorder final : public ports::UpdateStoreSink, public ports::SnapshotStoreSink {
 public:
  void on_append_done(RequestToken token, ports::AppendResult result) override {
    answered(token);
    appends.emplace(token, result);
  }
  void on_log_page(RequestToken token, Result<ports::LogPage> page) override {
    answered(token);
    pages.emplace(token, std::move(page));
  }
  void on_log_heads(RequestToken token, Result<std::vector<Sequence>> answer) override {
    answered(token);
    heads.emplace(token, std::move(answer));
  }
  void on_snapshot_read(RequestToken token,
                        Result<std::optional<ports::Snapshot>> snapshot) override {
    answered(token);
    snapshots.emplace(token, std::move(snapshot));
  }
  void on_snapshot_written(RequestToken token, ports::SnapshotOutcome outcome) override {
    answered(token);
    written.emplace(token, outcome);
  }

  // A new token, for a request that is about to be made.
  RequestToken request() {
    waiting.emplace(RequestToken{++last_token_}, true);
    return RequestToken{last_token_};
  }

  std::map<RequestToken, bool> waiting;
  std::map<RequestToken, ports::AppendResult> appends;
  std::map<RequestToken, Result<ports::LogPage>> pages;
  std::map<RequestToken, Result<std::vector<Sequence>>> heads;
  std::map<RequestToken, Result<std::optional<ports::Snapshot>>> snapshots;
  std::map<RequestToken, ports::SnapshotOutcome> written;

 private:
  void answered(RequestToken token) {
    EXPECT_EQ(waiting.erase(token), 1u) << "answered twice, or never asked: " << token;
  }

  std::uint64_t last_token_ = 0;
};

}  // namespace syncline::conformance
