#pragma once

#include <cstdint>
#include <map>

#include "loadgen/client/update_ids.h"
#include "loadgen/client/update_scan.h"
#include "server/base/bytes.h"

namespace syncline::loadgen {

// Who wants to know what an update brought that was not there before.
class ReceptionWatcher {
 public:
  // The letters [from, to) of a client can be read now: they, and all before them, are here.
  virtual void on_inserted(std::uint64_t client, std::uint64_t from, std::uint64_t to) = 0;
  // A letter was deleted. It may not have come yet itself.
  virtual void on_deleted(std::uint64_t client, std::uint64_t clock) = 0;

 protected:
  ~ReceptionWatcher() = default;
};

// What one client has received of a document: the state vector and the deletions of its replica,
// without the replica. What comes before its predecessors waits here as it would wait in yjs.
//
// Exact for texts whose writers type at their own letters (Typist): there, nothing depends on what
// others wrote. For other content the state vector can run ahead of a real replica's.
class Reception {
 public:
  void take(const client::UpdateScan& update, ReceptionWatcher& watcher);

  // What yjs' encodeStateVector says for a replica that received this.
  Bytes state_vector() const;

  // How many letters of a client can be read or were deleted.
  std::uint64_t clock(std::uint64_t client) const;
  bool has_deleted(std::uint64_t client, std::uint64_t clock) const {
    return deleted_.contains(client, clock, 1);
  }
  // Whether something waits for predecessors that have not come.
  bool waits() const { return waiting_clients_ > 0; }

  // Whether two clients can read the same.
  friend bool operator==(const Reception&, const Reception&) = default;

 private:
  struct Letters {
    std::uint64_t end = 0;                         // All before it are here.
    std::map<std::uint64_t, std::uint64_t> ahead;  // Runs [begin, end) beyond it.

    friend bool operator==(const Letters&, const Letters&) = default;
  };

  void take_run(const client::ScannedRun& run, ReceptionWatcher& watcher);
  void take_deleted(const client::ScannedRange& range, ReceptionWatcher& watcher);

  std::map<std::uint64_t, Letters> letters_;  // By client.
  std::size_t waiting_clients_ = 0;
  client::IdRanges deleted_;
};

}  // namespace syncline::loadgen
