#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "server/core/shard_state.h"

namespace syncline::core {
namespace {

// What waits longer than this for a worker makes one look for it.
constexpr Duration undrained_late_after = seconds(30);

}  // namespace

// Jittered, so that the nodes do not all ask at once.
Duration Shard::State::jittered(Duration interval) {
  const auto half = static_cast<std::uint64_t>(interval.count() / 2);
  const auto jitter = static_cast<Duration::rep>(half > 0 ? ports_.random.below(half) : 0);
  return interval - interval / 4 + Duration(jitter);
}

// Where nodes commit to the log without the buffer, it brings nobody what one of them that is cut
// off from it alone commits.
Duration Shard::State::log_check_interval() const {
  const Duration often = config_.anti_entropy_interval;
  if (ports_.buffer == nullptr) return often;
  const bool buffer_brings_all = !config_.commit_without_buffer || often <= Duration::zero();
  return buffer_brings_all ? config_.log_check_interval
                           : std::min(often, config_.log_check_interval);
}

// A room is there, or has changed: makes sure that it will be compared.
void Shard::State::schedule_checks(const Room& room) {
  set_check(log_check_at_, log_check_interval());
  if (ports_.buffer == nullptr) return;
  set_check(buffer_check_at_, config_.anti_entropy_interval);
  if (room.retains()) set_check(undrained_check_at_, config_.undrained_check_interval);
}

void Shard::State::set_check(Instant& check_at, Duration interval) {
  if (check_at != Instant::never() || interval <= Duration::zero()) return;
  check_at = ports_.clock.now() + jittered(interval);
}

void Shard::State::run_due_checks(Instant now) {
  if (now >= log_check_at_) {
    log_check_at_ = Instant::never();
    check_log_heads();
  }
  if (now >= buffer_check_at_) {
    buffer_check_at_ = Instant::never();
    check_buffer_heads(false);
  }
  if (now >= undrained_check_at_) {
    undrained_check_at_ = Instant::never();
    note_undrained(now);
    check_buffer_heads(true);
  }
}

std::vector<DocumentName> Shard::State::names_of_rooms(bool only_retaining) const {
  std::vector<DocumentName> names;
  for (const auto& [name, room] : rooms_) {
    if (room->wants_heads() && (!only_retaining || room->retains())) names.push_back(name);
  }
  return names;
}

void Shard::State::check_log_heads() {
  if (rooms_.empty()) return;
  set_check(log_check_at_, log_check_interval());
  std::vector<DocumentName> names = names_of_rooms(false);
  if (names.empty()) return;
  if (log_heads_) {
    log_check_waits_ = log_check_waits_ || !log_heads_->of_all;
  } else {
    ask_log_heads(std::move(names), true);
  }
}

void Shard::State::ask_log_heads(std::vector<DocumentName> names, bool of_all) {
  log_heads_ = HeadsRequest{RequestToken{++last_token_.value}, names, of_all};
  for (const DocumentName& name : names) log_heads_->known.push_back(find_room(name)->contiguous());
  ports_.updates.read_heads(log_heads_->token, std::move(names));
}

void Shard::State::check_buffer_heads(bool only_retaining) {
  std::vector<DocumentName> names = names_of_rooms(only_retaining);
  if (!rooms_.empty()) set_check(buffer_check_at_, config_.anti_entropy_interval);
  if (names.empty()) return;
  if (only_retaining) set_check(undrained_check_at_, config_.undrained_check_interval);
  if (buffer_heads_) {
    buffer_check_waits_ = buffer_check_waits_ || !buffer_heads_->of_all;
  } else {
    ask_buffer_heads(std::move(names), !only_retaining);
  }
}

void Shard::State::ask_buffer_heads(std::vector<DocumentName> names, bool of_all) {
  buffer_heads_ = HeadsRequest{RequestToken{++last_token_.value}, names, of_all};
  ports_.buffer->read_heads(buffer_heads_->token, std::move(names));
}

void Shard::State::compare_next() {
  const bool buffered = ports_.buffer != nullptr;
  if (buffered ? buffer_heads_.has_value() : log_heads_.has_value()) return;
  std::vector<DocumentName> names = std::exchange(to_compare_, {});
  std::erase_if(names, [this](const DocumentName& name) { return find_room(name) == nullptr; });
  if (names.empty()) return;
  if (buffered) {
    ask_buffer_heads(std::move(names), false);
  } else {
    ask_log_heads(std::move(names), false);
  }
}

// Says once that workers are missing, and once that they are back.
void Shard::State::note_undrained(Instant now) {
  std::size_t late = 0;
  for (const auto& [name, room] : rooms_) {
    if (room->undrained_since() < now - undrained_late_after) ++late;
  }
  late_gauge_.set(late);
  if (late_ == (late > 0)) return;
  late_ = late > 0;
  if (late_) {
    ports_.log.write(ports::LogLevel::warning,
                     "nothing moves edits out of the write buffer into the log; does a worker run?",
                     {{"documents", std::to_string(late)}});
  } else {
    ports_.log.write(ports::LogLevel::info,
                     "edits are moved out of the write buffer into the log again", {});
  }
}

}  // namespace syncline::core
