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
#include "server/ports/broker.h"
#include "server/ports/write_buffer.h"
#include "tests/conformance/broker_recorder.h"
#include "tests/conformance/store_recorder.h"

// What every WriteBuffer owes nodes and workers, written against the ports alone. See
// store_conformance.h.

namespace syncline::conformance {

// One buffer, and those who use it.
class BufferWorld {
 public:
  static constexpr std::size_t users = 2;

  virtual ~BufferWorld() = default;

  // user < users.
  virtual ports::WriteBuffer& buffer(std::size_t user) = 0;
  virtual ports::Broker& broker(std::size_t user) = 0;
  // Where answers and messages go; called once, before the first request.
  virtual void attach(std::size_t user, ports::WriteBufferSink& answers,
                      ports::BrokerSink& messages) = 0;

  // Lets the buffer work, on this thread, until `done`, or until it is clear that it never will be.
  virtual void run_until(const std::function<bool()>& done) = 0;
  // Until everything that was asked for so far has long arrived.
  virtual void settle() = 0;
  // Until so much time has passed on the buffer's clock.
  virtual void pass(Duration time) = 0;

  // The buffer's process ends and starts again, and has forgotten nothing. Users have connected to
  // it again when this returns; so with the next two.
  virtual void restart() = 0;
  // The same, but what was done after the last call of keep() is forgotten.
  virtual void keep() = 0;
  virtual void restart_as_kept() = 0;
  // Everything is forgotten, while the process goes on.
  virtual void flush() = 0;
  // The same, but of one document only, its entries or where it stands.
  virtual void lose_entries(const std::string& name) = 0;
  virtual void lose_head(const std::string& name) = 0;
};

using MakeBufferWorld = std::unique_ptr<BufferWorld> (*)();

class BufferConformance : public testing::TestWithParam<MakeBufferWorld>,
                          public ports::WriteBufferSink {
 protected:
  using Position = ports::BufferPosition;
  using Texts = std::vector<std::string>;

  BufferConformance() : world_(GetParam()()) {
    for (std::size_t user = 0; user < BufferWorld::users; ++user) {
      world_->attach(user, *this, heard_[user]);
    }
    world_->settle();
  }

  void on_buffer_append_done(RequestToken token, ports::BufferAppendResult result) override {
    answered(token);
    appends_.emplace(token, result);
  }
  void on_buffer_page(RequestToken token, Result<ports::BufferPage> page) override {
    answered(token);
    pages_.emplace(token, std::move(page));
  }
  void on_buffer_heads(RequestToken token, Result<ports::BufferHeads> heads) override {
    answered(token);
    heads_.emplace(token, std::move(heads));
  }
  void on_buffer_claimed(RequestToken token, Result<std::vector<DocumentName>> documents) override {
    answered(token);
    claims_.emplace(token, std::move(documents));
  }
  void on_buffer_trimmed(RequestToken token, Result<ports::BufferHead> head) override {
    answered(token);
    trims_.emplace(token, std::move(head));
  }

  RequestToken request() {
    waiting_.emplace(RequestToken{++last_token_}, true);
    return RequestToken{last_token_};
  }
  void run() {
    world_->run_until([this] { return waiting_.empty(); });
    ASSERT_TRUE(waiting_.empty()) << "not every request was answered";
  }

  RequestToken begin_append(const std::string& name, std::string_view text, std::size_t user = 0,
                            std::uint64_t known_lineage = 0) {
    const RequestToken token = request();
    world_->buffer(user).append(token, document(name), SharedBytes(as_bytes(text)), text.size(),
                                known_lineage);
    return token;
  }
  Position append(const std::string& name, std::string_view text, std::size_t user = 0,
                  std::uint64_t known_lineage = 0) {
    const RequestToken token = begin_append(name, text, user, known_lineage);
    run();
    const ports::BufferAppendResult& result = appends_.at(token);
    EXPECT_EQ(result.outcome, ports::Outcome::committed);
    return result.position;
  }
  ports::BufferPage read(const std::string& name, Position after = {},
                         std::size_t bytes_max = 1 << 20) {
    const RequestToken token = request();
    world_->buffer(0).read(token, document(name), after, bytes_max);
    run();
    return pages_.at(token).value();
  }
  Texts texts(const std::string& name, Position after = {}) {
    Texts result;
    for (const ports::BufferRecord& record : read(name, after).records) {
      result.emplace_back(as_text(record.update.view()));
    }
    return result;
  }
  std::vector<ports::BufferHead> heads(const std::vector<std::string>& names) {
    std::vector<DocumentName> documents;
    for (const std::string& name : names) documents.push_back(document(name));
    const RequestToken token = request();
    world_->buffer(0).read_heads(token, std::move(documents));
    run();
    std::vector<ports::BufferHead> found;
    for (const auto& head : heads_.at(token).value()) found.push_back(head.value());
    return found;
  }
  ports::BufferHead head(const std::string& name) { return heads({name}).at(0); }
  Texts claim(std::size_t count_max, Duration lease = seconds(10), std::size_t user = 0) {
    const RequestToken token = request();
    world_->buffer(user).claim(token, count_max, lease);
    run();
    Texts names;
    for (const DocumentName& name : claims_.at(token).value()) names.push_back(name.text());
    return names;
  }
  ports::BufferHead trim(const std::string& name, Position through, std::size_t user = 0) {
    const RequestToken token = request();
    world_->buffer(user).trim(token, document(name), through);
    run();
    return trims_.at(token).value();
  }

  std::map<RequestToken, bool> waiting_;
  std::map<RequestToken, ports::BufferAppendResult> appends_;
  std::map<RequestToken, Result<ports::BufferPage>> pages_;
  std::map<RequestToken, Result<ports::BufferHeads>> heads_;
  std::map<RequestToken, Result<std::vector<DocumentName>>> claims_;
  std::map<RequestToken, Result<ports::BufferHead>> trims_;
  BrokerRecorder heard_[BufferWorld::users];
  std::unique_ptr<BufferWorld> world_;

 private:
  void answered(RequestToken token) {
    EXPECT_EQ(waiting_.erase(token), 1u) << "answered twice, or never asked: " << token;
  }

  std::uint64_t last_token_ = 0;
};

// Appending.

TEST_P(BufferConformance, gives_each_update_of_a_document_the_next_offset) {
  const Position first = append("a", "x");
  EXPECT_EQ(first.offset, 1u);
  EXPECT_GT(first.lineage, 0u);
  EXPECT_LT(first.lineage, std::uint64_t{1} << 53);
  EXPECT_EQ(append("a", "y", 1), (Position{first.lineage, 2}));
  EXPECT_EQ(append("b", "z").offset, 1u);
  EXPECT_EQ(append("a", "w", 0, first.lineage), (Position{first.lineage, 3}));
}

TEST_P(BufferConformance, answers_no_request_from_within_the_call) {
  begin_append("a", "x");
  world_->buffer(0).read(request(), document("a"), {}, 100);
  world_->buffer(0).read_heads(request(), {document("a")});
  world_->buffer(0).claim(request(), 1, seconds(1));
  world_->buffer(0).trim(request(), document("a"), {});
  EXPECT_EQ(waiting_.size(), 5u);
  run();
}

TEST_P(BufferConformance, keeps_the_order_of_the_calls_for_each_document) {
  std::map<std::string, std::vector<RequestToken>> tokens;
  for (int i = 0; i < 300; ++i) {
    const std::string name = "document " + std::to_string(i % 7);
    tokens[name].push_back(begin_append(name, std::to_string(i)));
  }
  run();
  for (const auto& [name, of_document] : tokens) {
    for (std::size_t i = 0; i < of_document.size(); ++i) {
      EXPECT_EQ(appends_.at(of_document[i]).position.offset, i + 1);
    }
  }
}

TEST_P(BufferConformance, gives_back_the_bytes_and_the_checksum) {
  std::string every_byte;
  for (int i = 0; i < 256; ++i) every_byte.push_back(static_cast<char>(i));
  append("a", every_byte);
  append("a", std::string(1'000'000, '\0'));
  const ports::BufferPage page = read("a", {}, 10'000'000);
  ASSERT_EQ(page.records.size(), 2u);
  EXPECT_EQ(as_text(page.records[0].update.view()), every_byte);
  EXPECT_EQ(page.records[0].checksum, 256u);
  EXPECT_EQ(page.records[1].update.size(), 1'000'000u);
  EXPECT_EQ(page.records[1].checksum, 1'000'000u);
}

TEST_P(BufferConformance, keeps_the_largest_checksum) {
  const RequestToken token = request();
  constexpr std::uint64_t largest = UINT64_MAX;
  world_->buffer(0).append(token, document("a"), SharedBytes(as_bytes("x")), largest, 0);
  run();
  EXPECT_EQ(read("a").records.at(0).checksum, largest);
}

TEST_P(BufferConformance, publishes_to_everybody_who_is_subscribed) {
  world_->broker(0).subscribe(document("a"));
  world_->broker(1).subscribe(document("a"));
  world_->settle();
  const Position position = append("a", "x");
  append("b", "y");
  world_->settle();
  for (const BrokerRecorder& heard : heard_) {
    EXPECT_EQ(heard.heard, Texts{"buffered a 1 x"});
    EXPECT_EQ(heard.lineages, std::vector<std::uint64_t>{position.lineage});
  }
}

// Whoever reads the buffer after that, and hears, has everything.
TEST_P(BufferConformance, says_when_a_subscription_stands) {
  world_->broker(0).subscribe(document("a"));
  EXPECT_EQ(heard_[0].subscribed, Texts{}) << "not from within the call";
  world_->run_until([this] { return !heard_[0].subscribed.empty(); });
  append("a", "x", 1);
  world_->settle();
  EXPECT_EQ(heard_[0].heard, Texts{"buffered a 1 x"});
  EXPECT_EQ(heard_[0].subscribed, Texts{"a"});
  world_->broker(0).unsubscribe(document("a"));
  world_->broker(0).subscribe(document("a"));
  world_->settle();
  EXPECT_EQ(heard_[0].subscribed, (Texts{"a", "a"}));
}

// Reading.

TEST_P(BufferConformance, knows_nothing_of_a_document_at_first) {
  const ports::BufferPage page = read("a");
  EXPECT_TRUE(page.records.empty());
  EXPECT_EQ(page.head.lineage, 0u);
  EXPECT_EQ(page.head.head, 0u);
  EXPECT_EQ(trim("a", {5, 5}).lineage, 0u);
  EXPECT_EQ(head("a").lineage, 0u);
}

TEST_P(BufferConformance, reads_in_pages_of_about_the_size_asked_for) {
  for (int i = 0; i < 50; ++i) begin_append("a", std::string(1000, 'x'));
  run();
  Position after{};
  int pages = 0;
  while (after.offset < 50) {
    const ports::BufferPage page = read("a", after, 5000);
    ASSERT_FALSE(page.records.empty());
    EXPECT_LE(page.records.size(), 6u);
    EXPECT_EQ(page.head.head, 50u);
    for (const ports::BufferRecord& record : page.records) {
      EXPECT_EQ(record.position, (Position{page.head.lineage, after.offset + 1}));
      after = record.position;
    }
    ++pages;
  }
  EXPECT_GE(pages, 9);
  EXPECT_TRUE(read("a", after).records.empty());
}

TEST_P(BufferConformance, reads_at_least_one_entry_however_small_the_page) {
  append("a", std::string(100'000, 'x'));
  const Position second = append("a", "y");
  EXPECT_EQ(read("a", {}, 1).records.size(), 1u);
  EXPECT_EQ(read("a", {second.lineage, 1}, 1).records.size(), 1u);
}

TEST_P(BufferConformance, reads_from_the_oldest_entry_under_another_lineage) {
  append("a", "x");
  const Position last = append("a", "y");
  EXPECT_EQ(texts("a", {last.lineage, 1}), Texts{"y"});
  EXPECT_EQ(texts("a", {last.lineage - 1, 1}), (Texts{"x", "y"}));
}

TEST_P(BufferConformance, reads_many_heads_at_once) {
  const Position a = append("a", "x");
  append("a", "y");
  append("c", "z");
  trim("c", {head("c").lineage, 1});
  const std::vector<ports::BufferHead> found = heads({"c", "nothing", "a"});
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].head, 1u);
  EXPECT_EQ(found[0].trimmed, 1u);
  EXPECT_EQ(found[1].lineage, 0u);
  EXPECT_EQ(found[2].lineage, a.lineage);
  EXPECT_EQ(found[2].head, 2u);
  EXPECT_EQ(found[2].trimmed, 0u);
}

// Trimming.

TEST_P(BufferConformance, forgets_what_is_trimmed) {
  append("a", "x");
  append("a", "y");
  const Position last = append("a", "z");
  const ports::BufferHead after = trim("a", {last.lineage, 2}, 1);
  EXPECT_EQ(after.lineage, last.lineage);
  EXPECT_EQ(after.head, 3u);
  EXPECT_EQ(after.trimmed, 2u);
  EXPECT_EQ(texts("a"), Texts{"z"});
  EXPECT_EQ(texts("a", {last.lineage, 1}), Texts{"z"});
  EXPECT_EQ(trim("a", last).trimmed, 3u);
  EXPECT_EQ(texts("a"), Texts{});
  EXPECT_EQ(append("a", "w").offset, 4u);
}

TEST_P(BufferConformance, trims_never_backwards_and_never_beyond_the_end) {
  append("a", "x");
  const Position last = append("a", "y");
  EXPECT_EQ(trim("a", {last.lineage, 9}).trimmed, 2u);
  EXPECT_EQ(trim("a", {last.lineage, 1}).trimmed, 2u);
  EXPECT_EQ(append("a", "z").offset, 3u);
}

TEST_P(BufferConformance, trims_nothing_under_another_lineage) {
  const Position last = append("a", "x");
  EXPECT_EQ(trim("a", {last.lineage - 1, 1}).trimmed, 0u);
  EXPECT_EQ(texts("a"), Texts{"x"});
}

// Claims.

TEST_P(BufferConformance, gives_dirty_documents_to_one_worker_at_a_time) {
  append("a", "x");
  append("b", "y");
  EXPECT_EQ(claim(1), Texts{"a"});
  EXPECT_EQ(claim(10, seconds(10), 1), Texts{"b"});
  EXPECT_EQ(claim(10), Texts{});
}

TEST_P(BufferConformance, gives_the_longest_dirty_first) {
  append("c", "x");
  world_->pass(milliseconds(20));
  append("a", "x");
  world_->pass(milliseconds(20));
  append("b", "x");
  append("c", "y");
  EXPECT_EQ(claim(2), (Texts{"c", "a"}));
  EXPECT_EQ(claim(2), Texts{"b"});
}

TEST_P(BufferConformance, gives_a_document_to_another_once_the_lease_is_over) {
  append("a", "x");
  EXPECT_EQ(claim(1, milliseconds(300)), Texts{"a"});
  EXPECT_EQ(claim(1, milliseconds(300), 1), Texts{});
  world_->pass(milliseconds(400));
  EXPECT_EQ(claim(1, milliseconds(300), 1), Texts{"a"});
}

TEST_P(BufferConformance, gives_no_clean_document_to_anybody) {
  const Position last = append("a", "x");
  trim("a", last);
  EXPECT_EQ(claim(1), Texts{});
}

TEST_P(BufferConformance, gives_a_document_that_is_dirty_again_at_once) {
  const Position last = append("a", "x");
  EXPECT_EQ(claim(1), Texts{"a"});
  trim("a", last);
  append("a", "y");
  EXPECT_EQ(claim(1, seconds(10), 1), Texts{"a"});
}

TEST_P(BufferConformance, keeps_a_document_dirty_while_something_is_left) {
  const Position first = append("a", "x");
  append("a", "y");
  EXPECT_EQ(claim(1, milliseconds(100)), Texts{"a"});
  trim("a", first);
  world_->pass(milliseconds(200));
  EXPECT_EQ(claim(1), Texts{"a"});
}

// Forgetting.

TEST_P(BufferConformance, begins_a_lineage_after_a_restart) {
  append("a", "x");
  const Position before = append("a", "y");
  world_->restart();
  const Position after = append("a", "z", 0, before.lineage);
  EXPECT_GT(after.lineage, before.lineage);
  EXPECT_LT(after.lineage, std::uint64_t{1} << 53);
  EXPECT_EQ(after.offset, 3u);
  const ports::BufferPage page = read("a", before);
  ASSERT_EQ(page.records.size(), 3u);
  EXPECT_EQ(page.records[1].position, before);
  EXPECT_EQ(page.records[2].position, after);
  EXPECT_EQ(page.head.lineage, after.lineage);
}

TEST_P(BufferConformance, tells_whoever_looks_of_the_new_lineage) {
  const Position a = append("a", "x");
  const Position b = append("b", "x");
  const Position c = append("c", "x");
  world_->restart();
  EXPECT_GT(head("a").lineage, a.lineage);
  EXPECT_GT(read("b", b).head.lineage, b.lineage);
  EXPECT_EQ(texts("b", b), Texts{"x"});
  const ports::BufferHead trimmed = trim("c", c);
  EXPECT_GT(trimmed.lineage, c.lineage);
  EXPECT_EQ(trimmed.trimmed, 0u);
}

TEST_P(BufferConformance, never_gives_a_position_to_two_updates) {
  const Position kept = append("a", "kept");
  world_->keep();
  const Position lost = append("a", "lost");
  world_->restart_as_kept();
  const Position other = append("a", "other", 1, kept.lineage);
  EXPECT_EQ(other.offset, lost.offset);
  EXPECT_GT(other.lineage, lost.lineage);
  EXPECT_EQ(texts("a"), (Texts{"kept", "other"}));
}

TEST_P(BufferConformance, has_again_what_was_trimmed_too_late_to_be_kept) {
  append("a", "x");
  const Position last = append("a", "y");
  EXPECT_EQ(claim(1), Texts{"a"});
  world_->keep();
  trim("a", last);
  world_->restart_as_kept();
  EXPECT_EQ(texts("a"), (Texts{"x", "y"}));
  EXPECT_EQ(head("a").trimmed, 0u);
  world_->pass(seconds(11));
  EXPECT_EQ(claim(1), Texts{"a"});
}

TEST_P(BufferConformance, begins_a_higher_lineage_after_it_has_forgotten_everything) {
  append("a", "x");
  const Position before = append("a", "y");
  world_->flush();
  EXPECT_EQ(read("a", before).head.lineage, 0u);
  EXPECT_EQ(claim(10), Texts{});
  const Position after = append("a", "z", 0, before.lineage);
  EXPECT_GT(after.lineage, before.lineage);
  EXPECT_EQ(after.offset, 1u);
  EXPECT_EQ(claim(10), Texts{"a"});
}

// Whoever appends first after everything was forgotten may not know how high lineages had been.
TEST_P(BufferConformance, raises_the_lineage_above_what_anybody_knows) {
  append("a", "x");
  world_->restart();
  const Position before = append("a", "y");
  world_->flush();
  const Position low = append("a", "newcomer", 1, 0);
  EXPECT_LT(low.lineage, before.lineage);
  const Position high = append("a", "old hand", 0, before.lineage);
  EXPECT_GT(high.lineage, before.lineage);
  EXPECT_EQ(high.offset, 2u);
}

TEST_P(BufferConformance, raises_the_lineage_for_a_reader_who_knows_of_a_higher_one) {
  append("a", "x");
  world_->restart();
  const Position before = append("a", "y");
  world_->flush();
  append("a", "newcomer", 1, 0);
  const ports::BufferPage page = read("a", before);
  EXPECT_GT(page.head.lineage, before.lineage);
  EXPECT_EQ(page.records.size(), 1u);
}

// Half of what it keeps of a document may go: an eviction, or somebody who tidies up.

TEST_P(BufferConformance, begins_a_lineage_for_whoever_reads_where_entries_are_gone) {
  append("a", "x");
  const Position before = append("a", "y");
  world_->lose_entries("a");
  const ports::BufferPage page = read("a", before);
  EXPECT_GT(page.head.lineage, before.lineage);
  EXPECT_TRUE(page.records.empty());
  EXPECT_EQ(page.head.trimmed, page.head.head) << "it does not promise what it does not have";
  const Position after = append("a", "z", 0, before.lineage);
  EXPECT_EQ(after, (Position{page.head.lineage, page.head.head + 1}));
  EXPECT_EQ(texts("a"), Texts{"z"});
  EXPECT_EQ(trim("a", after).trimmed, after.offset);
  EXPECT_EQ(claim(10), Texts{});
}

TEST_P(BufferConformance, begins_a_lineage_for_whoever_appends_where_entries_are_gone) {
  append("a", "x");
  const Position before = append("a", "y");
  world_->lose_entries("a");
  const Position after = append("a", "z", 1, before.lineage);
  EXPECT_GT(after.lineage, before.lineage);
  EXPECT_EQ(after.offset, 3u);
  const ports::BufferPage page = read("a", before);
  ASSERT_EQ(page.records.size(), 1u);
  EXPECT_EQ(page.records[0].position, after);
  EXPECT_EQ(page.head.lineage, after.lineage);
  EXPECT_EQ(claim(10), Texts{"a"});
}

TEST_P(BufferConformance, tells_whoever_compares_or_trims_that_entries_are_gone) {
  const Position a = append("a", "x");
  const Position b = append("b", "x");
  EXPECT_EQ(claim(10).size(), 2u);
  world_->lose_entries("a");
  world_->lose_entries("b");
  EXPECT_GT(head("a").lineage, a.lineage);
  EXPECT_EQ(head("a").trimmed, 1u);
  const ports::BufferHead trimmed = trim("b", b);
  EXPECT_GT(trimmed.lineage, b.lineage);
  EXPECT_EQ(trimmed.trimmed, trimmed.head);
  append("b", "y", 0, b.lineage);
  EXPECT_EQ(claim(10), Texts{"b"}) << "clean in between, so nobody has to wait for the lease";
}

// The log has taken entries of the old lineage up to an offset, and must not take these for them.
TEST_P(BufferConformance, numbers_entries_anew_where_the_document_s_head_is_gone) {
  append("a", "x");
  append("a", "y");
  const Position before = append("a", "z");
  trim("a", {before.lineage, 1});
  world_->lose_head("a");
  const ports::BufferPage page = read("a", before);
  EXPECT_GT(page.head.lineage, before.lineage);
  ASSERT_EQ(page.records.size(), 2u);
  EXPECT_EQ(page.records[0].position, (Position{page.head.lineage, 1}));
  EXPECT_EQ(page.records[1].position, (Position{page.head.lineage, 2}));
  EXPECT_EQ(texts("a"), (Texts{"y", "z"}));
  const Position after = append("a", "w", 0, before.lineage);
  EXPECT_EQ(after, (Position{page.head.lineage, 3}));
  EXPECT_EQ(trim("a", after).trimmed, 3u);
  EXPECT_EQ(texts("a"), Texts{});
}

TEST_P(BufferConformance, appends_after_entries_that_are_left_where_the_head_is_gone) {
  append("a", "x");
  const Position before = append("a", "y");
  world_->lose_head("a");
  const Position after = append("a", "z", 0, before.lineage);
  EXPECT_GT(after.lineage, before.lineage);
  EXPECT_EQ(after.offset, 3u);
  EXPECT_EQ(texts("a"), (Texts{"x", "y", "z"}));
  EXPECT_EQ(claim(10), Texts{"a"});
  EXPECT_EQ(trim("a", {after.lineage, 2}).trimmed, 2u);
  EXPECT_EQ(texts("a"), Texts{"z"});
}

TEST_P(BufferConformance, publishes_again_after_a_restart) {
  world_->broker(1).subscribe(document("a"));
  world_->settle();
  append("a", "x");
  world_->settle();
  world_->restart();
  append("a", "y");
  world_->settle();
  EXPECT_EQ(heard_[1].heard, (Texts{"buffered a 1 x", "buffered a 2 y"}));
}

}  // namespace syncline::conformance
