#include "server/adapters/redis/buffer_reply.h"

#include <optional>

#include "server/adapters/redis/byte_order.h"

namespace syncline::adapters::redis {
namespace {

constexpr std::size_t head_elements = 3;
// An entry's lineage and checksum.
constexpr std::size_t entry_header_bytes = 16;

Error unexpected() {
  return Error{ErrorCode::malformed, "a script in Redis answered something unexpected"};
}

Result<ports::BufferHead> head_at(ReplyView reply, std::size_t at) {
  if (reply.size() < at + head_elements) return unexpected();
  const auto lineage = reply.at(at).number();
  const auto head = reply.at(at + 1).number();
  const auto trimmed = reply.at(at + 2).number();
  if (!lineage || !head || !trimmed) return unexpected();
  return ports::BufferHead{.lineage = *lineage, .head = *head, .trimmed = *trimmed};
}

}  // namespace

Result<ports::BufferPosition> position_of(ReplyView reply) {
  if (reply.size() < 2) return unexpected();
  const auto lineage = reply.at(0).number();
  const auto offset = reply.at(1).number();
  if (!lineage || !offset) return unexpected();
  return ports::BufferPosition{.lineage = *lineage, .offset = *offset};
}

Result<ports::BufferPage> page_of(ReplyView reply) {
  ports::BufferPage page;
  SYNCLINE_ASSIGN(page.head, head_at(reply, 0));
  if (reply.size() == head_elements) return unexpected();
  const auto before = reply.at(head_elements).number();
  if (!before) return unexpected();
  constexpr std::size_t first = head_elements + 1;
  page.records.reserve(reply.size() - first);
  for (std::size_t i = first; i < reply.size(); ++i) {
    const BytesView entry = as_bytes(reply.at(i).text());
    if (entry.size() <= entry_header_bytes) return unexpected();
    const ports::BufferPosition position{.lineage = number_at_front(entry),
                                         .offset = *before + page.records.size() + 1};
    page.records.push_back({.position = position,
                            .checksum = number_at_front(entry.subspan(8)),
                            .update = SharedBytes(entry.subspan(entry_header_bytes))});
  }
  return page;
}

Result<std::vector<ports::BufferHead>> heads_of(ReplyView reply) {
  std::vector<ports::BufferHead> heads;
  heads.reserve(reply.size() / head_elements);
  for (std::size_t i = 0; i < reply.size(); i += head_elements) {
    SYNCLINE_ASSIGN(const ports::BufferHead head, head_at(reply, i));
    heads.push_back(head);
  }
  return heads;
}

Result<std::vector<std::uint64_t>> times_of(ReplyView reply) {
  std::vector<std::uint64_t> times;
  for (std::size_t i = 0; i < reply.size(); ++i) {
    const auto time = reply.at(i).number();
    if (!time) return unexpected();
    times.push_back(*time);
  }
  return times;
}

std::vector<ClaimedDocument> claimed_of(ReplyView reply) {
  std::vector<ClaimedDocument> documents;
  for (std::size_t i = 0; i + 1 < reply.size(); i += 2) {
    Result<DocumentName> name = DocumentName::parse(reply.at(i).text());
    const auto since = reply.at(i + 1).number();
    if (name.ok() && since) documents.push_back({*since, *std::move(name)});
  }
  return documents;
}

}  // namespace syncline::adapters::redis
