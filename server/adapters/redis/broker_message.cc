#include "server/adapters/redis/broker_message.h"

#include "server/adapters/redis/byte_order.h"

namespace syncline::adapters::redis {
namespace {

constexpr std::size_t header_bytes = 1 + 8 + 8;
constexpr std::size_t checksum_bytes = 8;

}  // namespace

std::string BrokerMessage::encode() const {
  std::string text;
  text.reserve(header_bytes + body.size());
  text.push_back(static_cast<char>(kind));
  append_number(text, origin);
  append_number(text, sequence);
  text += as_text(body.view());
  return text;
}

std::optional<BrokerMessage> BrokerMessage::decode(BytesView bytes) {
  if (bytes.size() < header_bytes) return std::nullopt;
  const std::uint64_t first = number_at_front(bytes.subspan(1));
  const std::uint64_t second = number_at_front(bytes.subspan(9));
  const BytesView body = bytes.subspan(header_bytes);
  switch (const auto kind = static_cast<Kind>(bytes[0]); kind) {
    case Kind::update:
      return BrokerMessage{
          .kind = kind, .origin = first, .sequence = second, .body = SharedBytes(body)};
    case Kind::buffered:
      if (body.size() < checksum_bytes) return std::nullopt;
      return BrokerMessage{.kind = kind,
                           .position = {.lineage = first, .offset = second},
                           .body = SharedBytes(body.subspan(checksum_bytes))};
    case Kind::awareness:
      return BrokerMessage{.kind = kind, .origin = first, .body = SharedBytes(body)};
    case Kind::awareness_query:
      return BrokerMessage{.kind = kind, .origin = first};
  }
  return std::nullopt;
}

}  // namespace syncline::adapters::redis
