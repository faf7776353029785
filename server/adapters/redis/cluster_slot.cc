#include "server/adapters/redis/cluster_slot.h"

namespace syncline::adapters::redis {

std::uint16_t cluster_slot(std::string_view tag) {
  unsigned crc = 0;
  for (const char c : tag) {
    crc ^= static_cast<unsigned>(static_cast<unsigned char>(c)) << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1;
  }
  return static_cast<std::uint16_t>(crc % cluster_slots);
}

}  // namespace syncline::adapters::redis
