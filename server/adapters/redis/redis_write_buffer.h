#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/adapters/redis/command.h"
#include "server/adapters/redis/redis_client.h"
#include "server/ports/executor.h"
#include "server/ports/write_buffer.h"

namespace syncline::adapters {

// The write buffer in Redis, for one shard or worker. Its calls are made on the shard's thread;
// answers come through the shard's executor, those of one turn as one task. While there is no
// connection, everything is refused.
//
// It must live until the client is stopped and the executor runs no more tasks.
class RedisWriteBuffer final : public ports::WriteBuffer, private redis::Requester {
 public:
  RedisWriteBuffer(RedisClient& client, ports::Executor& executor);

  RedisWriteBuffer(const RedisWriteBuffer&) = delete;
  RedisWriteBuffer& operator=(const RedisWriteBuffer&) = delete;

  // Where answers go. REQUIRES: called before the first request.
  void attach(ports::WriteBufferSink& sink);

  void append(RequestToken token, const DocumentName& document, SharedBytes update,
              std::uint64_t checksum, std::uint64_t known_lineage) override;
  void read(RequestToken token, const DocumentName& document, ports::BufferPosition after,
            std::size_t bytes_max) override;
  void read_heads(RequestToken token, std::vector<DocumentName> documents) override;
  void claim(RequestToken token, std::size_t count_max, Duration lease) override;
  void trim(RequestToken token, const DocumentName& document,
            ports::BufferPosition through) override;

 private:
  enum class Kind : std::uint8_t { append, read, heads, peek, claim, trim };

  struct Asked {
    Kind kind;
    RequestToken token;
    std::size_t part = 0;  // Of a request that is made of several commands.
  };
  // Documents of one bucket, and where they stood in the request.
  struct HeadsPart {
    std::vector<std::string> keys = {};
    std::vector<std::size_t> places = {};
  };
  struct Heads {
    std::vector<HeadsPart> parts;
    ports::BufferHeads heads;
    std::size_t missing;  // Parts without an answer.
    bool any_ok = false;
  };
  // First all buckets are asked how long their documents have been dirty; then the documents that
  // have been longest are claimed from their buckets. A bucket that cannot be asked, because the
  // master that has it is away, does not keep the others.
  struct Claim {
    std::size_t count_max;
    std::string lease_us;
    std::size_t missing;  // Buckets without an answer.
    bool any_ok = false;  // Of the buckets that were asked last.
    std::vector<std::pair<std::uint64_t, unsigned>> dirty = {};  // Since when, and the bucket.
    std::vector<std::pair<std::uint64_t, DocumentName>> claimed = {};
  };

  void deliver(std::vector<redis::Answer> answers) override;

  void ask(const Asked& asked, redis::Script script, unsigned bucket, std::vector<std::string> keys,
           std::vector<std::string> arguments);
  std::vector<std::string> claim_keys(unsigned bucket) const;
  void on_answer(redis::Answer& answer);
  void on_appended(RequestToken token, const redis::Answer& answer);
  void on_page(RequestToken token, const redis::Answer& answer);
  void on_heads(const Asked& asked, const redis::Answer& answer);
  void on_peeked(const Asked& asked, const redis::Answer& answer);
  void claim_longest_dirty(RequestToken token, Claim& claim);
  void on_claimed(const Asked& asked, const redis::Answer& answer);
  void end_claim(RequestToken token);
  void on_trimmed(RequestToken token, const redis::Answer& answer);

  // Constant after construction, and after attach().
  RedisClient& client_;
  ports::Executor& executor_;
  ports::WriteBufferSink* sink_ = nullptr;
  const std::string idle_ttl_ms_;

  // The shard's thread only.
  std::uint64_t last_ticket_ = 0;
  std::unordered_map<std::uint64_t, Asked> asked_;  // Looked up, never iterated.
  std::map<RequestToken, Heads> heads_;
  std::map<RequestToken, Claim> claims_;
};

}  // namespace syncline::adapters
