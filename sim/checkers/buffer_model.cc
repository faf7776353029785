#include "sim/checkers/buffer_model.h"

namespace syncline::checkers {

EditSet BufferModel::forget(std::uint64_t count) {
  EditSet lost;
  for (; count > 0 && !entries_.empty(); --count) {
    lost.add(entries_.back().edits);
    entries_.pop_back();
  }
  return lost;
}

EditSet BufferModel::all() const {
  EditSet edits;
  for (const Entry& entry : entries_) edits.add(entry.edits);
  return edits;
}

}  // namespace syncline::checkers
