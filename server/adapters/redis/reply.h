#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "server/base/bytes.h"
#include "server/base/result.h"

// What Redis says, as hiredis reads it (RESP2). hiredis itself stays in the .cc.

struct redisReply;
struct redisReader;

namespace syncline::adapters::redis {

// A look at a reply, or at a part of one. It must not outlive the Reply.
class ReplyView {
 public:
  explicit ReplyView(const redisReply* reply) : reply_(reply) {}

  bool is_error() const;
  bool is_array() const;
  bool is_integer() const;
  // Of a string, a status or an error; else empty.
  std::string_view text() const;
  // Of an integer; else 0.
  std::int64_t integer() const;
  // An integer that is not negative; nothing otherwise.
  std::optional<std::uint64_t> number() const;
  // Elements of an array; else 0.
  std::size_t size() const;
  // REQUIRES: i < size().
  ReplyView at(std::size_t i) const;

 private:
  const redisReply* reply_;
};

// A reply, owned. May be dropped on any thread.
class Reply {
 public:
  explicit Reply(redisReply* reply = nullptr) : reply_(reply) {}

  // REQUIRES: not empty and not moved from.
  ReplyView view() const { return ReplyView(reply_.get()); }

 private:
  struct Free {
    void operator()(redisReply* reply) const;
  };
  std::unique_ptr<redisReply, Free> reply_;
};

// Takes replies out of a stream of bytes.
class ReplyReader {
 public:
  // So many bytes at once are fed best: hiredis moves what it has not read yet.
  static constexpr std::size_t feed_bytes = 16 * 1024;

  ReplyReader();

  // The view must live until the call returns.
  void feed(BytesView bytes);
  // The next reply that is whole; nothing if there is none yet. `malformed`: it is not Redis's
  // protocol, and the reader cannot be used any more.
  Result<std::optional<Reply>> next();

 private:
  struct Free {
    void operator()(redisReader* reader) const;
  };
  std::unique_ptr<redisReader, Free> reader_;
};

}  // namespace syncline::adapters::redis
