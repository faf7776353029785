#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "server/base/ids.h"

namespace syncline::core {

// The checksums of the log records of a document that one replica got last.
//
// A sequence number, once seen, never names another update. Where it does, the log has gone back: a
// database failed over to a standby that was behind, or a backup was restored under running nodes.
class RecentRecords {
 public:
  // So many records are compared. What a log loses when it goes back is not much more.
  static constexpr std::size_t kept = 64;

  // The log has this record, as far as anybody says. False if another is known under its number.
  // REQUIRES: sequence > 0.
  bool note(Sequence sequence, std::uint64_t checksum);

 private:
  struct Record {
    std::uint64_t sequence = 0;
    std::uint64_t checksum = 0;
  };

  std::vector<Record> records_;  // By sequence modulo `kept`; empty before the first.
};

}  // namespace syncline::core
