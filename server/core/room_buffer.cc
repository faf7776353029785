// What a room does differently where updates go through a write buffer (durability=buffer).

#include <string>
#include <utility>

#include "server/base/planted_bug.h"
#include "server/core/checksum.h"
#include "server/core/room.h"

namespace syncline::core {
namespace {

// Empty if no entry of the page is damaged. Before any of it is taken: what is retained may have to
// be appended again.
std::string damage_in(const ports::BufferPage& page) {
  for (const ports::BufferRecord& record : page.records) {
    if (checksum(record.update.view()) == record.checksum) continue;
    return "buffer entry " + std::to_string(record.position.offset) + ": " +
           std::string(describe(ErrorCode::checksum_mismatch));
  }
  return {};
}

}  // namespace

bool Room::wants_heads() const {
  return status_ == Status::open || (status_ == Status::quarantined && retains());
}

void Room::request_buffer_page() {
  if (buffer_read_outstanding_) return;
  buffer_read_outstanding_ = true;
  host_.ports().buffer->read(next_token(), name_, reading_.after(), host_.config().log_page_bytes);
}

void Room::request_buffer_repair() {
  if (buffer_read_outstanding_) return;
  host_.ports().metrics.add(ports::Counter::gap_repairs);
  reading_ = BufferReading(follower_->contiguous());
  request_buffer_page();
}

void Room::on_buffer_page(Result<ports::BufferPage> page) {
  --outstanding_;
  buffer_read_outstanding_ = false;
  if (status_ == Status::loading) return take_loading_page(std::move(page));
  if (status_ == Status::open) {
    if (page.ok() && page->head.lineage >= follower_->lineage()) {
      take_buffer_page(*page);
    } else if (page.ok() && page->head.lineage > 0) {
      request_buffer_repair();  // Made before the lineage changed.
    } else if (page.ok()) {
      on_buffer_head(page->head);
    } else {
      repair_at_ = now() + host_.config().retry_delay_max;
    }
  }
  settle();
}

// Before the snapshot and the log: what leaves the buffer after it was read is in the log by then.
void Room::take_loading_page(Result<ports::BufferPage> page) {
  if (!page.ok() && page.error().code == ErrorCode::checksum_mismatch) {
    loader_.reset();
    return quarantine("reading the buffer: " + page.error().message());
  }
  if (!page.ok()) return fail_loading("reading the buffer: " + page.error().message());
  if (const std::string damage = damage_in(*page); !damage.empty()) {
    loader_.reset();
    return quarantine(damage);
  }
  const std::uint64_t lineage = page->head.lineage;
  if (lineage > 0 && lineage < follower_->lineage()) {
    reading_ = BufferReading({.lineage = follower_->lineage(), .offset = 0});
    return request_buffer_page();
  }
  note_buffer_page(*page);
  if (!planted(PlantedBug::buffer_tail_not_loaded)) loader_->add_tail(page->records);
  switch (reading_.on_page(*page)) {
    case BufferReading::Status::more:
      return request_buffer_page();
    case BufferReading::Status::broken:
      return fail_loading("the buffer has no entry after " +
                          std::to_string(reading_.after().offset));
    case BufferReading::Status::complete:
      break;
  }
  follower_->end_reading();
  follower_->begin_log_reading();
  loader_->start();
}

void Room::note_buffer_page(const ports::BufferPage& page) {
  if (page.head.lineage == 0) return follower_->note_forgotten();
  follower_->note_lineage(page.head.lineage);
  follower_->note_head(page.head);
  for (const ports::BufferRecord& record : page.records) {
    follower_->add(record.position, record.checksum, record.update, false, now());
  }
}

void Room::take_buffer_page(const ports::BufferPage& page) {
  if (const std::string damage = damage_in(page); !damage.empty()) return quarantine(damage);
  const std::uint64_t before = follower_->contiguous().offset;
  for (const ports::BufferRecord& record : page.records) {
    if (follower_->contains(record.position)) continue;
    const auto applied = doc_->apply_update(record.update.view(), crdt::UpdateLimits::none());
    if (!applied.ok()) {
      return quarantine("buffer entry " + std::to_string(record.position.offset) + ": " +
                        applied.error().message());
    }
    if (applied->changed) {
      turn_.push_back({.author = {}, .update = record.update, .ticket = {}, .received_at = now()});
    }
  }
  note_buffer_page(page);
  note_retained();
  switch (reading_.on_page(page)) {
    case BufferReading::Status::more:
      return request_buffer_page();
    case BufferReading::Status::broken:
      repair_at_ = now() + host_.config().retry_delay_max;
      return;
    case BufferReading::Status::complete:
      break;
  }
  follower_->end_reading();
  append_again_what_is_in_doubt();
  note_retained();
  if (follower_->wants_log()) return request_log_repair();
  if (!follower_->has_gap()) return;
  const bool useless = follower_->contiguous().offset == before;
  repair_at_ = now() + (useless ? host_.config().retry_delay_max : host_.config().gap_repair_delay);
}

void Room::on_buffer_append_done(Ticket ticket, const ports::BufferAppendResult& result) {
  // What was acknowledged under an older lineage may be what the buffer has forgotten.
  const bool lost =
      result.outcome == ports::Outcome::committed && result.position.lineage < follower_->lineage();
  const auto committed =
      finish_append(ticket, lost ? ports::Outcome::unknown : result.outcome, result.error);
  if (!committed) {
    around_buffer_until_ = now() + host_.config().retry_delay_max;
    return;
  }
  if (planted(PlantedBug::unknown_is_committed) && result.position.offset == 0) return settle();
  note_lineage(result.position.lineage);
  follower_->add(result.position, committed->checksum, committed->update, true, now());
  note_retained();
  expect_repair();
  settle();
}

// The buffer says it to everybody; so this may be what a connection here wrote.
void Room::on_buffer_update(ports::BufferPosition position, const SharedBytes& update) {
  if (position.offset == 0 || position.lineage < follower_->lineage()) return;
  note_lineage(position.lineage);
  if (status_ == Status::loading) return follower_->note_offset(position.offset);
  if (status_ != Status::open || follower_->contains(position)) return;
  const auto applied = doc_->apply_update(update.view());
  fold_at_ = now() + host_.config().fold_after;
  // What cannot be applied was damaged on its way: the gap will be read from the buffer.
  if (applied.ok()) {
    follower_->add(position, checksum(update.view()), update, false, now());
    note_retained();
    if (applied->changed && !planted(PlantedBug::remote_update_not_forwarded)) {
      turn_.push_back({.author = {}, .update = update, .ticket = {}, .received_at = now()});
    }
  } else {
    follower_->note_offset(position.offset);
  }
  expect_repair();
}

void Room::on_buffer_head(const ports::BufferHead& head) {
  const bool forgotten =
      head.lineage == 0 || (head.lineage < follower_->lineage() && status_ == Status::quarantined);
  if (forgotten) {
    follower_->note_forgotten();
    append_again_what_is_in_doubt();
  } else if (head.lineage >= follower_->lineage()) {
    note_lineage(head.lineage);
    follower_->note_head(head);
  } else if (status_ == Status::open) {
    // Either this is old, or the buffer has forgotten the lineage that is known here; reading tells
    // it.
    request_buffer_repair();
  }
  expect_repair();
  note_retained();
  settle();
}

void Room::note_lineage(std::uint64_t lineage) {
  if (!follower_->note_lineage(lineage)) return;
  host_.report(Trouble::buffer_may_have_forgotten, ports::LogLevel::warning, name_, {});
  if (status_ == Status::open) {
    note_doubts();
    request_buffer_repair();
  } else if (status_ == Status::quarantined) {
    append_again_what_is_in_doubt();  // It reads nothing that could end the doubts.
  }
}

// At once what this node appended itself, later what others did.
void Room::append_again_what_is_in_doubt() {
  append_again(follower_->take_own_in_doubt());
  note_doubts();
}

// Somebody is about to be told that what the replica holds is durable.
void Room::resolve_doubts() {
  if (!follower_ || !follower_->has_doubts()) return;
  append_again(follower_->take_in_doubt());
  note_doubts();
}

void Room::note_doubts() {
  if (!follower_->has_doubts()) {
    doubts_until_ = Instant::never();
  } else if (doubts_until_ == Instant::never()) {
    // Jittered, so that not every node appends the same.
    const Duration delay = host_.config().doubt_delay;
    const auto jitter = host_.ports().random.below(static_cast<std::uint64_t>(delay.count()));
    doubts_until_ = now() + delay + Duration(static_cast<Duration::rep>(jitter));
  }
}

void Room::append_again(std::vector<BufferFollower::Retained> entries) {
  host_.ports().metrics.add(ports::Counter::append_retries, entries.size());
  for (BufferFollower::Retained& entry : entries) {
    writer_.append(std::move(entry.update), now());
  }
  unlogged_gauge_.set(writer_.unlogged_bytes());
}

// More or less is retained than before.
void Room::note_retained() {
  undrained_gauge_.set(follower_->retained_bytes());
  look_at_writers();
}

// After the buffer did not take something, for a while; then it is tried again. Others read it from
// the log. (Where both took it, it is there twice, and idempotent.)
bool Room::goes_around_the_buffer() const {
  return host_.config().commit_without_buffer && now() < around_buffer_until_;
}

// Soon, if nobody brings what is missing until then.
void Room::expect_repair() {
  if (status_ != Status::open || repair_at_ != Instant::never()) return;
  if (follower_->has_gap() || follower_->wants_log()) {
    repair_at_ = now() + host_.config().gap_repair_delay;
  }
}

}  // namespace syncline::core
