// The room's life: loading, gap repair, snapshots, eviction.

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "server/base/planted_bug.h"
#include "server/core/checksum.h"
#include "server/core/room.h"
#include "server/crdt/update.h"

namespace syncline::core {
namespace {

// How long an unreadable document is refused without looking at its log again.
constexpr Duration quarantine_recheck_after = seconds(30);
// How long an encoded state is kept for those who ask at about the same time.
constexpr Duration sync_kept = seconds(5);

}  // namespace

Room::Room(RoomHost& host, DocumentName name)
    : host_(host),
      name_(std::move(name)),
      writer_(*this, host.config()),
      ring_(host.config().ring_bytes_max, host.config().ring_frames_max),
      open_gauge_(host.ports().metrics, ports::Gauge::documents_open),
      quarantined_gauge_(host.ports().metrics, ports::Gauge::documents_quarantined),
      memory_gauge_(host.ports().metrics, ports::Gauge::document_memory_bytes),
      unlogged_gauge_(host.ports().metrics, ports::Gauge::unlogged_bytes,
                      host.totals().unlogged_bytes),
      undrained_gauge_(host.ports().metrics, ports::Gauge::undrained_bytes,
                       host.totals().undrained_bytes),
      ring_gauge_(host.ports().metrics, ports::Gauge::ring_bytes),
      paused_gauge_(host.ports().metrics, ports::Gauge::readers_paused) {
  loading_since_ = idle_since_ = now();
  open_gauge_.set(1);
  // Subscribing first: what is committed while we read is then either in what we read or heard of;
  // or, where the subscription takes longer than reading, found once it stands.
  host_.ports().broker.subscribe(name_);
  if (host_.ports().buffer != nullptr) follower_.emplace();
  load();
}

void Room::load() {
  status_ = Status::loading;
  const crdt::DocOptions options{.client_id = 0,
                                 .gc = !host_.config().keep_deleted_content,
                                 .tidies_formats = false,
                                 .pending_bytes_max = host_.config().pending_bytes_max};
  loader_.emplace(host_.ports().updates, host_.ports().snapshots, static_cast<TokenSource&>(*this),
                  name_, options, host_.config().log_page_bytes);
  if (!follower_) return loader_->start();
  reading_ = BufferReading();
  request_buffer_page();
}

Room::~Room() {
  retire_syncs_made_before(Instant::never());
  host_.ports().broker.unsubscribe(name_);
}

Instant Room::now() const { return host_.ports().clock.now(); }

RequestToken Room::next_token() { return token_for(Ticket{0}); }

RequestToken Room::token_for(Ticket ticket) {
  ++outstanding_;
  return host_.issue_token(*this, ticket, tracker_.contiguous());
}

void Room::send_append(Ticket ticket, const SharedBytes& update, std::uint64_t checksum) {
  const Ports& ports = host_.ports();
  if (ports.buffer == nullptr || goes_around_the_buffer()) {
    ports.updates.append(token_for(ticket), name_, update, checksum);
  } else {
    ports.buffer->append(token_for(ticket), name_, update, checksum, follower_->lineage());
  }
}

void Room::on_snapshot_read(Result<std::optional<ports::Snapshot>> snapshot) {
  --outstanding_;
  if (status_ != Status::loading) return take_snapshot(std::move(snapshot));
  loader_->on_snapshot_read(std::move(snapshot));
  after_load_step();
}

void Room::on_log_page(Sequence known, Result<ports::LogPage> page) {
  --outstanding_;
  if (status_ == Status::loading) {
    loader_->on_log_page(std::move(page));
    return after_load_step();
  }
  log_read_outstanding_ = false;
  if (status_ != Status::open) return settle();
  if (page.ok() && page->head < known) {
    abandon("it ends at " + std::to_string(page->head.value) + " and went up to " +
            std::to_string(known.value));
  } else if (page.ok()) {
    take_log_records(*page);
  } else {
    fail_log_repair();
  }
  settle();
}

void Room::fail_log_repair() {
  reading_log_ = false;
  if (follower_) follower_->end_log_reading(false);
  repair_at_ = now() + host_.config().retry_delay_max;
}

// What is being read may be from before it.
void Room::on_broker_subscribed() {
  if (status_ == Status::loading) {
    compare_when_open_ = true;
  } else if (status_ == Status::open) {
    host_.compare(*this);
  }
}

// Soon, unless it is an append of this node whose answer is on its way.
void Room::on_log_head(Sequence known, Sequence head) {
  if (planted(PlantedBug::heads_are_not_compared)) return;
  if (status_ != Status::open || head == tracker_.contiguous()) return;
  if (head < std::min(known, tracker_.contiguous())) {
    abandon("it ends at " + std::to_string(head.value) + " and went up to " +
            std::to_string(known.value));
    return settle();
  }
  if (head < tracker_.contiguous()) return;  // It has grown since.
  heard_ = std::max(heard_, head);
  if (repair_at_ == Instant::never()) repair_at_ = now() + host_.config().gap_repair_delay;
}

void Room::after_load_step() {
  switch (loader_->status()) {
    case DocumentLoader::Status::loading:
      return;
    case DocumentLoader::Status::done:
      return open_document();
    case DocumentLoader::Status::unreadable: {
      const std::string problem = loader_->problem();
      loader_.reset();
      return quarantine(problem);
    }
    case DocumentLoader::Status::failed:
      return fail_loading(loader_->problem());
  }
}

void Room::fail_loading(const std::string& problem) {
  host_.ports().metrics.add(ports::Counter::load_failures);
  host_.report(Trouble::load_failed, ports::LogLevel::error, name_, problem);
  loader_.reset();
  refuse_all(protocol::CloseCode::try_again_later, "the document cannot be loaded now",
             ports::Rejection::load_failed);
  if (!everything_is_logged()) {  // Loaded anew: it still has to care for what it once accepted.
    status_ = Status::abandoned;
    reload_at_ = now() + host_.config().retry_delay_max;
    return;
  }
  status_ = Status::failed;
  finished_ = true;
}

void Room::open_document() {
  ports::Metrics& metrics = host_.ports().metrics;
  if (const int damaged = loader_->damaged_snapshots(); damaged > 0) {
    metrics.add(ports::Counter::snapshot_fallbacks, static_cast<std::uint64_t>(damaged));
    host_.ports().log.write(ports::LogLevel::warning,
                            "damaged snapshots were passed over; the log before them was read",
                            {{"document", name_.text()}});
  }
  metrics.add(ports::Counter::loads);
  metrics.observe(ports::Histogram::load_seconds,
                  std::chrono::duration<double>(now() - loading_since_).count());
  snapshot_sequence_ = loader_->snapshot_sequence();
  tracker_.add_through(loader_->sequence());
  if (planted(PlantedBug::heard_counts_as_loaded)) tracker_.add_through(heard_);
  doc_.emplace(loader_->take_document());
  loader_.reset();
  status_ = Status::open;
  fold_at_ = now() + host_.config().fold_after;
  memory_gauge_.set(doc_->memory_bytes());
  if (snapshot_worthwhile()) snapshot_at_ = now() + host_.config().snapshot_interval;
  if (follower_) {
    follower_->end_log_reading(true);
    note_doubts();
    note_retained();
    if (follower_->has_gap()) request_buffer_repair();
  }
  if (heard_ > tracker_.contiguous()) request_log_repair();
  if (std::exchange(compare_when_open_, false)) host_.compare(*this);
  host_.ports().broker.query_awareness(name_);
  for (Connection* connection : std::vector<Connection*>(connections_)) greet(*connection);
  if (draining_) drain();
}

// The log has gone back: the database failed over to a standby that was behind, or was restored.
// The replica holds what the log does not have and may lack what it has, so it is of no more use.
// Its clients have all that they ever wrote: when they come back, they bring what the log has lost.
void Room::abandon(std::string_view problem) {
  host_.ports().metrics.add(ports::Counter::log_rewinds);
  host_.report(Trouble::log_went_back, ports::LogLevel::error, name_, problem);
  status_ = Status::abandoned;
  loading_since_ = now();
  fold_at_ = snapshot_at_ = repair_at_ = Instant::never();
  held_.clear();
  held_snapshot_.reset();
  turn_.clear();
  reading_log_ = false;
  heard_ = {};
  retire_syncs_made_before(Instant::never());
  refuse_all(protocol::CloseCode::restarting, "the document is loaded again",
             ports::Rejection::log_went_back);
  doc_.reset();
  memory_gauge_.set(0);
  tracker_ = SequenceTracker();
  recent_ = RecentRecords();
}

void Room::quarantine(std::string_view problem) {
  host_.ports().metrics.add(ports::Counter::load_failures);
  host_.ports().log.write(
      ports::LogLevel::error,
      "a document is refused because its log is unreadable; nothing was changed",
      {{"document", name_.text()}, {"problem", problem}});
  status_ = Status::quarantined;
  quarantined_gauge_.set(1);
  quarantined_until_ = now() + quarantine_recheck_after;
  snapshot_at_ = repair_at_ = doubts_until_ = Instant::never();
  held_.clear();
  if (follower_) append_again_what_is_in_doubt();
  retire_syncs_made_before(Instant::never());
  refuse_all(protocol::CloseCode::quarantined, "the document is damaged and was quarantined",
             ports::Rejection::quarantined);
}

void Room::refuse_all(protocol::CloseCode code, std::string_view reason,
                      ports::Rejection rejection) {
  while (!connections_.empty()) refuse(*connections_.back(), code, reason, rejection);
}

void Room::refuse(Connection& connection, protocol::CloseCode code, std::string_view reason,
                  ports::Rejection rejection) {
  host_.ports().metrics.reject(rejection);
  const ConnectionId id = connection.id;
  leave(connection);
  host_.close_connection(id, code, reason);
}

void Room::repair() {
  repair_at_ = Instant::never();
  if (follower_ && follower_->has_gap()) {
    request_buffer_repair();
  } else if (follower_ && follower_->wants_log()) {
    request_log_repair();
  }
  if (tracker_.has_gap() || heard_ > tracker_.contiguous()) request_log_repair();
}

void Room::request_log_repair() {
  if (log_read_outstanding_) return;
  log_read_outstanding_ = true;
  if (follower_ && !reading_log_) follower_->begin_log_reading();
  reading_log_ = true;
  host_.ports().metrics.add(ports::Counter::gap_repairs);
  host_.ports().updates.read_log(next_token(), name_, tracker_.contiguous(),
                                 host_.config().log_page_bytes);
}

void Room::take_log_records(const ports::LogPage& page) {
  const Sequence before = tracker_.contiguous();
  const bool forgotten =
      page.head > before &&
      (page.records.empty() || page.records.front().sequence.value > before.value + 1);
  if (forgotten) return request_snapshot(Sequence{std::numeric_limits<std::uint64_t>::max()});
  for (const ports::LogRecord& record : page.records) {
    if (!recent_.note(record.sequence, record.checksum)) {
      return abandon("record " + std::to_string(record.sequence.value) + " was another before");
    }
    if (tracker_.contains(record.sequence)) continue;
    if (planted(PlantedBug::gap_repair_skips_one) && &record == page.records.data()) {
      tracker_.add(record.sequence);
      continue;
    }
    const auto applied = apply_record(*doc_, record.checksum, record.update);
    if (!applied.ok()) {
      return quarantine("log record " + std::to_string(record.sequence.value) + ": " +
                        applied.error().message());
    }
    tracker_.add(record.sequence);
    if (follower_) follower_->note_logged(record.checksum, record.update);
    if (applied->changed) {
      turn_.push_back({.author = {}, .update = record.update, .ticket = {}, .received_at = now()});
    }
  }
  if (follower_) note_retained();
  if (page.head <= tracker_.contiguous()) {
    reading_log_ = false;
    if (follower_) {
      follower_->end_log_reading(true);
      expect_repair();
    }
    return;
  }
  if (tracker_.contiguous() == before) {
    return quarantine("the log has no record " + std::to_string(before.value + 1));
  }
  request_log_repair();
}

// What the log has forgotten while this replica was cut off from it, or stopped, is in a snapshot.
void Room::request_snapshot(Sequence before) {
  log_read_outstanding_ = true;
  host_.ports().snapshots.read_snapshot(next_token(), name_, before);
}

void Room::take_snapshot(Result<std::optional<ports::Snapshot>> snapshot) {
  log_read_outstanding_ = false;
  if (status_ == Status::open) merge_snapshot(std::move(snapshot));
  settle();
}

void Room::merge_snapshot(Result<std::optional<ports::Snapshot>> snapshot) {
  const bool damaged = !snapshot.ok() && snapshot.error().code == ErrorCode::checksum_mismatch;
  if (!snapshot.ok() && !damaged) return fail_log_repair();
  const bool helps =
      !damaged && snapshot->has_value() && (*snapshot)->sequence > tracker_.contiguous();
  if (!helps) {
    return quarantine("the log has no record " + std::to_string(tracker_.contiguous().value + 1) +
                      ", and no intact snapshot holds it");
  }
  const ports::Snapshot& found = **snapshot;
  // Only what is missing, as it is sent to everybody.
  auto missing = checksum(found.state.view()) == found.checksum
                     ? crdt::diff_update(found.state.view(), doc_->encode_state_vector())
                     : ErrorCode::checksum_mismatch;
  const auto applied =
      missing.ok() ? doc_->apply_update(*missing, crdt::UpdateLimits::none()) : missing.error();
  if (!applied.ok()) {
    host_.ports().metrics.add(ports::Counter::snapshot_fallbacks);
    return request_snapshot(found.sequence);
  }
  tracker_.add_through(found.sequence);
  snapshot_sequence_ = std::max(snapshot_sequence_, found.sequence);
  if (applied->changed) {
    turn_.push_back({.author = {},
                     .update = SharedBytes(std::move(*missing)),
                     .ticket = {},
                     .received_at = now()});
  }
  request_log_repair();
}

// Where there is a buffer, workers write them.
bool Room::snapshot_worthwhile() const {
  if (follower_) return false;
  return status_ == Status::open && tracker_.contiguous().value - snapshot_sequence_.value >=
                                        host_.config().snapshot_updates_min;
}

void Room::make_snapshot() {
  snapshot_at_ = Instant::never();
  ports::Snapshot snapshot = snapshot_of(*doc_, tracker_.contiguous());
  snapshot_before_ = std::exchange(snapshot_sequence_, snapshot.sequence);
  held_snapshot_ = HeldSnapshot{std::move(snapshot), writer_.last()};
  write_held_snapshot();
}

void Room::write_held_snapshot() {
  if (!held_snapshot_) return;
  const bool durable = writer_.durable() >= held_snapshot_->after;
  if (!durable && !planted(PlantedBug::snapshot_before_durable)) return;
  snapshot_outstanding_ = true;
  ports::Snapshot snapshot = std::move(held_snapshot_->snapshot);
  held_snapshot_.reset();
  host_.ports().snapshots.write_snapshot(next_token(), name_, std::move(snapshot));
}

void Room::on_snapshot_written(ports::SnapshotOutcome outcome) {
  --outstanding_;
  snapshot_outstanding_ = false;
  if (outcome == ports::SnapshotOutcome::written) {
    host_.ports().metrics.add(ports::Counter::snapshots_written);
  } else if (outcome == ports::SnapshotOutcome::failed) {
    // The log has everything; the next snapshot comes with the next activity.
    snapshot_sequence_ = snapshot_before_;
    host_.ports().metrics.add(ports::Counter::snapshot_failures);
  }
  settle();
}

// Nothing that this room accepted is missing from the log, as far as it is the one to care for it.
bool Room::everything_is_logged() const {
  return writer_.idle() && !(follower_ && follower_->retains_own());
}

// Drops the room once nobody uses it and nothing of it waits for the store.
void Room::settle() {
  if (status_ == Status::abandoned) {
    if (outstanding_ == 0 && writer_.idle() && now() >= reload_at_) load();
    return;
  }
  if (finished_ || status_ == Status::loading || !connections_.empty()) return;
  if (status_ == Status::quarantined) {
    // What was accepted before is still on its way to the log.
    finished_ = (draining_ || now() >= quarantined_until_) && everything_is_logged();
    return;
  }
  const bool idle_for_long = draining_ || now() >= idle_since_ + host_.config().evict_after;
  if (!idle_for_long || !everything_is_logged() || outstanding_ > 0) return;
  if (snapshot_worthwhile() && !final_snapshot_tried_ && !evicting_) {
    final_snapshot_tried_ = true;
    return make_snapshot();
  }
  host_.ports().metrics.add(ports::Counter::evictions);
  finished_ = true;
}

Instant Room::next_deadline() const {
  if (finished_) return Instant::never();
  Instant next = std::min({fold_at_, snapshot_at_, repair_at_, doubts_until_, held_back_until_,
                           budget_retry_at_, quarantined_until_, writer_.next_retry()});
  if (status_ == Status::abandoned && outstanding_ == 0 && writer_.idle()) {
    next = std::min(next, reload_at_);
  }
  if (will_open() && !connections_.empty()) {
    next = std::min(next, loading_since_ + host_.config().load_timeout);
  }
  if (status_ == Status::open && connections_.empty() && everything_is_logged() &&
      outstanding_ == 0) {
    // Nobody else may wake a room that drains, once its last client has closed by itself.
    next = std::min(next, draining_ ? idle_since_ : idle_since_ + host_.config().evict_after);
  }
  for (const auto& [id, sync] : syncs_) {
    if (sync.fresh) next = std::min(next, sync.made_at + sync_kept);
  }
  if (status_ == Status::open && awareness_.has_remote() &&
      !planted(PlantedBug::awareness_never_expires)) {
    next = std::min(next, awareness_.oldest_remote() + host_.config().awareness_remote_timeout);
  }
  return next;
}

void Room::on_deadline() {
  const Instant at = now();
  const Config& config = host_.config();
  if (will_open() && at >= loading_since_ + config.load_timeout) {
    loading_since_ = at;  // Those who join from now on get a full wait of their own.
    refuse_all(protocol::CloseCode::try_again_later, "the document takes too long to load",
               ports::Rejection::load_failed);
  }
  if (const std::size_t again = writer_.retry(at); again > 0) {
    host_.ports().metrics.add(ports::Counter::append_retries, again);
  }
  if (at >= fold_at_) {
    fold_at_ = Instant::never();
    if (status_ == Status::open && !doc_->is_folded() && doc_->fold()) {
      host_.ports().metrics.add(ports::Counter::folds);
      memory_gauge_.set(doc_->memory_bytes());
    }
  }
  if (status_ == Status::open) {
    if (at >= repair_at_) repair();
    if (at >= snapshot_at_) {
      snapshot_at_ = Instant::never();
      if (!snapshot_outstanding_ && !held_snapshot_ && snapshot_worthwhile()) make_snapshot();
    }
    retire_syncs_made_before(at - sync_kept);
    if (awareness_.has_remote() && !planted(PlantedBug::awareness_never_expires)) {
      awareness_.expire_remote(awareness_now() - config.awareness_remote_timeout);
    }
  }
  if (at >= held_back_until_ || at >= budget_retry_at_) {
    held_back_until_ = budget_retry_at_ = Instant::never();
    durable_changed_ = true;  // Lets flush() look at the waiting connections again.
  }
  if (at >= doubts_until_) {
    doubts_until_ = Instant::never();
    append_again(follower_->take_in_doubt());
  }
  if (at >= quarantined_until_ && !everything_is_logged()) {
    quarantined_until_ = at + quarantine_recheck_after;
  }
  settle();
}

void Room::hand_off(Connection& connection) {
  if (!std::exchange(connection.leaving, true)) ++leaving_;
  if (connection.reading) {
    connection.reading = false;
    host_.ports().transport.set_reading(connection.id, false);
  }
  if (status_ == Status::open && !connection.unacked.empty()) return;
  if (evicting_) {
    return refuse(connection, protocol::CloseCode::restarting, "the document is loaded anew",
                  ports::Rejection::evicted);
  }
  refuse(connection, protocol::CloseCode::restarting, "the server restarts",
         ports::Rejection::draining);
}

void Room::drain() {
  draining_ = true;
  for (Connection* connection : std::vector<Connection*>(connections_)) hand_off(*connection);
  settle();
}

void Room::evict() {
  evicting_ = true;
  held_snapshot_.reset();
  drain();
}

void Room::close_all() {
  refuse_all(protocol::CloseCode::restarting, "the server restarts", ports::Rejection::draining);
  settle();
}

}  // namespace syncline::core
