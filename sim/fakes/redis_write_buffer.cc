#include "sim/fakes/redis_write_buffer.h"

#include <utility>

#include "server/base/assert.h"

namespace syncline::sim {
namespace {

// A ticket is the request's token and what it asks for.
constexpr unsigned kind_bits = 3;

}  // namespace

void RedisWriteBuffer::append(RequestToken token, const DocumentName& document, SharedBytes update,
                              std::uint64_t checksum, std::uint64_t known_lineage) {
  SYNCLINE_ASSERT(!update.empty());
  if (refuses(Kind::append, token)) return;
  const auto number = static_cast<std::uint32_t>(numbers_.number_of(document).value);
  const ScriptCaller caller = script_caller();
  const std::size_t bytes = 96 + update.size();
  // Numbers and bytes that fit an action in place: this is the path of every edit.
  connection_.request(
      *this, token.value << kind_bits, "buffer", bytes,
      [server = &connection_.server(), link = connection_.link(), number, random = caller.random,
       run_id = caller.run_id, checksum, known_lineage, update = std::move(update)]() mutable {
        server->append(link, {.run_id = run_id, .random = random}, number, checksum,
                       std::move(update), known_lineage);
      });
}

void RedisWriteBuffer::read(RequestToken token, const DocumentName& document,
                            ports::BufferPosition after, std::size_t bytes_max) {
  if (refuses(Kind::read, token)) return;
  connection_.request(*this, token.value << kind_bits | static_cast<std::uint64_t>(Kind::read),
                      "read buffer", 64,
                      [server = &connection_.server(), link = connection_.link(),
                       caller = script_caller(), number = numbers_.number_of(document), after,
                       bytes_max] { server->read(link, caller, number, after, bytes_max); });
}

void RedisWriteBuffer::read_heads(RequestToken token, std::vector<DocumentName> documents) {
  if (refuses(Kind::read_heads, token)) return;
  std::vector<DocumentNumber> numbers;
  numbers.reserve(documents.size());
  for (const DocumentName& document : documents) numbers.push_back(numbers_.number_of(document));
  const std::size_t bytes = 32 + 24 * numbers.size();
  connection_.request(
      *this, token.value << kind_bits | static_cast<std::uint64_t>(Kind::read_heads), "read heads",
      bytes,
      [server = &connection_.server(), link = connection_.link(), caller = script_caller(),
       numbers = std::move(numbers)] { server->read_heads(link, caller, numbers); });
}

void RedisWriteBuffer::claim(RequestToken token, std::size_t count_max, Duration lease) {
  if (refuses(Kind::claim, token)) return;
  connection_.request(*this, token.value << kind_bits | static_cast<std::uint64_t>(Kind::claim),
                      "claim", 48,
                      [server = &connection_.server(), link = connection_.link(), count_max,
                       lease] { server->claim(link, count_max, lease); });
}

void RedisWriteBuffer::trim(RequestToken token, const DocumentName& document,
                            ports::BufferPosition through) {
  if (refuses(Kind::trim, token)) return;
  connection_.request(*this, token.value << kind_bits | static_cast<std::uint64_t>(Kind::trim),
                      "trim", 64,
                      [server = &connection_.server(), link = connection_.link(),
                       caller = script_caller(), number = numbers_.number_of(document),
                       through] { server->trim(link, caller, number, through); });
}

bool RedisWriteBuffer::refuses(Kind kind, RequestToken token) {
  if (connection_.ready()) return false;
  const std::uint64_t ticket = token.value << kind_bits | static_cast<std::uint64_t>(kind);
  connection_.process().after(Duration{0}, [this, ticket] {
    on_redis_reply(ticket, ports::Outcome::refused, RedisPong{});
  });
  return true;
}

ScriptCaller RedisWriteBuffer::script_caller() {
  return {.run_id = connection_.run_id(),
          .random = static_cast<std::uint32_t>(connection_.random().next() >> 32)};
}

void RedisWriteBuffer::on_redis_reply(std::uint64_t ticket, ports::Outcome outcome,
                                      RedisAnswer answer) {
  const auto kind = static_cast<Kind>(ticket & ((1U << kind_bits) - 1));
  const RequestToken token{ticket >> kind_bits};
  if (kind == Kind::append) return answer_append(token, outcome, answer);
  if (outcome != ports::Outcome::committed) return answer_failed(kind, token);
  switch (kind) {
    case Kind::append:
      return;
    case Kind::read:
      return sink_->on_buffer_page(token, std::get<ports::BufferPage>(std::move(answer)));
    case Kind::read_heads: {
      const auto& heads = std::get<std::vector<ports::BufferHead>>(answer);
      return sink_->on_buffer_heads(token, ports::BufferHeads(heads.begin(), heads.end()));
    }
    case Kind::claim:
      return sink_->on_buffer_claimed(token,
                                      names_of(std::get<std::vector<DocumentNumber>>(answer)));
    case Kind::trim:
      return sink_->on_buffer_trimmed(token, std::get<ports::BufferHead>(answer));
  }
}

void RedisWriteBuffer::answer_append(RequestToken token, ports::Outcome outcome,
                                     const RedisAnswer& answer) {
  ports::BufferAppendResult result{.outcome = outcome};
  if (outcome == ports::Outcome::committed) {
    result.position = std::get<ports::BufferPosition>(answer);
  } else if (std::holds_alternative<RedisError>(answer)) {
    result.error = ErrorCode::storage_full;
  }
  sink_->on_buffer_append_done(token, result);
}

void RedisWriteBuffer::answer_failed(Kind kind, RequestToken token) {
  const ErrorCode error = ErrorCode::unavailable;
  switch (kind) {
    case Kind::append:
      return;
    case Kind::read:
      return sink_->on_buffer_page(token, error);
    case Kind::read_heads:
      return sink_->on_buffer_heads(token, error);
    case Kind::claim:
      return sink_->on_buffer_claimed(token, error);
    case Kind::trim:
      return sink_->on_buffer_trimmed(token, error);
  }
}

std::vector<DocumentName> RedisWriteBuffer::names_of(
    const std::vector<DocumentNumber>& documents) const {
  std::vector<DocumentName> names;
  names.reserve(documents.size());
  for (const DocumentNumber document : documents) names.push_back(numbers_.name_of(document));
  return names;
}

}  // namespace syncline::sim
