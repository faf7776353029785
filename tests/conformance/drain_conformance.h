#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "server/base/bytes.h"
#include "server/ports/drain_store.h"
#include "server/ports/update_store.h"
#include "tests/conformance/store_recorder.h"

// What every DrainStore owes the workers, written against the ports alone. See
// store_conformance.h.

namespace syncline::conformance {

// One log, and two workers that drain into it.
class DrainWorld {
 public:
  static constexpr std::size_t workers = 2;

  virtual ~DrainWorld() = default;

  // worker < workers.
  virtual ports::DrainStore& drains(std::size_t worker) = 0;
  // A node's view of the log.
  virtual ports::UpdateStore& updates() = 0;

  // Where the answers go; called before the first request and after each reopen().
  virtual void attach(ports::DrainStoreSink& drains, ports::UpdateStoreSink& updates) = 0;

  // Lets the store work, on this thread, until `done`, or until it is clear that it never will be.
  virtual void run_until(const std::function<bool()>& done) = 0;

  // The store and everybody who uses it end and start again: what was committed must be there.
  virtual void reopen() = 0;
};

using MakeDrainWorld = std::unique_ptr<DrainWorld> (*)();

class DrainConformance : public testing::TestWithParam<MakeDrainWorld>,
                         public ports::DrainStoreSink {
 protected:
  DrainConformance() : world_(GetParam()()) { world_->attach(*this, recorder_); }

  void on_drain_done(RequestToken token, ports::DrainResult result) override {
    EXPECT_EQ(recorder_.waiting.erase(token), 1u) << "answered twice, or never asked: " << token;
    drained_.emplace(token, std::move(result));
  }

  void run() {
    world_->run_until([this] { return recorder_.waiting.empty(); });
    ASSERT_TRUE(recorder_.waiting.empty()) << "not every request was answered";
  }

  // Entries `first` to `last` of the lineage, each with bytes of its own.
  static ports::DrainBatch batch(const std::string& name, std::uint64_t lineage,
                                 std::uint64_t first, std::uint64_t last) {
    ports::DrainBatch batch{.document = document(name), .records = {}};
    for (std::uint64_t offset = first; offset <= last; ++offset) {
      batch.records.push_back({.position = {.lineage = lineage, .offset = offset},
                               .checksum = offset,
                               .update = SharedBytes(as_bytes(text_of(lineage, offset)))});
    }
    return batch;
  }
  static std::string text_of(std::uint64_t lineage, std::uint64_t offset) {
    return std::to_string(lineage) + "/" + std::to_string(offset);
  }

  RequestToken begin_drain(std::vector<ports::DrainBatch> batches, std::size_t worker = 0) {
    const RequestToken token = recorder_.request();
    world_->drains(worker).drain(token, std::move(batches));
    return token;
  }

  // Returns the heads.
  std::vector<Sequence> drain(std::vector<ports::DrainBatch> batches, std::size_t worker = 0) {
    const RequestToken token = begin_drain(std::move(batches), worker);
    run();
    const ports::DrainResult& result = drained_.at(token);
    EXPECT_EQ(result.outcome, ports::Outcome::committed);
    return result.heads;
  }

  std::vector<std::string> log(const std::string& name) {
    const RequestToken token = recorder_.request();
    world_->updates().read_log(token, document(name), {}, 1 << 20);
    run();
    std::vector<std::string> texts;
    for (const ports::LogRecord& record : recorder_.pages.at(token).value().records) {
      EXPECT_EQ(record.sequence, Sequence{texts.size() + 1});
      texts.emplace_back(as_text(record.update.view()));
    }
    return texts;
  }

  void append(const std::string& name, std::string_view text) {
    const RequestToken token = recorder_.request();
    world_->updates().append(token, document(name), SharedBytes(as_bytes(text)), 0);
    run();
    EXPECT_EQ(recorder_.appends.at(token).outcome, ports::Outcome::committed);
  }

  StoreRecorder recorder_;
  std::map<RequestToken, ports::DrainResult> drained_;
  std::unique_ptr<DrainWorld> world_;
};

using Texts = std::vector<std::string>;
using Heads = std::vector<Sequence>;

TEST_P(DrainConformance, appends_entries_in_the_order_of_their_offsets) {
  EXPECT_EQ(drain({batch("a", 7, 1, 3)}), Heads{Sequence{3}});
  EXPECT_EQ(log("a"), (Texts{"7/1", "7/2", "7/3"}));
}

TEST_P(DrainConformance, goes_on_after_what_is_in_the_log) {
  append("a", "before");
  EXPECT_EQ(drain({batch("a", 7, 1, 1)}), Heads{Sequence{2}});
  append("a", "after");
  EXPECT_EQ(log("a"), (Texts{"before", "7/1", "after"}));
}

TEST_P(DrainConformance, keeps_the_checksums) {
  drain({batch("a", 7, 1, 2)});
  const RequestToken token = recorder_.request();
  world_->updates().read_log(token, document("a"), Sequence{1}, 1000);
  run();
  EXPECT_EQ(recorder_.pages.at(token).value().records.at(0).checksum, 2u);
}

TEST_P(DrainConformance, answers_with_one_head_a_batch) {
  append("b", "x");
  EXPECT_EQ(drain({batch("c", 1, 1, 4), batch("a", 1, 1, 2), batch("b", 1, 1, 1)}),
            (Heads{Sequence{4}, Sequence{2}, Sequence{2}}));
}

TEST_P(DrainConformance, appends_nothing_twice) {
  drain({batch("a", 7, 1, 3)});
  EXPECT_EQ(drain({batch("a", 7, 1, 3)}), Heads{Sequence{3}});
  EXPECT_EQ(drain({batch("a", 7, 2, 3)}, 1), Heads{Sequence{3}});
  EXPECT_EQ(log("a").size(), 3u);
}

TEST_P(DrainConformance, appends_of_an_overlap_what_is_new) {
  drain({batch("a", 7, 1, 3)});
  EXPECT_EQ(drain({batch("a", 7, 2, 5)}, 1), Heads{Sequence{5}});
  EXPECT_EQ(log("a"), (Texts{"7/1", "7/2", "7/3", "7/4", "7/5"}));
}

TEST_P(DrainConformance, tells_lineages_apart) {
  drain({batch("a", 7, 1, 3)});
  EXPECT_EQ(drain({batch("a", 8, 3, 4)}), Heads{Sequence{5}});
  EXPECT_EQ(log("a"), (Texts{"7/1", "7/2", "7/3", "8/3", "8/4"}));
}

TEST_P(DrainConformance, takes_entries_of_two_lineages_in_one_batch) {
  ports::DrainBatch both = batch("a", 7, 1, 2);
  for (ports::BufferRecord& record : batch("a", 9, 3, 4).records) {
    both.records.push_back(std::move(record));
  }
  EXPECT_EQ(drain({both}), Heads{Sequence{4}});
  EXPECT_EQ(drain({both}), Heads{Sequence{4}});
  EXPECT_EQ(log("a"), (Texts{"7/1", "7/2", "9/3", "9/4"}));
}

// A worker that was stopped in the middle comes back when the buffer has long begun another
// lineage.
TEST_P(DrainConformance, remembers_older_lineages) {
  drain({batch("a", 7, 1, 3)});
  drain({batch("a", 8, 2, 2)}, 1);
  EXPECT_EQ(drain({batch("a", 7, 1, 3)}), Heads{Sequence{4}});
  EXPECT_EQ(drain({batch("a", 7, 3, 4)}), Heads{Sequence{5}});
}

TEST_P(DrainConformance, tells_documents_apart) {
  drain({batch("a", 7, 1, 1)});
  EXPECT_EQ(drain({batch("b", 7, 1, 1)}), Heads{Sequence{1}});
}

TEST_P(DrainConformance, remembers_over_a_restart) {
  drain({batch("a", 7, 1, 3)});
  world_->reopen();
  world_->attach(*this, recorder_);
  EXPECT_EQ(drain({batch("a", 7, 1, 4)}), Heads{Sequence{4}});
}

TEST_P(DrainConformance, lets_two_workers_drain_the_same_at_the_same_time) {
  constexpr std::uint64_t documents = 12;
  for (int round = 0; round < 20; ++round) {
    const auto lineage = static_cast<std::uint64_t>(round + 1);
    std::vector<ports::DrainBatch> forwards;
    std::vector<ports::DrainBatch> backwards;
    for (std::uint64_t i = 0; i < documents; ++i) {
      forwards.push_back(batch("d" + std::to_string(i), lineage, 1, 3));
      backwards.push_back(batch("d" + std::to_string(documents - 1 - i), lineage, 1, 3));
    }
    const RequestToken first = begin_drain(std::move(forwards), 0);
    const RequestToken second = begin_drain(std::move(backwards), 1);
    run();
    EXPECT_EQ(drained_.at(first).outcome, ports::Outcome::committed);
    EXPECT_EQ(drained_.at(second).outcome, ports::Outcome::committed);
    EXPECT_EQ(log("d5").size(), 3u * lineage);
  }
}

TEST_P(DrainConformance, lets_nodes_append_to_what_is_drained) {
  for (int round = 0; round < 20; ++round) {
    const auto offset = static_cast<std::uint64_t>(round + 1);
    begin_drain({batch("a", 7, offset, offset), batch("b", 7, offset, offset)});
    for (const char* name : {"b", "a"}) {
      world_->updates().append(recorder_.request(), document(name), SharedBytes(as_bytes("x")), 0);
    }
    run();
  }
  EXPECT_EQ(log("a").size(), 40u);
  EXPECT_EQ(log("b").size(), 40u);
}

}  // namespace syncline::conformance
