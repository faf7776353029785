#include "server/adapters/redis/reply.h"

#include <hiredis/hiredis.h>

#include "server/base/assert.h"

namespace syncline::adapters::redis {

bool ReplyView::is_error() const { return reply_->type == REDIS_REPLY_ERROR; }

bool ReplyView::is_array() const { return reply_->type == REDIS_REPLY_ARRAY; }

bool ReplyView::is_integer() const { return reply_->type == REDIS_REPLY_INTEGER; }

std::string_view ReplyView::text() const {
  switch (reply_->type) {
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_ERROR:
      return {reply_->str, static_cast<std::size_t>(reply_->len)};
    default:
      return {};
  }
}

std::int64_t ReplyView::integer() const { return is_integer() ? reply_->integer : 0; }

std::optional<std::uint64_t> ReplyView::number() const {
  if (!is_integer() || reply_->integer < 0) return std::nullopt;
  return static_cast<std::uint64_t>(reply_->integer);
}

std::size_t ReplyView::size() const { return is_array() ? reply_->elements : 0; }

ReplyView ReplyView::at(std::size_t i) const {
  SYNCLINE_ASSERT(i < size(), i);
  return ReplyView(reply_->element[i]);
}

void Reply::Free::operator()(redisReply* reply) const { freeReplyObject(reply); }

void ReplyReader::Free::operator()(redisReader* reader) const { redisReaderFree(reader); }

ReplyReader::ReplyReader() : reader_(redisReaderCreate()) {
  SYNCLINE_ASSERT(reader_ != nullptr);
  reader_->maxbuf = 4 * feed_bytes;
}

void ReplyReader::feed(BytesView bytes) {
  // It fails only where next() will.
  redisReaderFeed(reader_.get(), as_text(bytes).data(), bytes.size());
}

Result<std::optional<Reply>> ReplyReader::next() {
  void* reply = nullptr;
  if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK) {
    return Error{ErrorCode::malformed, static_cast<const char*>(reader_->errstr)};
  }
  if (reply == nullptr) return std::optional<Reply>();
  return std::optional<Reply>(Reply(static_cast<redisReply*>(reply)));
}

}  // namespace syncline::adapters::redis
