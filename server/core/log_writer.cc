#include "server/core/log_writer.h"

#include <algorithm>

#include "server/base/assert.h"
#include "server/base/planted_bug.h"
#include "server/core/checksum.h"

namespace syncline::core {

Ticket LogWriter::append(SharedBytes update, Instant now) {
  SYNCLINE_ASSERT(!update.empty());
  ++last_.value;
  unlogged_bytes_ += update.size();
  const std::uint64_t sum = checksum(update.view());
  const auto at = unlogged_.emplace_hint(
      unlogged_.end(), last_,
      Unlogged{.update = std::move(update), .received_at = now, .checksum = sum});
  send(last_, at->second);
  return last_;
}

void LogWriter::send(Ticket ticket, const Unlogged& entry) {
  path_.send_append(ticket, entry.update, entry.checksum);
}

std::optional<LogWriter::Committed> LogWriter::on_append_done(Ticket ticket, ports::Outcome outcome,
                                                              Instant now) {
  const auto at = unlogged_.find(ticket);
  SYNCLINE_ASSERT(at != unlogged_.end() && !at->second.failed, ticket);
  if (outcome == ports::Outcome::committed) {
    Committed committed{.update = at->second.update,
                        .checksum = at->second.checksum,
                        .received_at = at->second.received_at};
    unlogged_bytes_ -= committed.update.size();
    unlogged_.erase(at);
    failing_ = false;
    retry_delay_ = Duration::zero();
    return committed;
  }
  if (planted(PlantedBug::failed_append_is_final)) {
    unlogged_bytes_ -= at->second.update.size();
    unlogged_.erase(at);
    return std::nullopt;
  }
  at->second.failed = true;
  if (++failed_ == 1) {
    retry_delay_ =
        std::clamp<Duration>(retry_delay_ * 2, config_.retry_delay_min, config_.retry_delay_max);
    retry_at_ = now + retry_delay_;
  }
  failing_ = true;
  return std::nullopt;
}

std::size_t LogWriter::retry(Instant now) {
  if (failed_ == 0 || now < retry_at_) return 0;
  const std::size_t count = failed_;
  failed_ = 0;
  retry_at_ = Instant::never();
  for (auto& [ticket, entry] : unlogged_) {
    if (!entry.failed) continue;
    entry.failed = false;
    send(ticket, entry);
    if (planted(PlantedBug::retry_of_the_oldest_only)) break;
  }
  return count;
}

Ticket LogWriter::durable() const {
  if (planted(PlantedBug::ack_before_log)) return last_;
  return unlogged_.empty() ? last_ : Ticket{unlogged_.begin()->first.value - 1};
}

Duration LogWriter::oldest_wait(Instant now) const {
  return unlogged_.empty() ? Duration::zero() : now - unlogged_.begin()->second.received_at;
}

}  // namespace syncline::core
