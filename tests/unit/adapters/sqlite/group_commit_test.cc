// The laws of group commit, on a real database: every request is answered exactly once, numbers
// have no gaps whatever fails, and what fails does so alone.

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include "server/adapters/sqlite/sqlite_reader.h"
#include "tests/conformance/store_recorder.h"
#include "tests/unit/adapters/sqlite/sqlite_fixture.h"

namespace syncline::adapters {
namespace {

using conformance::document;
using conformance::StoreRecorder;
using ports::Outcome;

// One shard: its store, its executor and what it heard.
struct TestShard {
  explicit TestShard(SqliteDatabase& database) : store(database, executor) {
    store.attach(recorder, recorder);
  }

  RequestToken append(const std::string& name, std::string_view update) {
    const RequestToken token = recorder.request();
    store.append(token, document(name), SharedBytes(as_bytes(update)), 1);
    return token;
  }
  bool run() {
    return executor.run_until([this] { return recorder.waiting.empty(); });
  }
  ports::AppendResult append_and_run(const std::string& name, std::string_view update) {
    const RequestToken token = append(name, update);
    EXPECT_TRUE(run());
    return recorder.appends.at(token);
  }

  QueueExecutor executor;
  StoreRecorder recorder;
  SqliteStore store;
};

class GroupCommitTest : public testing::Test {
 protected:
  void open(SqliteDatabase::Options options = {}) {
    options.folder = folder_.path();
    database_ = ports_.open(std::move(options)).value();
  }

  // The log of the document is 1..n without gaps; returns n.
  std::uint64_t check_log(const std::string& name) {
    const auto reader = SqliteReader::open(folder_.path()).value();
    const auto page = reader->read_log(document(name), {}, 1 << 30).value();
    for (std::size_t i = 0; i < page.records.size(); ++i) {
      EXPECT_EQ(page.records[i].sequence, Sequence{i + 1});
    }
    EXPECT_EQ(page.head, Sequence{page.records.size()});
    return page.head.value;
  }

  TemporaryFolder folder_;
  SqlitePorts ports_;
  std::unique_ptr<SqliteDatabase> database_;
};

TEST_F(GroupCommitTest, carries_in_one_commit_what_arrived_during_another) {
  open();
  TestShard shard(*database_);
  constexpr int count = 2000;
  for (int i = 0; i < count; ++i) shard.append("a", "x");
  ASSERT_TRUE(shard.run());
  const std::vector<double> batches = ports_.metrics.batches();
  EXPECT_EQ(std::accumulate(batches.begin(), batches.end(), 0.0), count);
  EXPECT_LT(batches.size(), count / 4);
  EXPECT_EQ(shard.executor.posted(), batches.size()) << "one post a commit";
  EXPECT_EQ(check_log("a"), count);
}

TEST_F(GroupCommitTest, bounds_a_batch_by_updates_and_by_bytes) {
  open({.folder = {}, .batch_updates_max = 10, .batch_bytes_max = 50});
  TestShard shard(*database_);
  for (int i = 0; i < 40; ++i) shard.append("a", "12345678");
  for (int i = 0; i < 40; ++i) shard.append("a", "1");
  shard.append("a", std::string(1000, 'x'));
  ASSERT_TRUE(shard.run());
  for (const double batch : ports_.metrics.batches()) EXPECT_LE(batch, 10);
  EXPECT_EQ(check_log("a"), 81u);
}

TEST_F(GroupCommitTest, serves_many_shards_at_once) {
  open();
  constexpr int shards = 4;
  constexpr int appends = 1500;
  std::vector<std::unique_ptr<TestShard>> all;
  for (int i = 0; i < shards; ++i) all.push_back(std::make_unique<TestShard>(*database_));
  std::vector<std::thread> threads;
  std::atomic<int> committed = 0;
  for (auto& shard : all) {
    threads.emplace_back([&shard = *shard, &committed] {
      for (int i = 0; i < appends; ++i) {
        shard.append("document " + std::to_string(i % 5), "update");
        if (i % 100 == 0) shard.executor.run_ready();
      }
      EXPECT_TRUE(shard.run());
      for (const auto& [token, result] : shard.recorder.appends) {
        if (result.outcome == Outcome::committed) ++committed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(committed, shards * appends);
  for (int i = 0; i < 5; ++i) {
    // No number was given twice, though all shards wrote to the same documents.
    EXPECT_EQ(check_log("document " + std::to_string(i)), shards * appends / 5);
  }
  database_->stop();
  EXPECT_EQ(ports_.metrics.queued(), 0);
}

TEST_F(GroupCommitTest, answers_what_was_asked_before_it_stops_and_refuses_the_rest) {
  open();
  TestShard shard(*database_);
  std::vector<RequestToken> before;
  for (int i = 0; i < 500; ++i) before.push_back(shard.append("a", "x"));
  database_->stop();
  const RequestToken after = shard.append("a", "y");
  shard.store.read_log(shard.recorder.request(), document("a"), {}, 10);
  ASSERT_TRUE(shard.run());
  for (const RequestToken token : before) {
    EXPECT_EQ(shard.recorder.appends.at(token).outcome, Outcome::committed);
  }
  EXPECT_EQ(shard.recorder.appends.at(after).outcome, Outcome::refused);
  EXPECT_EQ(shard.recorder.appends.at(after).error, ErrorCode::unavailable);
  EXPECT_EQ(shard.recorder.pages.begin()->second.error().code, ErrorCode::unavailable);
  database_.reset();
  EXPECT_EQ(check_log("a"), 500u);
}

TEST_F(GroupCommitTest, refuses_an_update_that_is_too_large_alone) {
  open({.folder = {}, .value_bytes_max = 10'000});
  TestShard shard(*database_);
  std::vector<RequestToken> good;
  std::vector<RequestToken> bad;
  for (int i = 0; i < 200; ++i) {
    const bool large = i % 20 == 7;
    (large ? bad : good).push_back(shard.append("a", std::string(large ? 20'000 : 10, 'x')));
  }
  ASSERT_TRUE(shard.run());
  for (const RequestToken token : bad) {
    EXPECT_EQ(shard.recorder.appends.at(token).outcome, Outcome::refused);
    EXPECT_EQ(shard.recorder.appends.at(token).error, ErrorCode::too_large);
  }
  std::uint64_t next = 0;
  for (const RequestToken token : good) {
    EXPECT_EQ(shard.recorder.appends.at(token).sequence, Sequence{++next});
  }
  EXPECT_EQ(check_log("a"), good.size());
}

TEST_F(GroupCommitTest, gives_up_a_damaged_document_at_once_and_commits_the_others) {
  open();
  TestShard shard(*database_);
  for (int i = 0; i < 3; ++i) shard.append_and_run("damaged", "x");
  sqlite3* connection = nullptr;
  ASSERT_EQ(sqlite3_open((folder_.path() / "syncline.db").c_str(), &connection), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(connection, "UPDATE documents SET head = 0", nullptr, nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(connection);
  std::vector<RequestToken> good;
  std::vector<RequestToken> bad;
  for (int i = 0; i < 1000; ++i) {
    bad.push_back(shard.append("damaged", "y"));
    good.push_back(shard.append("sound", "y"));
  }
  ASSERT_TRUE(shard.run());
  for (const RequestToken token : bad) {
    EXPECT_EQ(shard.recorder.appends.at(token).outcome, Outcome::refused);
    EXPECT_EQ(shard.recorder.appends.at(token).error, ErrorCode::checksum_mismatch);
  }
  for (const RequestToken token : good) {
    EXPECT_EQ(shard.recorder.appends.at(token).outcome, Outcome::committed);
  }
  EXPECT_EQ(check_log("sound"), good.size());
  // Once a batch, and not once an update.
  EXPECT_LE(ports_.log.events().size(), ports_.metrics.batches().size());
}

TEST_F(GroupCommitTest, refuses_while_there_is_no_space_and_continues_once_there_is) {
  open();
  TestShard shard(*database_);
  EXPECT_EQ(shard.append_and_run("a", "first").outcome, Outcome::committed);
  database_->limit_pages(1);  // No fewer than there are: the database may not grow.
  ports::AppendResult full = {};
  std::uint64_t stored = 1;
  for (int i = 0; i < 50; ++i) {
    full = shard.append_and_run("a", std::string(5000, 'x'));
    if (full.outcome != Outcome::committed) break;
    ++stored;
  }
  EXPECT_EQ(full.outcome, Outcome::refused);
  EXPECT_EQ(full.error, ErrorCode::storage_full);
  EXPECT_EQ(ports_.metrics.level(ports::Gauge::degraded_store), 1);
  // A batch of many: all of it is refused, nothing is numbered.
  for (int i = 0; i < 100; ++i) shard.append("b", std::string(5000, 'x'));
  ASSERT_TRUE(shard.run());
  EXPECT_EQ(check_log("a"), stored);
  database_->limit_pages(1'000'000);
  const ports::AppendResult again = shard.append_and_run("a", std::string(5000, 'y'));
  EXPECT_EQ(again.outcome, Outcome::committed);
  EXPECT_EQ(again.sequence, Sequence{stored + 1});
  EXPECT_EQ(ports_.metrics.level(ports::Gauge::degraded_store), 0);
  EXPECT_EQ(check_log("a"), stored + 1);
  EXPECT_EQ(ports_.log.events(),
            (std::vector<std::string>{"the database cannot commit; edits are not acknowledged",
                                      "the database commits again"}));
}

TEST_F(GroupCommitTest, gives_up_a_snapshot_that_does_not_fit_and_keeps_the_updates) {
  open({.folder = {}, .value_bytes_max = 10'000});
  TestShard shard(*database_);
  EXPECT_EQ(shard.append_and_run("a", "x").outcome, Outcome::committed);
  const RequestToken snapshot = shard.recorder.request();
  shard.store.write_snapshot(snapshot, document("a"),
                             {Sequence{1}, 0, SharedBytes(as_bytes(std::string(20'000, 's')))});
  const RequestToken update = shard.append("a", "y");
  ASSERT_TRUE(shard.run());
  EXPECT_EQ(shard.recorder.written.at(snapshot), ports::SnapshotOutcome::failed);
  EXPECT_EQ(shard.recorder.appends.at(update).outcome, Outcome::committed);
}

TEST_F(GroupCommitTest, refuses_a_snapshot_that_is_ahead_of_the_log) {
  open();
  TestShard shard(*database_);
  EXPECT_EQ(shard.append_and_run("a", "x").outcome, Outcome::committed);
  const RequestToken ahead = shard.recorder.request();
  shard.store.write_snapshot(ahead, document("a"), {Sequence{2}, 0, SharedBytes(as_bytes("s"))});
  const RequestToken of_nothing = shard.recorder.request();
  shard.store.write_snapshot(of_nothing, document("b"),
                             {Sequence{1}, 0, SharedBytes(as_bytes("s"))});
  ASSERT_TRUE(shard.run());
  EXPECT_EQ(shard.recorder.written.at(ahead), ports::SnapshotOutcome::failed);
  EXPECT_EQ(shard.recorder.written.at(of_nothing), ports::SnapshotOutcome::failed);
}

// The kernel refuses to let a file grow: for SQLite the same as a disk that fails in the midst of a
// COMMIT, as that is when the write-ahead log is written.
TEST_F(GroupCommitTest, does_not_know_the_outcome_of_a_commit_that_fails) {
  open();
  TestShard shard(*database_);
  EXPECT_EQ(shard.append_and_run("a", "x").outcome, Outcome::committed);
  struct sigaction ignore = {};
  ignore.sa_handler = SIG_IGN;
  ASSERT_EQ(sigaction(SIGXFSZ, &ignore, nullptr), 0);
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit none = {.rlim_cur = 4096, .rlim_max = before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &none), 0);
  const ports::AppendResult failed = shard.append_and_run("a", std::string(100'000, 'y'));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(failed.outcome, Outcome::unknown);
  EXPECT_EQ(failed.error, ErrorCode::io_error);
  const ports::AppendResult again = shard.append_and_run("a", "z");
  EXPECT_EQ(again.outcome, Outcome::committed);
  EXPECT_EQ(check_log("a"), again.sequence.value);
}

TEST_F(GroupCommitTest, keeps_the_write_ahead_log_bounded) {
  open();
  TestShard shard(*database_);
  std::uintmax_t largest = 0;
  const std::filesystem::path log = folder_.path() / "syncline.db-wal";
  for (int round = 0; round < 60; ++round) {
    for (int i = 0; i < 20; ++i) shard.append("a", std::string(100'000, 'x'));
    ASSERT_TRUE(shard.run());
    largest = std::max(largest, std::filesystem::file_size(log));
  }
  // 120 MB went through it.
  EXPECT_LT(largest, 80u << 20);
  database_->stop();
  EXPECT_EQ(std::filesystem::file_size(log), 0u) << "truncated by the last checkpoint";
}

TEST_F(GroupCommitTest, stops_at_once_without_a_last_checkpoint) {
  open({.folder = {}, .batch_updates_max = 10});
  TestShard shard(*database_);
  EXPECT_EQ(shard.append_and_run("a", "first").outcome, Outcome::committed);
  for (int i = 0; i < 20'000; ++i) shard.append("a", "x");
  database_->stop_at_once();
  ASSERT_TRUE(shard.run()) << "everything is answered";
  std::uint64_t committed = 0;
  for (const auto& [token, result] : shard.recorder.appends) {
    if (result.outcome == Outcome::committed) {
      ++committed;
    } else {
      EXPECT_EQ(result.error, ErrorCode::unavailable);
    }
  }
  EXPECT_LT(committed, 20'001u);
  EXPECT_EQ(ports_.metrics.queued(), 0);
  database_.reset();
  EXPECT_GT(std::filesystem::file_size(folder_.path() / "syncline.db-wal"), 0u);
  EXPECT_EQ(check_log("a"), committed);
}

TEST_F(GroupCommitTest, appends_for_commands_and_waits) {
  open();
  EXPECT_EQ(database_->append(document("a"), SharedBytes(as_bytes("x")), 3).value(), Sequence{1});
  EXPECT_EQ(database_->append(document("a"), SharedBytes(as_bytes("y")), 3).value(), Sequence{2});
  database_->stop();
  EXPECT_EQ(database_->append(document("a"), SharedBytes(as_bytes("z")), 3).error().code,
            ErrorCode::unavailable);
}

}  // namespace
}  // namespace syncline::adapters
