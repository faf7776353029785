#include "server/adapters/redis/redis_write_buffer.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "server/adapters/redis/buffer_reply.h"
#include "server/adapters/redis/byte_order.h"
#include "server/adapters/redis/key_names.h"
#include "server/base/assert.h"

namespace syncline::adapters {
namespace {

using ports::Outcome;
using redis::Answer;
using redis::KeyNames;
using redis::Script;

// Redis does nothing else while a script runs: so many documents are looked at in one.
constexpr std::size_t heads_per_script = 256;
// Lua takes a few thousand arguments.
constexpr std::size_t claims_per_script = 1000;

ErrorCode error_of(const Answer& answer) { return answer.error; }

// The value of a script's answer, or why there is none.
template <class Read>
auto value_of(const Answer& answer, Read read) -> decltype(read(answer.reply.view())) {
  if (answer.outcome != Outcome::committed) return error_of(answer);
  return read(answer.reply.view());
}

}  // namespace

RedisWriteBuffer::RedisWriteBuffer(RedisClient& client, ports::Executor& executor)
    : client_(client),
      executor_(executor),
      idle_ttl_ms_(
          std::to_string(duration_cast<milliseconds>(client.options().idle_document_ttl).count())) {
}

void RedisWriteBuffer::attach(ports::WriteBufferSink& sink) {
  sink_ = &sink;
  client_.watch_filling([this](bool filling) {
    executor_.post([this, filling] { sink_->on_buffer_filling(filling); });
  });
}

// Asking.

void RedisWriteBuffer::ask(const Asked& asked, Script script, unsigned bucket,
                           std::vector<std::string> keys, std::vector<std::string> arguments) {
  SYNCLINE_ASSERT(sink_ != nullptr);
  asked_.emplace(++last_ticket_, asked);
  client_.ask({.requester = this,
               .ticket = last_ticket_,
               .script = script,
               .keys = std::move(keys),
               .arguments = std::move(arguments),
               .slot = client_.keys().slot(bucket)});
}

void RedisWriteBuffer::append(RequestToken token, const DocumentName& document, SharedBytes update,
                              std::uint64_t checksum, std::uint64_t known_lineage) {
  SYNCLINE_ASSERT(!update.empty());
  const KeyNames& keys = client_.keys();
  const unsigned bucket = KeyNames::bucket_of(document);
  std::string entry;
  entry.reserve(8 + update.size());
  redis::append_number(entry, checksum);
  entry += as_text(update.view());
  ask({.kind = Kind::append, .token = token}, Script::append, bucket,
      {keys.header(document), keys.entries(document), keys.dirty(bucket), keys.channel(document)},
      {std::to_string(known_lineage), document.text(), std::move(entry)});
}

void RedisWriteBuffer::read(RequestToken token, const DocumentName& document,
                            ports::BufferPosition after, std::size_t bytes_max) {
  const KeyNames& keys = client_.keys();
  ask({.kind = Kind::read, .token = token}, Script::read, KeyNames::bucket_of(document),
      {keys.header(document), keys.entries(document)},
      {std::to_string(after.lineage), std::to_string(after.offset), std::to_string(bytes_max)});
}

void RedisWriteBuffer::trim(RequestToken token, const DocumentName& document,
                            ports::BufferPosition through) {
  const KeyNames& keys = client_.keys();
  const unsigned bucket = KeyNames::bucket_of(document);
  ask({.kind = Kind::trim, .token = token}, Script::trim, bucket,
      {keys.header(document), keys.entries(document), keys.dirty(bucket), keys.leases(bucket),
       keys.claims(bucket)},
      {std::to_string(through.lineage), std::to_string(through.offset), document.text(),
       idle_ttl_ms_});
}

void RedisWriteBuffer::read_heads(RequestToken token, std::vector<DocumentName> documents) {
  std::array<std::size_t, KeyNames::buckets> open_part{};  // Of each bucket; counted from 1.
  std::vector<HeadsPart> parts;
  std::vector<unsigned> buckets;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    const unsigned bucket = KeyNames::bucket_of(documents[i]);
    std::size_t& part = open_part[bucket];
    if (part == 0 || parts[part - 1].places.size() == heads_per_script) {
      parts.emplace_back();
      buckets.push_back(bucket);
      part = parts.size();
    }
    parts[part - 1].keys.push_back(client_.keys().header(documents[i]));
    parts[part - 1].keys.push_back(client_.keys().entries(documents[i]));
    parts[part - 1].places.push_back(i);
  }
  if (parts.empty()) {
    return executor_.post([this, token] { sink_->on_buffer_heads(token, ports::BufferHeads()); });
  }
  Heads& heads = heads_.emplace(token, Heads{.parts = std::move(parts), .heads = {}, .missing = 0})
                     .first->second;
  heads.heads.resize(documents.size());
  heads.missing = heads.parts.size();
  for (std::size_t i = 0; i < heads.parts.size(); ++i) {
    ask({.kind = Kind::heads, .token = token, .part = i}, Script::read_heads, buckets[i],
        std::move(heads.parts[i].keys), {});
  }
}

std::vector<std::string> RedisWriteBuffer::claim_keys(unsigned bucket) const {
  const KeyNames& keys = client_.keys();
  return {keys.dirty(bucket), keys.leases(bucket), keys.claims(bucket)};
}

void RedisWriteBuffer::claim(RequestToken token, std::size_t count_max, Duration lease) {
  const auto lease_us = std::to_string(duration_cast<microseconds>(lease).count());
  claims_.emplace(
      token, Claim{.count_max = count_max, .lease_us = lease_us, .missing = KeyNames::buckets});
  // Names are spread evenly over the buckets, so the longest dirty are, too.
  const std::size_t enough = std::min(count_max, 8 + 2 * count_max / KeyNames::buckets);
  for (unsigned bucket = 0; bucket < KeyNames::buckets; ++bucket) {
    ask({.kind = Kind::peek, .token = token, .part = bucket}, Script::peek, bucket,
        claim_keys(bucket), {lease_us, std::to_string(enough)});
  }
}

// Answers.

void RedisWriteBuffer::deliver(std::vector<Answer> answers) {
  executor_.post([this, answers = std::make_shared<std::vector<Answer>>(std::move(answers))] {
    for (Answer& answer : *answers) on_answer(answer);
  });
}

void RedisWriteBuffer::on_answer(Answer& answer) {
  const auto entry = asked_.find(answer.ticket);
  SYNCLINE_ASSERT(entry != asked_.end(), answer.ticket);
  const Asked asked = entry->second;
  asked_.erase(entry);
  switch (asked.kind) {
    case Kind::append:
      return on_appended(asked.token, answer);
    case Kind::read:
      return on_page(asked.token, answer);
    case Kind::heads:
      return on_heads(asked, answer);
    case Kind::peek:
      return on_peeked(asked, answer);
    case Kind::claim:
      return on_claimed(asked, answer);
    case Kind::trim:
      return on_trimmed(asked.token, answer);
  }
}

void RedisWriteBuffer::on_appended(RequestToken token, const Answer& answer) {
  ports::BufferAppendResult result{.outcome = answer.outcome, .error = answer.error};
  if (answer.outcome == Outcome::committed) {
    const Result<ports::BufferPosition> position = redis::position_of(answer.reply.view());
    if (position.ok()) {
      result.position = *position;
      if (answer.reply.view().size() > 2)
        client_.note_unpublished(answer.reply.view().at(2).text());
    } else {
      result.outcome = Outcome::unknown;
      result.error = position.error().code;
    }
  }
  sink_->on_buffer_append_done(token, result);
}

void RedisWriteBuffer::on_page(RequestToken token, const Answer& answer) {
  sink_->on_buffer_page(token, value_of(answer, redis::page_of));
}

void RedisWriteBuffer::on_heads(const Asked& asked, const Answer& answer) {
  Heads& heads = heads_.at(asked.token);
  const std::vector<std::size_t>& places = heads.parts[asked.part].places;
  const auto found = value_of(answer, redis::heads_of);
  if (found.ok() && found->size() == places.size()) {
    heads.any_ok = true;
    for (std::size_t i = 0; i < places.size(); ++i) heads.heads[places[i]] = (*found)[i];
  }
  if (--heads.missing > 0) return;
  Heads done = std::move(heads_.extract(asked.token).mapped());
  if (!done.any_ok) return sink_->on_buffer_heads(asked.token, ErrorCode::unavailable);
  sink_->on_buffer_heads(asked.token, std::move(done.heads));
}

void RedisWriteBuffer::on_peeked(const Asked& asked, const Answer& answer) {
  Claim& claim = claims_.at(asked.token);
  const auto times = value_of(answer, redis::times_of);
  if (times.ok()) {
    claim.any_ok = true;
    for (const std::uint64_t time : *times) {
      claim.dirty.emplace_back(time, static_cast<unsigned>(asked.part));
    }
  }
  if (--claim.missing == 0) claim_longest_dirty(asked.token, claim);
}

void RedisWriteBuffer::claim_longest_dirty(RequestToken token, Claim& claim) {
  if (claim.dirty.empty()) return end_claim(token);
  claim.any_ok = false;
  std::sort(claim.dirty.begin(), claim.dirty.end());
  if (claim.dirty.size() > claim.count_max) claim.dirty.resize(claim.count_max);
  std::map<unsigned, std::size_t> counts;  // To claim from each bucket.
  for (const auto& [since, bucket] : claim.dirty) ++counts[bucket];
  claim.missing = counts.size();
  for (const auto& [bucket, count] : counts) {
    ask({.kind = Kind::claim, .token = token, .part = bucket}, Script::claim, bucket,
        claim_keys(bucket), {claim.lease_us, std::to_string(std::min(count, claims_per_script))});
  }
}

void RedisWriteBuffer::on_claimed(const Asked& asked, const Answer& answer) {
  Claim& claim = claims_.at(asked.token);
  if (answer.outcome == Outcome::committed) {
    claim.any_ok = true;
    for (redis::ClaimedDocument& document : redis::claimed_of(answer.reply.view())) {
      claim.claimed.emplace_back(document.dirty_since, std::move(document.name));
    }
  }
  if (--claim.missing == 0) end_claim(asked.token);
}

void RedisWriteBuffer::end_claim(RequestToken token) {
  Claim claim = std::move(claims_.extract(token).mapped());
  if (!claim.any_ok) return sink_->on_buffer_claimed(token, ErrorCode::unavailable);
  std::sort(claim.claimed.begin(), claim.claimed.end());
  std::vector<DocumentName> documents;
  documents.reserve(claim.claimed.size());
  for (auto& [since, name] : claim.claimed) documents.push_back(std::move(name));
  sink_->on_buffer_claimed(token, std::move(documents));
}

void RedisWriteBuffer::on_trimmed(RequestToken token, const Answer& answer) {
  const auto heads = value_of(answer, redis::heads_of);
  if (!heads.ok()) return sink_->on_buffer_trimmed(token, heads.error().code);
  if (heads->size() != 1) return sink_->on_buffer_trimmed(token, ErrorCode::malformed);
  sink_->on_buffer_trimmed(token, heads->front());
}

}  // namespace syncline::adapters
