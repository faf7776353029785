#include "server/adapters/store/threaded_store.h"

#include <utility>
#include <variant>

#include "server/base/assert.h"

namespace syncline::adapters::store {
namespace {

struct Announce {
  ports::UpdateStoreSink& updates;
  ports::SnapshotStoreSink& snapshots;
  ports::HistoryStoreSink* history;

  void operator()(const AppendAnswer& answer) const {
    updates.on_append_done(answer.token, answer.result);
  }
  void operator()(const LogPageAnswer& answer) const {
    updates.on_log_page(answer.token, answer.page);
  }
  void operator()(const LogHeadsAnswer& answer) const {
    updates.on_log_heads(answer.token, answer.heads);
  }
  void operator()(const SnapshotWriteAnswer& answer) const {
    snapshots.on_snapshot_written(answer.token, answer.outcome);
  }
  void operator()(const SnapshotReadAnswer& answer) const {
    snapshots.on_snapshot_read(answer.token, answer.snapshot);
  }
  void operator()(const OldLogsAnswer& answer) const {
    history->on_old_logs(answer.token, answer.page);
  }
  void operator()(const ForgetAnswer& answer) const {
    history->on_forgotten(answer.token, answer.result);
  }
};

}  // namespace

void ThreadedStore::attach(ports::UpdateStoreSink& updates, ports::SnapshotStoreSink& snapshots) {
  updates_ = &updates;
  snapshots_ = &snapshots;
}

void ThreadedStore::attach_history(ports::HistoryStoreSink& history) { history_ = &history; }

void ThreadedStore::append(RequestToken token, const DocumentName& document, SharedBytes update,
                           std::uint64_t checksum) {
  SYNCLINE_ASSERT(!update.empty(), document);
  threads_.append({this, token, document, std::move(update), checksum});
}

void ThreadedStore::read_log(RequestToken token, const DocumentName& document, Sequence after,
                             std::size_t bytes_max) {
  threads_.read(LogPageRequest{this, token, document, after, bytes_max});
}

void ThreadedStore::read_heads(RequestToken token, std::vector<DocumentName> documents) {
  SYNCLINE_ASSERT(!documents.empty());
  threads_.read(LogHeadsRequest{this, token, std::move(documents)});
}

void ThreadedStore::read_snapshot(RequestToken token, const DocumentName& document,
                                  Sequence before) {
  threads_.read(SnapshotReadRequest{this, token, document, before});
}

void ThreadedStore::write_snapshot(RequestToken token, const DocumentName& document,
                                   ports::Snapshot snapshot) {
  threads_.write_snapshot({this, token, document, std::move(snapshot)});
}

void ThreadedStore::find_old_logs(RequestToken token, const std::optional<DocumentName>& after,
                                  std::size_t count_max, ports::HistoryAge age) {
  SYNCLINE_ASSERT(history_ != nullptr && count_max > 0 && age.updates_min > 0);
  threads_.read(OldLogsRequest{this, token, after, count_max, age});
}

void ThreadedStore::forget(RequestToken token, const DocumentName& document,
                           const ports::Forgetting& forgetting) {
  SYNCLINE_ASSERT(history_ != nullptr && forgetting.older.sequence < forgetting.newer.sequence &&
                      forgetting.through <= forgetting.older.sequence,
                  document);
  threads_.forget({this, token, document, forgetting});
}

void ThreadedStore::deliver(std::vector<Answer> answers) {
  SYNCLINE_ASSERT(updates_ != nullptr && snapshots_ != nullptr);
  executor_.post([this, answers = std::move(answers)] {
    for (const Answer& answer : answers)
      std::visit(Announce{*updates_, *snapshots_, history_}, answer);
  });
}

}  // namespace syncline::adapters::store
