#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "server/adapters/redis/redis_write_buffer.h"
#include "tests/unit/adapters/queue_executor.h"
#include "tests/unit/adapters/redis/redis_world.h"

namespace syncline::adapters {

inline DocumentName named(const std::string& text) { return DocumentName::parse(text).value(); }

// One shard that buffers in Redis and waits for each answer, or lets many wait.
class BufferUser final : public ports::WriteBufferSink {
 public:
  BufferUser(RedisClient& client, QueueExecutor& executor)
      : executor_(executor), buffer(client, executor) {
    buffer.attach(*this);
  }

  RequestToken begin_append(const std::string& name, std::string_view text,
                            std::uint64_t known_lineage = 0) {
    const RequestToken token = next();
    buffer.append(token, named(name), SharedBytes(as_bytes(text)), text.size(), known_lineage);
    return token;
  }
  ports::BufferAppendResult append(const std::string& name, std::string_view text,
                                   std::uint64_t known_lineage = 0) {
    const RequestToken token = begin_append(name, text, known_lineage);
    run();
    return appends.at(token);
  }
  Result<ports::BufferPage> read(const std::string& name, ports::BufferPosition after = {},
                                 std::size_t bytes_max = 1 << 20) {
    buffer.read(next(), named(name), after, bytes_max);
    run();
    return std::move(pages_.at(last_));
  }
  // Those that were answered.
  Result<std::vector<ports::BufferHead>> heads(const std::vector<std::string>& names) {
    const auto answered = optional_heads(names);
    if (!answered.ok()) return answered.error();
    std::vector<ports::BufferHead> heads;
    for (const auto& head : *answered) {
      if (head) heads.push_back(*head);
    }
    return heads;
  }
  Result<ports::BufferHeads> optional_heads(const std::vector<std::string>& names) {
    std::vector<DocumentName> documents;
    for (const std::string& name : names) documents.push_back(named(name));
    buffer.read_heads(next(), std::move(documents));
    run();
    return std::move(heads_.at(last_));
  }
  Result<std::vector<DocumentName>> claim(std::size_t count_max, Duration lease = seconds(10)) {
    buffer.claim(next(), count_max, lease);
    run();
    return std::move(claims_.at(last_));
  }
  Result<ports::BufferHead> trim(const std::string& name, ports::BufferPosition through) {
    buffer.trim(next(), named(name), through);
    run();
    return std::move(trims_.at(last_));
  }

  // Until everything is answered.
  void run() {
    ASSERT_TRUE(executor_.run_until([this] { return waiting_ == 0; }));
  }
  std::size_t waiting() const { return waiting_; }

  void on_buffer_append_done(RequestToken token, ports::BufferAppendResult result) override {
    answered();
    EXPECT_TRUE(appends.emplace(token, result).second) << "answered twice";
  }
  void on_buffer_filling(bool filling) override { fillings.push_back(filling); }
  void on_buffer_page(RequestToken token, Result<ports::BufferPage> page) override {
    answered();
    pages_.emplace(token, std::move(page));
  }
  void on_buffer_heads(RequestToken token, Result<ports::BufferHeads> heads) override {
    answered();
    heads_.emplace(token, std::move(heads));
  }
  void on_buffer_claimed(RequestToken token, Result<std::vector<DocumentName>> documents) override {
    answered();
    claims_.emplace(token, std::move(documents));
  }
  void on_buffer_trimmed(RequestToken token, Result<ports::BufferHead> head) override {
    answered();
    trims_.emplace(token, std::move(head));
  }

 private:
  RequestToken next() {
    ++waiting_;
    last_ = RequestToken{last_.value + 1};
    return last_;
  }
  void answered() { --waiting_; }

  QueueExecutor& executor_;
  RequestToken last_;
  std::size_t waiting_ = 0;
  std::map<RequestToken, Result<ports::BufferPage>> pages_;
  std::map<RequestToken, Result<ports::BufferHeads>> heads_;
  std::map<RequestToken, Result<std::vector<DocumentName>>> claims_;
  std::map<RequestToken, Result<ports::BufferHead>> trims_;

 public:
  std::map<RequestToken, ports::BufferAppendResult> appends;
  std::vector<bool> fillings;
  RedisWriteBuffer buffer;
};

}  // namespace syncline::adapters
