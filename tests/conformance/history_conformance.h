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
#include "server/ports/history_store.h"
#include "server/ports/snapshot_store.h"
#include "server/ports/update_store.h"
#include "tests/conformance/store_recorder.h"

// What every HistoryStore owes the workers, written against the ports alone. See
// store_conformance.h.

namespace syncline::conformance {

// One store.
class HistoryWorld {
 public:
  virtual ~HistoryWorld() = default;

  virtual ports::HistoryStore& history() = 0;
  virtual ports::UpdateStore& updates() = 0;
  virtual ports::SnapshotStore& snapshots() = 0;

  // Where the answers go; called before the first request and after each reopen().
  virtual void attach(ports::HistoryStoreSink& history, ports::UpdateStoreSink& updates,
                      ports::SnapshotStoreSink& snapshots) = 0;

  // Lets the store work, on this thread, until `done`, or until it is clear that it never will be.
  virtual void run_until(const std::function<bool()>& done) = 0;

  // Everything that is in the logs becomes so much older.
  virtual void age(seconds by) = 0;

  // The store and everybody who uses it end and start again: what was committed must be there.
  virtual void reopen() = 0;
};

using MakeHistoryWorld = std::unique_ptr<HistoryWorld> (*)();

class HistoryConformance : public testing::TestWithParam<MakeHistoryWorld>,
                           public ports::HistoryStoreSink {
 protected:
  HistoryConformance() : world_(GetParam()()) { world_->attach(*this, recorder_, recorder_); }

  void on_old_logs(RequestToken token, Result<ports::OldLogPage> page) override {
    EXPECT_EQ(recorder_.waiting.erase(token), 1u) << "answered twice, or never asked: " << token;
    old_logs_.emplace(token, std::move(page));
  }
  void on_forgotten(RequestToken token, ports::ForgetResult result) override {
    EXPECT_EQ(recorder_.waiting.erase(token), 1u) << "answered twice, or never asked: " << token;
    forgotten_.emplace(token, result);
  }

  void run() {
    world_->run_until([this] { return recorder_.waiting.empty(); });
    ASSERT_TRUE(recorder_.waiting.empty()) << "not every request was answered";
  }

  void append(const std::string& name, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      world_->updates().append(recorder_.request(), document(name), SharedBytes(as_bytes("12345")),
                               i);
    }
    run();
  }

  void write_snapshots(const std::string& name, const std::vector<std::uint64_t>& sequences) {
    for (const std::uint64_t at : sequences) {
      const RequestToken token = recorder_.request();
      world_->snapshots().write_snapshot(
          token, document(name), {Sequence{at}, checksum_of(at), SharedBytes(as_bytes("s"))});
      run();
      EXPECT_EQ(recorder_.written.at(token), ports::SnapshotOutcome::written);
    }
  }

  // Those that there are, the newest first.
  std::vector<std::uint64_t> snapshots(const std::string& name) {
    std::vector<std::uint64_t> sequences;
    Sequence before{std::numeric_limits<std::uint64_t>::max()};
    while (true) {
      const RequestToken token = recorder_.request();
      world_->snapshots().read_snapshot(token, document(name), before);
      run();
      const auto& found = recorder_.snapshots.at(token).value();
      if (!found) return sequences;
      before = found->sequence;
      sequences.push_back(before.value);
    }
  }

  // Sequence numbers of what the log has, and whether its head is `head`.
  std::vector<std::uint64_t> log(const std::string& name, std::uint64_t head) {
    const RequestToken token = recorder_.request();
    world_->updates().read_log(token, document(name), {}, 1 << 20);
    run();
    const ports::LogPage& page = recorder_.pages.at(token).value();
    EXPECT_EQ(page.head, Sequence{head});
    std::vector<std::uint64_t> sequences;
    for (const ports::LogRecord& record : page.records) sequences.push_back(record.sequence.value);
    return sequences;
  }

  ports::OldLogPage find(std::size_t updates_min = 1, std::optional<std::string> after = {},
                         std::size_t count_max = 100) {
    const RequestToken token = recorder_.request();
    std::optional<DocumentName> from;
    if (after) from = document(*after);
    world_->history().find_old_logs(token, from, count_max,
                                    {.retention = retention, .updates_min = updates_min});
    run();
    return old_logs_.at(token).value();
  }

  static std::vector<std::string> names(const ports::OldLogPage& page) {
    std::vector<std::string> names;
    for (const ports::OldLog& log : page.logs) names.push_back(log.document.text());
    return names;
  }

  ports::ForgetResult forget(const std::string& name, std::uint64_t older, std::uint64_t newer,
                             std::uint64_t through) {
    const RequestToken token = recorder_.request();
    world_->history().forget(token, document(name),
                             {.older = {Sequence{older}, checksum_of(older)},
                              .newer = {Sequence{newer}, checksum_of(newer)},
                              .through = Sequence{through},
                              .retention = retention});
    run();
    return forgotten_.at(token);
  }

  static std::uint64_t checksum_of(std::uint64_t snapshot) {
    return snapshot == wrong ? 0 : std::numeric_limits<std::uint64_t>::max() - snapshot;
  }

  static constexpr std::uint64_t wrong = 1'000'000;
  static constexpr seconds retention{1000};
  static constexpr seconds enough{1002};  // For what is there to be old.

  StoreRecorder recorder_;
  std::map<RequestToken, Result<ports::OldLogPage>> old_logs_;
  std::map<RequestToken, ports::ForgetResult> forgotten_;
  std::unique_ptr<HistoryWorld> world_;
};

using Names = std::vector<std::string>;
using Numbers = std::vector<std::uint64_t>;

TEST_P(HistoryConformance, finds_nothing_that_is_young) {
  append("a", 5);
  world_->age(retention - seconds(100));
  EXPECT_TRUE(find().logs.empty());
}

TEST_P(HistoryConformance, finds_a_log_whose_newest_entry_is_old) {
  append("a", 5);
  world_->age(enough);
  const ports::OldLogPage page = find(100);
  ASSERT_EQ(names(page), Names{"a"});
  EXPECT_EQ(page.logs[0].first, Sequence{1});
  EXPECT_EQ(page.logs[0].due, Sequence{5});
  EXPECT_EQ(page.logs[0].head, Sequence{5});
  EXPECT_FALSE(page.last.has_value());
}

TEST_P(HistoryConformance, finds_a_log_that_goes_on_if_enough_of_it_is_old) {
  append("a", 5);
  world_->age(enough);
  append("a", 3);
  const ports::OldLogPage page = find(4);
  ASSERT_EQ(names(page), Names{"a"});
  EXPECT_EQ(page.logs[0].due, Sequence{4});
  EXPECT_EQ(page.logs[0].head, Sequence{8});
  EXPECT_EQ(names(find(5)), Names{"a"});
  EXPECT_EQ(names(find(6)), Names{});
  EXPECT_EQ(names(find(100)), Names{});
}

TEST_P(HistoryConformance, finds_no_log_of_one_entry) {
  append("a", 1);
  world_->age(enough);
  EXPECT_EQ(names(find()), Names{});
}

TEST_P(HistoryConformance, goes_through_the_names_in_their_order) {
  for (const char* name : {"b", "a", "d", "c"}) append(name, 2);
  world_->age(enough);
  append("e", 2);
  ports::OldLogPage page = find(1, {}, 2);
  EXPECT_EQ(names(page), (Names{"a", "b"}));
  ASSERT_TRUE(page.last.has_value());
  EXPECT_EQ(page.last->text(), "b");
  page = find(1, "b", 2);
  EXPECT_EQ(names(page), (Names{"c", "d"}));
  page = find(1, "d", 2);
  EXPECT_EQ(names(page), Names{});
  EXPECT_FALSE(page.last.has_value());
  page = find(1, "aa", 1);
  EXPECT_EQ(names(page), Names{"b"});
}

TEST_P(HistoryConformance, passes_over_logs_for_which_there_is_no_second_snapshot) {
  append("a", 5);
  append("b", 5);
  append("c", 5);
  append("d", 5);
  write_snapshots("a", {5});
  write_snapshots("b", {4});
  write_snapshots("c", {1, 5});
  world_->age(enough);
  EXPECT_EQ(names(find()), (Names{"b", "c", "d"}));
  EXPECT_EQ(forget("c", 1, 5, 1).updates, 1u);
  EXPECT_EQ(names(find()), (Names{"b", "d"}));
}

TEST_P(HistoryConformance, forgets_from_the_first_entry_on) {
  append("a", 5);
  append("b", 5);
  write_snapshots("a", {4, 5});
  world_->age(enough);
  const ports::ForgetResult result = forget("a", 4, 5, 3);
  EXPECT_EQ(result.outcome, ports::ForgetOutcome::done);
  EXPECT_EQ(result.updates, 3u);
  EXPECT_EQ(result.bytes, 15u);
  EXPECT_EQ(log("a", 5), (Numbers{4, 5}));
  EXPECT_EQ(log("b", 5), (Numbers{1, 2, 3, 4, 5}));
  EXPECT_EQ(forget("a", 4, 5, 4).updates, 1u);
  EXPECT_EQ(forget("a", 4, 5, 4).updates, 0u);
  EXPECT_EQ(log("a", 5), Numbers{5});
}

TEST_P(HistoryConformance, gives_no_number_again) {
  append("a", 3);
  write_snapshots("a", {2, 3});
  world_->age(enough);
  EXPECT_EQ(forget("a", 2, 3, 2).updates, 2u);
  append("a", 2);
  EXPECT_EQ(log("a", 5), (Numbers{3, 4, 5}));
  world_->reopen();
  world_->attach(*this, recorder_, recorder_);
  append("a", 1);
  EXPECT_EQ(log("a", 6), (Numbers{3, 4, 5, 6}));
}

TEST_P(HistoryConformance, forgets_nothing_that_is_young) {
  append("a", 3);
  world_->age(enough);
  append("a", 3);
  write_snapshots("a", {5, 6});
  EXPECT_EQ(forget("a", 5, 6, 5).updates, 3u);
  EXPECT_EQ(log("a", 6), (Numbers{4, 5, 6}));
  const ports::ForgetResult again = forget("a", 5, 6, 5);
  EXPECT_EQ(again.outcome, ports::ForgetOutcome::done);
  EXPECT_EQ(again.updates, 0u);
  EXPECT_EQ(log("a", 6), (Numbers{4, 5, 6}));
}

TEST_P(HistoryConformance, forgets_nothing_without_both_snapshots) {
  append("a", 5);
  write_snapshots("a", {4, 5});
  world_->age(enough);
  EXPECT_EQ(forget("a", 3, 5, 3).outcome, ports::ForgetOutcome::stale);
  EXPECT_EQ(forget("a", 4, 6, 3).outcome, ports::ForgetOutcome::stale);
  EXPECT_EQ(forget("a", 4, wrong, 3).outcome, ports::ForgetOutcome::stale);
  EXPECT_EQ(forget("nothing", 4, 5, 3).outcome, ports::ForgetOutcome::stale);
  EXPECT_EQ(log("a", 5), (Numbers{1, 2, 3, 4, 5}));
  append("a", 1);
  write_snapshots("a", {6});
  EXPECT_EQ(snapshots("a"), (Numbers{6, 5})) << "what was stale kept a snapshot";
}

TEST_P(HistoryConformance, keeps_the_snapshots_on_which_it_relies) {
  append("a", 9);
  write_snapshots("a", {2, 3});
  world_->age(enough);
  EXPECT_EQ(forget("a", 2, 3, 2).updates, 2u);
  write_snapshots("a", {4, 5, 6});
  EXPECT_EQ(snapshots("a"), (Numbers{6, 5, 3, 2}));
  world_->reopen();
  world_->attach(*this, recorder_, recorder_);
  write_snapshots("a", {7});
  EXPECT_EQ(snapshots("a"), (Numbers{7, 6, 3, 2}));
  EXPECT_EQ(forget("a", 6, 7, 6).updates, 4u);
  EXPECT_EQ(snapshots("a"), (Numbers{7, 6}));
}

TEST_P(HistoryConformance, whoever_is_late_with_older_snapshots_changes_nothing) {
  append("a", 9);
  write_snapshots("a", {2, 3});
  world_->age(enough);
  EXPECT_EQ(forget("a", 2, 3, 1).updates, 1u);
  write_snapshots("a", {5, 6});
  EXPECT_EQ(forget("a", 5, 6, 1).outcome, ports::ForgetOutcome::done);
  EXPECT_EQ(forget("a", 2, 3, 2).outcome, ports::ForgetOutcome::stale);
  EXPECT_EQ(forget("a", 3, 6, 3).outcome, ports::ForgetOutcome::stale);
  EXPECT_EQ(log("a", 9), (Numbers{2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(snapshots("a"), (Numbers{6, 5}));
}

TEST_P(HistoryConformance, lets_others_append_and_write_snapshots_meanwhile) {
  append("a", 50);
  write_snapshots("a", {40, 50});
  world_->age(enough);
  for (std::uint64_t i = 1; i <= 40; ++i) {
    world_->updates().append(recorder_.request(), document("a"), SharedBytes(as_bytes("x")), 0);
    world_->history().forget(recorder_.request(), document("a"),
                             {.older = {Sequence{40}, checksum_of(40)},
                              .newer = {Sequence{50}, checksum_of(50)},
                              .through = Sequence{i},
                              .retention = retention});
    world_->snapshots().write_snapshot(
        recorder_.request(), document("a"),
        {Sequence{50 + i / 4}, checksum_of(50 + i / 4), SharedBytes(as_bytes("s"))});
  }
  run();
  std::size_t gone = 0;
  for (const auto& [token, result] : forgotten_) gone += result.updates;
  const Numbers left = log("a", 90);
  EXPECT_EQ(gone + left.size(), 90u);
  EXPECT_EQ(left.back(), 90u);
  EXPECT_EQ(left.front(), gone + 1);
}

}  // namespace syncline::conformance
