#include "sim/replica_image.h"

#include "server/base/assert.h"
#include "server/crdt/update.h"

namespace syncline::sim {

ReplicaImage::ReplicaImage(const crdt::Doc& doc)
    : state_vector_(doc.encode_state_vector()),
      reading_(doc.to_json()),
      pending_(doc.has_pending()) {
  auto encoded = doc.encode_state_as_update(crdt::empty_state_vector());
  SYNCLINE_ASSERT(encoded.ok());
  encoded_ = std::move(encoded).value();
  client::UpdateScan scan;
  SYNCLINE_ASSERT(client::scan_update(encoded_, scan).ok());
  delete_set_at_ = encoded_.size() - scan.delete_set.size();
}

history::ReplicaState ReplicaImage::state() const {
  return {.state_vector = state_vector_,
          .delete_set = BytesView(encoded_).subspan(delete_set_at_),
          .encoded = encoded_,
          .reading = reading_,
          .pending = pending_};
}

}  // namespace syncline::sim
