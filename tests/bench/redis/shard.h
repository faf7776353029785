#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "server/adapters/redis/redis_client.h"
#include "server/adapters/redis/redis_write_buffer.h"
#include "server/base/assert.h"
#include "tests/unit/adapters/queue_executor.h"

namespace syncline::adapters {

// A shard that asks and counts the answers.
class Shard final : public ports::WriteBufferSink {
 public:
  explicit Shard(RedisClient& client) : buffer(client, executor) { buffer.attach(*this); }

  void append(const DocumentName& document, const SharedBytes& update, std::uint64_t checksum) {
    ++waiting;
    buffer.append(RequestToken{++token}, document, update, checksum, 0);
  }
  // The same, once not too many are on their way.
  void append_in_turn(const DocumentName& document, const SharedBytes& update,
                      std::uint64_t checksum) {
    append(document, update, checksum);
    if (waiting >= 2000) wait(1000);
  }
  void wait(std::size_t at_most = 0) {
    SYNCLINE_ASSERT(
        executor.run_until([&] { return waiting <= at_most; }, std::chrono::seconds(600)));
  }

  void on_buffer_append_done(RequestToken, ports::BufferAppendResult result) override {
    SYNCLINE_ASSERT(result.outcome == ports::Outcome::committed);
    ++appended;
    --waiting;
  }
  void on_buffer_page(RequestToken asked, Result<ports::BufferPage> page) override {
    --waiting;
    pages.emplace(asked, *std::move(page));
  }
  void on_buffer_heads(RequestToken, Result<ports::BufferHeads> found) override {
    --waiting;
    heads = *std::move(found);
  }
  void on_buffer_claimed(RequestToken, Result<std::vector<DocumentName>> documents) override {
    --waiting;
    claimed = *std::move(documents);
  }
  void on_buffer_trimmed(RequestToken, Result<ports::BufferHead>) override { --waiting; }

  QueueExecutor executor;
  RedisWriteBuffer buffer;
  std::uint64_t token = 0;
  std::size_t waiting = 0;
  std::size_t appended = 0;
  std::map<RequestToken, ports::BufferPage> pages;
  ports::BufferHeads heads;
  std::vector<DocumentName> claimed;
};

}  // namespace syncline::adapters
