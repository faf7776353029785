#include "server/adapters/redis/slot_table.h"

#include <algorithm>
#include <utility>

#include "server/adapters/redis/cluster_slot.h"

namespace syncline::adapters::redis {
namespace {

Error unexpected() {
  return Error{ErrorCode::malformed, "CLUSTER SLOTS answered something unexpected"};
}

}  // namespace

// [[first, last, [host, port, id, ...], replicas...], ...]
Result<SlotTable> SlotTable::parse(ReplyView reply, const std::string& asked_host) {
  if (!reply.is_array()) return unexpected();
  SlotTable table;
  for (std::size_t i = 0; i < reply.size(); ++i) {
    const ReplyView range = reply.at(i);
    if (range.size() < 3 || range.at(2).size() < 2) return unexpected();
    const auto first = range.at(0).number();
    const auto last = range.at(1).number();
    const auto port = range.at(2).at(1).number();
    if (!first || !last || *last >= cluster_slots || !port || *port > UINT16_MAX) {
      return unexpected();
    }
    std::string host(range.at(2).at(0).text());
    if (host.empty() || host == "?") host = asked_host;
    table.ranges_.push_back({static_cast<std::uint16_t>(*first),
                             static_cast<std::uint16_t>(*last),
                             {std::move(host), static_cast<std::uint16_t>(*port)}});
  }
  return table;
}

const Address* SlotTable::master_of(std::uint16_t slot) const {
  const auto range = std::find_if(ranges_.begin(), ranges_.end(), [slot](const Range& candidate) {
    return candidate.first <= slot && slot <= candidate.last;
  });
  return range == ranges_.end() ? nullptr : &range->master;
}

std::vector<Address> SlotTable::masters() const {
  std::vector<Address> masters;
  for (const Range& range : ranges_) masters.push_back(range.master);
  std::sort(masters.begin(), masters.end());
  masters.erase(std::unique(masters.begin(), masters.end()), masters.end());
  return masters;
}

}  // namespace syncline::adapters::redis
