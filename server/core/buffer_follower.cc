#include "server/core/buffer_follower.h"

#include <algorithm>
#include <utility>

#include "server/base/assert.h"
#include "server/base/planted_bug.h"

namespace syncline::core {

BufferReading::Status BufferReading::on_page(const ports::BufferPage& page) {
  const bool starts_over = page.head.lineage != after_.lineage;
  std::uint64_t offset = starts_over ? page.head.trimmed : after_.offset;
  offset = std::max(offset, page.head.trimmed);
  if (!page.records.empty()) offset = page.records.back().position.offset;
  after_ = {.lineage = page.head.lineage, .offset = offset};
  if (offset >= page.head.head) return Status::complete;
  return page.records.empty() ? Status::broken : Status::more;
}

bool BufferFollower::note_lineage(std::uint64_t lineage) {
  if (lineage <= lineage_) return false;
  if (planted(PlantedBug::lineage_change_ignored) && lineage_ != 0) {
    lineage_ = lineage;
    return false;
  }
  // Where the buffer knew nothing of the document, there was nothing to forget.
  const bool replaces = lineage_ != 0;
  lineage_ = lineage;
  offsets_ = SequenceTracker();
  heard_ = trimmed_ = 0;
  if (!replaces) return false;
  put_all_in_doubt();
  unread_ = wants_log_ = true;
  return true;
}

void BufferFollower::note_forgotten() {
  if (lineage_ == 0) return;
  if (has_gap() || retains()) wants_log_ = true;
  heard_ = offsets_.contiguous().value;
  unread_ = false;
  put_all_in_doubt();
}

void BufferFollower::put_all_in_doubt() {
  if (planted(PlantedBug::doubts_forgotten)) {
    for (const auto& [position, entry] : std::exchange(retained_, {})) forget(entry);
  }
  for (auto& [position, entry] : retained_) in_doubt_.emplace(entry.checksum, std::move(entry));
  retained_.clear();
}

void BufferFollower::note_offset(std::uint64_t offset) { heard_ = std::max(heard_, offset); }

void BufferFollower::note_head(const ports::BufferHead& head) {
  SYNCLINE_ASSERT(head.lineage == lineage_, head.lineage, lineage_);
  trimmed_ = std::max(trimmed_, head.trimmed);
  if (!planted(PlantedBug::heads_are_not_compared)) {
    note_offset(head.head);
    if (trimmed_ > offsets_.contiguous().value) wants_log_ = true;
  }
  const std::uint64_t safe = planted(PlantedBug::released_when_buffered) ? head.head : trimmed_;
  while (!retained_.empty() && retained_.begin()->first.offset <= safe) {
    forget(retained_.begin()->second);
    retained_.erase(retained_.begin());
  }
}

void BufferFollower::add(ports::BufferPosition position, std::uint64_t checksum,
                         const SharedBytes& update, bool own, Instant now) {
  SYNCLINE_ASSERT(position.offset > 0 && position.lineage <= lineage_);
  note_offset(position.offset);
  offsets_.add(Sequence{position.offset});
  if (planted(PlantedBug::gap_ignored)) offsets_.add_through(Sequence{position.offset});
  if (!in_doubt_.empty() && clear_doubt(checksum, update)) own = true;
  if (position.offset <= trimmed_) return;
  retain({.position = position, .checksum = checksum, .update = update, .own = own, .since = now});
}

void BufferFollower::retain(Retained entry) {
  const auto [at, is_new] = retained_.try_emplace(entry.position, entry);
  if (is_new) {
    retained_bytes_ += entry.update.size();
    if (entry.own) ++own_;
  } else if (entry.own && !at->second.own) {
    at->second.own = true;
    ++own_;
  }
}

bool BufferFollower::clear_doubt(std::uint64_t checksum, const SharedBytes& update) {
  const auto [begin, end] = in_doubt_.equal_range(checksum);
  for (auto at = begin; at != end; ++at) {
    if (!std::ranges::equal(at->second.update.view(), update.view())) continue;
    const bool own = at->second.own;
    forget(at->second);
    in_doubt_.erase(at);
    return own;
  }
  return false;
}

void BufferFollower::note_logged(std::uint64_t checksum, const SharedBytes& update) {
  if (!in_doubt_.empty()) clear_doubt(checksum, update);
}

void BufferFollower::forget(const Retained& entry) {
  retained_bytes_ -= entry.update.size();
  if (entry.own) --own_;
}

std::vector<BufferFollower::Retained> BufferFollower::take_own_in_doubt() {
  std::vector<Retained> taken;
  for (auto at = in_doubt_.begin(); at != in_doubt_.end();) {
    if (!at->second.own) {
      ++at;
      continue;
    }
    forget(at->second);
    taken.push_back(std::move(at->second));
    at = in_doubt_.erase(at);
  }
  std::ranges::sort(taken, {}, &Retained::position);
  return taken;
}

std::vector<BufferFollower::Retained> BufferFollower::take_in_doubt() {
  for (auto& [checksum, entry] : in_doubt_) {
    if (!std::exchange(entry.own, true)) ++own_;
  }
  return take_own_in_doubt();
}

void BufferFollower::begin_log_reading() {
  wants_log_ = false;
  log_reading_covers_ = {.lineage = lineage_, .offset = trimmed_};
}

void BufferFollower::end_log_reading(bool succeeded) {
  if (!succeeded) {
    wants_log_ = true;
  } else if (log_reading_covers_.lineage == lineage_) {
    offsets_.add_through(Sequence{log_reading_covers_.offset});
  }
}

}  // namespace syncline::core
