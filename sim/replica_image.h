#pragma once

#include <string>

#include "loadgen/client/update_scan.h"
#include "server/base/bytes.h"
#include "server/crdt/doc.h"
#include "sim/history/event.h"

namespace syncline::sim {

// Everything that a history tells of a replica, taken at one moment.
class ReplicaImage {
 public:
  explicit ReplicaImage(const crdt::Doc& doc);

  // Views into this object.
  history::ReplicaState state() const;

 private:
  Bytes state_vector_;
  Bytes encoded_;
  std::size_t delete_set_at_ = 0;  // Into encoded_.
  std::string reading_;
  bool pending_;
};

}  // namespace syncline::sim
