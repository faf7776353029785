#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "server/base/bytes.h"
#include "server/base/document_name.h"
#include "server/ports/snapshot_store.h"
#include "server/ports/update_store.h"
#include "tests/conformance/store_recorder.h"

// What every UpdateStore and SnapshotStore owes the core, written against the ports alone. A store
// passes it by instantiating the suite with its world:
//
//   INSTANTIATE_TEST_SUITE_P(Sqlite, StoreConformance, testing::Values(make_sqlite_world));
//
// The tests are defined here, so one source file of a program includes this.

namespace syncline::conformance {

// One store and the little world it needs.
class StoreWorld {
 public:
  virtual ~StoreWorld() = default;

  virtual ports::UpdateStore& updates() = 0;
  virtual ports::SnapshotStore& snapshots() = 0;

  // Where the answers go; called before the first request and after each reopen().
  virtual void attach(ports::UpdateStoreSink& updates, ports::SnapshotStoreSink& snapshots) = 0;

  // Lets the store work, on this thread, until every request made so far has its answer.
  virtual void run_until_idle(const std::function<bool()>& idle) = 0;

  // The process ends and starts again: what was committed must be there.
  virtual void reopen() = 0;
};

using MakeStoreWorld = std::unique_ptr<StoreWorld> (*)();

class StoreConformance : public testing::TestWithParam<MakeStoreWorld> {
 protected:
  StoreConformance() : world_(GetParam()()) { world_->attach(recorder_, recorder_); }

  void run() {
    world_->run_until_idle([this] { return recorder_.waiting.empty(); });
    ASSERT_TRUE(recorder_.waiting.empty()) << "not every request was answered";
  }

  void reopen() {
    world_->reopen();
    world_->attach(recorder_, recorder_);
  }

  RequestToken begin_append(const std::string& name, std::string_view text,
                            std::uint64_t checksum = 0) {
    const RequestToken token = recorder_.request();
    world_->updates().append(token, document(name), SharedBytes(as_bytes(text)), checksum);
    return token;
  }

  Sequence append(const std::string& name, std::string_view text, std::uint64_t checksum = 0) {
    const RequestToken token = begin_append(name, text, checksum);
    run();
    const ports::AppendResult result = recorder_.appends.at(token);
    EXPECT_EQ(result.outcome, ports::Outcome::committed);
    return result.sequence;
  }

  ports::LogPage read_log(const std::string& name, Sequence after = {},
                          std::size_t bytes_max = 1 << 20) {
    const RequestToken token = recorder_.request();
    world_->updates().read_log(token, document(name), after, bytes_max);
    run();
    return recorder_.pages.at(token).value();
  }

  std::vector<Sequence> read_heads(const std::vector<std::string>& names) {
    const RequestToken token = recorder_.request();
    std::vector<DocumentName> documents;
    for (const std::string& name : names) documents.push_back(document(name));
    world_->updates().read_heads(token, std::move(documents));
    run();
    return recorder_.heads.at(token).value();
  }

  ports::SnapshotOutcome write_snapshot(const std::string& name, std::uint64_t sequence,
                                        std::string_view state, std::uint64_t checksum = 0) {
    const RequestToken token = recorder_.request();
    world_->snapshots().write_snapshot(
        token, document(name), {Sequence{sequence}, checksum, SharedBytes(as_bytes(state))});
    run();
    return recorder_.written.at(token);
  }

  std::optional<ports::Snapshot> read_snapshot(
      const std::string& name, std::uint64_t before = std::numeric_limits<std::uint64_t>::max()) {
    const RequestToken token = recorder_.request();
    world_->snapshots().read_snapshot(token, document(name), Sequence{before});
    run();
    return recorder_.snapshots.at(token).value();
  }

  StoreRecorder recorder_;
  std::unique_ptr<StoreWorld> world_;
};

TEST_P(StoreConformance, numbers_the_updates_of_each_document_from_one) {
  EXPECT_EQ(append("a", "x"), Sequence{1});
  EXPECT_EQ(append("a", "y"), Sequence{2});
  EXPECT_EQ(append("b", "z"), Sequence{1});
  EXPECT_EQ(append("a", "w"), Sequence{3});
}

TEST_P(StoreConformance, answers_no_request_from_within_the_call) {
  begin_append("a", "x");
  world_->updates().read_log(recorder_.request(), document("a"), {}, 100);
  world_->updates().read_heads(recorder_.request(), {document("a")});
  world_->snapshots().read_snapshot(recorder_.request(), document("a"), Sequence{9});
  world_->snapshots().write_snapshot(recorder_.request(), document("a"), {});
  EXPECT_EQ(recorder_.waiting.size(), 5u);
  run();
}

TEST_P(StoreConformance, keeps_the_order_of_the_calls_for_each_document) {
  std::map<std::string, std::vector<RequestToken>> tokens;
  for (int i = 0; i < 300; ++i) {
    const std::string name = "document " + std::to_string(i % 7);
    tokens[name].push_back(begin_append(name, std::to_string(i)));
  }
  run();
  for (const auto& [name, of_document] : tokens) {
    const ports::LogPage page = read_log(name);
    ASSERT_EQ(page.records.size(), of_document.size());
    EXPECT_EQ(page.head, Sequence{of_document.size()});
    for (std::size_t i = 0; i < of_document.size(); ++i) {
      EXPECT_EQ(recorder_.appends.at(of_document[i]).sequence, Sequence{i + 1});
      EXPECT_EQ(page.records[i].sequence, Sequence{i + 1});
    }
  }
}

TEST_P(StoreConformance, tells_the_updates_of_a_few_documents_apart) {
  for (std::uint64_t round = 0; round < 20; ++round) {
    const std::string number = std::to_string(round);
    const RequestToken c = begin_append("c", "c" + number);
    const RequestToken a = begin_append("a", "a" + number);
    const RequestToken c_again = begin_append("c", "c again " + number);
    const RequestToken fresh = begin_append("b" + number, "b" + number);
    run();
    EXPECT_EQ(recorder_.appends.at(c).sequence, Sequence{2 * round + 1});
    EXPECT_EQ(recorder_.appends.at(a).sequence, Sequence{round + 1});
    EXPECT_EQ(recorder_.appends.at(c_again).sequence, Sequence{2 * round + 2});
    EXPECT_EQ(recorder_.appends.at(fresh).sequence, Sequence{1});
    for (const auto& [name, text] :
         {std::pair(std::string("c"), "c again " + number),
          std::pair(std::string("a"), "a" + number), std::pair("b" + number, "b" + number)}) {
      const ports::LogPage page = read_log(name);
      ASSERT_FALSE(page.records.empty());
      EXPECT_EQ(as_text(page.records.back().update.view()), text);
    }
  }
}

TEST_P(StoreConformance, gives_back_the_bytes_and_the_checksum) {
  std::string every_byte;
  for (int i = 0; i < 256; ++i) every_byte.push_back(static_cast<char>(i));
  constexpr std::uint64_t checksum_max = std::numeric_limits<std::uint64_t>::max();
  append("a", every_byte, checksum_max);
  append("a", std::string(3'000'000, '\0'), 7);
  const ports::LogPage page = read_log("a", {}, 10'000'000);
  ASSERT_EQ(page.records.size(), 2u);
  EXPECT_EQ(as_text(page.records[0].update.view()), every_byte);
  EXPECT_EQ(page.records[0].checksum, checksum_max);
  EXPECT_EQ(page.records[1].update.size(), 3'000'000u);
  EXPECT_EQ(page.records[1].checksum, 7u);
}

TEST_P(StoreConformance, reads_a_document_that_was_never_written_as_an_empty_log) {
  const ports::LogPage page = read_log("nothing");
  EXPECT_TRUE(page.records.empty());
  EXPECT_EQ(page.head, Sequence{0});
}

TEST_P(StoreConformance, tells_documents_apart_by_the_bytes_of_their_names) {
  const std::vector<std::string> names = {"a",
                                          "A",
                                          "a/b",
                                          "a%2Fb",
                                          "\u00e9",
                                          "e\u0301",
                                          "a b",
                                          "'; DROP TABLE updates; --",
                                          std::string(512, 'n')};
  for (const std::string& name : names) EXPECT_EQ(append(name, name), Sequence{1});
  for (const std::string& name : names) {
    const ports::LogPage page = read_log(name);
    ASSERT_EQ(page.records.size(), 1u);
    EXPECT_EQ(as_text(page.records[0].update.view()), name);
  }
}

TEST_P(StoreConformance, reads_the_log_in_pages_of_about_the_size_asked_for) {
  for (int i = 0; i < 50; ++i) begin_append("a", std::string(1000, 'x'));
  run();
  Sequence after{0};
  int pages = 0;
  while (after < Sequence{50}) {
    const ports::LogPage page = read_log("a", after, 5000);
    ASSERT_FALSE(page.records.empty());
    EXPECT_LE(page.records.size(), 6u);
    EXPECT_EQ(page.head, Sequence{50});
    for (const ports::LogRecord& record : page.records) {
      EXPECT_EQ(record.sequence, Sequence{after.value + 1});
      after = record.sequence;
    }
    ++pages;
  }
  EXPECT_GE(pages, 9);
  EXPECT_EQ(after, Sequence{50});
}

TEST_P(StoreConformance, reads_at_least_one_update_however_small_the_page) {
  append("a", std::string(100'000, 'x'));
  append("a", "y");
  EXPECT_EQ(read_log("a", {}, 1).records.size(), 1u);
  EXPECT_EQ(read_log("a", Sequence{1}, 1).records.size(), 1u);
  const ports::LogPage beyond = read_log("a", Sequence{2}, 1);
  EXPECT_TRUE(beyond.records.empty());
  EXPECT_EQ(beyond.head, Sequence{2});
}

TEST_P(StoreConformance, reads_what_was_committed_before) {
  for (std::uint64_t i = 1; i <= 20; ++i) {
    append("a", "x");
    EXPECT_EQ(read_log("a", Sequence{i - 1}).records.size(), 1u);
  }
}

TEST_P(StoreConformance, reads_the_heads_of_many_documents_in_the_order_asked_for) {
  append("a", "x");
  append("b", "y");
  append("b", "z");
  const std::vector<Sequence> heads = read_heads({"b", "nothing", "a", "b"});
  EXPECT_EQ(heads, (std::vector<Sequence>{Sequence{2}, Sequence{0}, Sequence{1}, Sequence{2}}));
  append("a", "w");
  EXPECT_EQ(read_heads({"a"}), std::vector<Sequence>{Sequence{2}});
}

TEST_P(StoreConformance, continues_the_numbers_after_a_restart) {
  append("a", "x");
  append("a", "y");
  reopen();
  EXPECT_EQ(read_log("a").records.size(), 2u);
  EXPECT_EQ(append("a", "z"), Sequence{3});
}

TEST_P(StoreConformance, has_no_snapshot_of_a_document_at_first) {
  EXPECT_FALSE(read_snapshot("a").has_value());
  append("a", "x");
  EXPECT_FALSE(read_snapshot("a").has_value());
}

TEST_P(StoreConformance, gives_back_the_newest_snapshot) {
  for (int i = 0; i < 3; ++i) append("a", "x");
  EXPECT_EQ(write_snapshot("a", 1, "one", 11), ports::SnapshotOutcome::written);
  EXPECT_EQ(write_snapshot("a", 3, "three", 33), ports::SnapshotOutcome::written);
  const auto snapshot = read_snapshot("a");
  ASSERT_TRUE(snapshot.has_value());
  EXPECT_EQ(snapshot->sequence, Sequence{3});
  EXPECT_EQ(snapshot->checksum, 33u);
  EXPECT_EQ(as_text(snapshot->state.view()), "three");
}

TEST_P(StoreConformance, falls_back_to_the_snapshot_before) {
  for (int i = 0; i < 4; ++i) append("a", "x");
  for (std::uint64_t i = 1; i <= 4; ++i) write_snapshot("a", i, std::to_string(i));
  const auto newest = read_snapshot("a");
  ASSERT_TRUE(newest.has_value());
  const auto before = read_snapshot("a", newest->sequence.value);
  ASSERT_TRUE(before.has_value());
  EXPECT_EQ(before->sequence, Sequence{3});
  EXPECT_EQ(as_text(before->state.view()), "3");
}

TEST_P(StoreConformance, never_lets_an_older_snapshot_replace_a_newer_one) {
  for (int i = 0; i < 4; ++i) append("a", "x");
  EXPECT_EQ(write_snapshot("a", 3, "three"), ports::SnapshotOutcome::written);
  EXPECT_EQ(write_snapshot("a", 2, "two"), ports::SnapshotOutcome::stale);
  EXPECT_EQ(write_snapshot("a", 3, "another three"), ports::SnapshotOutcome::stale);
  EXPECT_EQ(as_text(read_snapshot("a")->state.view()), "three");
  EXPECT_FALSE(read_snapshot("a", 3).has_value());
}

TEST_P(StoreConformance, keeps_snapshots_over_a_restart) {
  append("a", "x");
  write_snapshot("a", 1, std::string(2'000'000, 's'), 5);
  reopen();
  const auto snapshot = read_snapshot("a");
  ASSERT_TRUE(snapshot.has_value());
  EXPECT_EQ(snapshot->state.size(), 2'000'000u);
  EXPECT_EQ(snapshot->checksum, 5u);
}

}  // namespace syncline::conformance
