#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "server/adapters/redis/reply.h"
#include "server/base/result.h"

namespace syncline::adapters::redis {

struct Address {
  std::string host;
  std::uint16_t port = 0;

  friend auto operator<=>(const Address&, const Address&) = default;
};

// Which master of a Redis Cluster has which slots.
class SlotTable {
 public:
  // Reads what CLUSTER SLOTS answered. `asked_host` stands for a host that does not know its own
  // address. `malformed`: it is something else.
  static Result<SlotTable> parse(ReplyView reply, const std::string& asked_host);

  // Null: nobody has it.
  const Address* master_of(std::uint16_t slot) const;
  // Each once, in order.
  std::vector<Address> masters() const;

 private:
  struct Range {
    std::uint16_t first;
    std::uint16_t last;
    Address master;
  };

  std::vector<Range> ranges_;  // Few; looked through.
};

}  // namespace syncline::adapters::redis
