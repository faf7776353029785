#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "server/ports/write_buffer.h"
#include "sim/fakes/redis_connection.h"
#include "sim/services/document_numbers.h"

namespace syncline::sim {

// The write buffer in Redis, for one shard or worker. Each script is called with the run id that
// the greeting of its connection told. While there is no connection, everything is refused.
class RedisWriteBuffer final : public ports::WriteBuffer, public RedisCaller {
 public:
  // Both must outlive it.
  RedisWriteBuffer(RedisConnection& connection, DocumentNumbers& numbers)
      : connection_(connection), numbers_(numbers) {}

  // Where answers go. REQUIRES: called before the first request.
  void attach(ports::WriteBufferSink& sink) { sink_ = &sink; }

  void append(RequestToken token, const DocumentName& document, SharedBytes update,
              std::uint64_t checksum, std::uint64_t known_lineage) override;
  void read(RequestToken token, const DocumentName& document, ports::BufferPosition after,
            std::size_t bytes_max) override;
  void read_heads(RequestToken token, std::vector<DocumentName> documents) override;
  void claim(RequestToken token, std::size_t count_max, Duration lease) override;
  void trim(RequestToken token, const DocumentName& document,
            ports::BufferPosition through) override;

  void on_redis_reply(std::uint64_t ticket, ports::Outcome outcome, RedisAnswer answer) override;

 private:
  enum class Kind : std::uint8_t { append, read, read_heads, claim, trim };

  // True, and the refusal on its way, if there is no connection.
  bool refuses(Kind kind, RequestToken token);
  ScriptCaller script_caller();
  void answer_append(RequestToken token, ports::Outcome outcome, const RedisAnswer& answer);
  void answer_failed(Kind kind, RequestToken token);
  std::vector<DocumentName> names_of(const std::vector<DocumentNumber>& documents) const;

  RedisConnection& connection_;
  DocumentNumbers& numbers_;
  ports::WriteBufferSink* sink_ = nullptr;
};

}  // namespace syncline::sim
