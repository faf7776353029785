#include "server/core/drainer.h"

#include <algorithm>
#include <string>
#include <utility>

#include "server/base/assert.h"
#include "server/base/limits.h"
#include "server/base/planted_bug.h"
#include "server/core/checksum.h"

namespace syncline::core {
namespace {

// After so many transactions that the log did not take, one document at a time.
constexpr unsigned refusals_until_one_by_one = 3;
// However long transactions take, one carries so much.
constexpr std::size_t drain_bytes_min = 64 * limits::kibibyte;

}  // namespace

Drainer::Drainer(const WorkerConfig& config, const WorkerPorts& ports, TokenSource& tokens)
    : config_(config),
      ports_(ports),
      tokens_(tokens),
      drain_bytes_max_(config.drain_bytes_max),
      lag_gauge_(ports.metrics, ports::Gauge::worker_lag_seconds),
      documents_gauge_(ports.metrics, ports::Gauge::worker_documents) {
  round_at_ = behind_since_ = ports.clock.now();
}

void Drainer::on_deadline() {
  if (stopping_ || phase_ != Phase::waiting || ports_.clock.now() < round_at_) return;
  claim();
}

void Drainer::claim() {
  phase_ = Phase::claiming;
  const std::size_t room = config_.documents_max - std::min(config_.documents_max, claimed_.size());
  claim_count_ = std::min(config_.claim_documents_max, room);
  if (claim_count_ == 0) return on_claimed(std::vector<DocumentName>());
  ports_.buffer->claim(tokens_.next_token(), claim_count_, config_.claim_lease);
}

void Drainer::on_claimed(Result<std::vector<DocumentName>> documents) {
  SYNCLINE_ASSERT(phase_ == Phase::claiming);
  if (documents.ok()) {
    more_at_once_ = claim_count_ > 0 && documents->size() >= claim_count_;
    for (DocumentName& document : *documents) {
      if (claimed_.insert(document).second) waiting_.push_back(std::move(document));
    }
  } else {
    failed_ = true;
  }
  documents_gauge_.set(claimed_.size());
  phase_ = Phase::reading;
  read_more();
}

void Drainer::read_more() {
  const std::size_t documents_max = singles_left_ > 0 ? 1 : config_.documents_max;
  while (!stopping_ && !waiting_.empty() && requests_.size() < config_.reads_max &&
         batches_.size() < documents_max && has_room()) {
    const DocumentName document = std::move(waiting_.front());
    waiting_.pop_front();
    read_page(document, batches_[document]);
  }
  if (!requests_.empty()) return;
  if (!waiting_.empty()) more_at_once_ = true;
  if (stopping_ || batches_.empty()) return end_pass();
  drain();
}

// What is being read counts as if it were full pages.
bool Drainer::has_room() const {
  return bytes_ + requests_.size() * page_bytes() < drain_bytes_max_;
}

std::size_t Drainer::page_bytes() const { return std::min(config_.page_bytes, drain_bytes_max_); }

void Drainer::read_page(const DocumentName& document, const Batch& batch) {
  const RequestToken token = tokens_.next_token();
  requests_.emplace(token, document);
  ports_.buffer->read(token, document, batch.reading.after(), page_bytes());
}

void Drainer::on_page(RequestToken token, Result<ports::BufferPage> page) {
  const auto request = requests_.extract(token);
  SYNCLINE_ASSERT(!request.empty() && phase_ == Phase::reading, token);
  const DocumentName& document = request.mapped();
  Batch& batch = batches_.at(document);
  if (!page.ok()) {
    missed_some_ = true;
    again_.push_back(document);
    bytes_ -= batch.bytes;
    batches_.erase(document);
  } else if (const auto problem = take_page(document, batch, std::move(*page)); !problem.empty()) {
    give_up(document, problem);
  }
  read_more();
}

// Returns why the document cannot be drained; empty if it can.
std::string_view Drainer::take_page(const DocumentName& document, Batch& batch,
                                    ports::BufferPage page) {
  // What was read under an older lineage may be gone; the page begins with the oldest entry.
  if (page.head.lineage != batch.reading.after().lineage) {
    bytes_ -= batch.bytes;
    batch.records.clear();
    batch.bytes = 0;
  }
  const BufferReading::Status status = batch.reading.on_page(page);
  for (ports::BufferRecord& record : page.records) {
    if (checksum(record.update.view()) != record.checksum) {
      return "an entry of the write buffer is damaged; its document is not drained";
    }
    batch.bytes += record.update.size();
    bytes_ += record.update.size();
    batch.records.push_back(std::move(record));
  }
  if (status == BufferReading::Status::broken) {
    return "the write buffer lacks entries that it says it has; the document is not drained";
  }
  if (status == BufferReading::Status::complete) return {};
  if (has_room() && !stopping_) {
    read_page(document, batch);
  } else {
    more_at_once_ = true;
  }
  return {};
}

// The log must not get what is damaged. Once the claim has run out, somebody looks again.
void Drainer::give_up(const DocumentName& document, std::string_view why) {
  ports_.metrics.add(ports::Counter::drain_failures);
  entry_damaged_.write(ports_.log, ports_.clock.now(), ports::LogLevel::error, why, document.text(),
                       {});
  bytes_ -= batches_.at(document).bytes;
  claimed_.erase(document);
  batches_.erase(document);
}

void Drainer::drain() {
  std::vector<ports::DrainBatch> batches;
  for (auto& [document, batch] : batches_) {
    if (batch.records.empty()) continue;
    batches.push_back({.document = document, .records = batch.records});
  }
  if (batches.empty()) return trim();
  phase_ = Phase::draining;
  drain_began_at_ = ports_.clock.now();
  ports_.drains->drain(tokens_.next_token(), std::move(batches));
}

std::vector<Drainer::Drained> Drainer::on_drain_done(const ports::DrainResult& result) {
  SYNCLINE_ASSERT(phase_ == Phase::draining);
  std::vector<Drained> drained;
  if (singles_left_ > 0) --singles_left_;
  if (planted(PlantedBug::trims_unknown_drain) && result.outcome == ports::Outcome::unknown) {
    trim();
    return drained;
  }
  if (result.outcome != ports::Outcome::committed) {
    note_failed_drain(result);
    end_pass();
    return drained;
  }
  refusals_ = 0;
  drain_bytes_max_ = std::min(config_.drain_bytes_max, drain_bytes_max_ + drain_bytes_max_ / 8 + 1);
  std::size_t updates = 0;
  for (const auto& [document, batch] : batches_) {
    if (batch.records.empty()) continue;
    SYNCLINE_ASSERT(drained.size() < result.heads.size());
    drained.push_back({.document = document,
                       .head = result.heads[drained.size()],
                       .updates = batch.records.size()});
    updates += batch.records.size();
  }
  SYNCLINE_ASSERT(drained.size() == result.heads.size());
  observe_drain(updates);
  trim();
  return drained;
}

// Perhaps it is in the log, perhaps not. Draining it again is right in either case.
void Drainer::note_failed_drain(const ports::DrainResult& result) {
  failed_ = true;
  if (result.outcome == ports::Outcome::unknown) {
    drain_bytes_max_ =
        std::max(std::min(drain_bytes_min, config_.drain_bytes_max), drain_bytes_max_ / 2);
  }
  ports_.log.write(drain_failed_.level(ports_.clock.now(), ports::LogLevel::error),
                   "updates cannot be drained into the log", {{"problem", describe(result.error)}});
  // One document that the log does not take must not keep out the others.
  const bool about_content = result.outcome == ports::Outcome::refused &&
                             result.error != ErrorCode::unavailable &&
                             result.error != ErrorCode::storage_full;
  if (!about_content || ++refusals_ < refusals_until_one_by_one) return;
  refusals_ = 0;
  singles_left_ = claimed_.size();
}

void Drainer::observe_drain(std::size_t updates) {
  const Duration took = ports_.clock.now() - drain_began_at_;
  ports_.metrics.add(ports::Counter::updates_drained, updates);
  ports_.metrics.observe(ports::Histogram::drain_batch_updates, static_cast<double>(updates));
  ports_.metrics.observe(ports::Histogram::drain_seconds,
                         std::chrono::duration<double>(took).count());
}

// Also where nothing was left to drain: then the buffer finds the document clean.
void Drainer::trim() {
  phase_ = Phase::trimming;
  for (const auto& [document, batch] : std::exchange(batches_, {})) {
    const RequestToken token = tokens_.next_token();
    requests_.emplace(token, document);
    ports::BufferPosition through = batch.reading.after();
    if (planted(PlantedBug::trims_one_too_many)) ++through.offset;
    ports_.buffer->trim(token, document, through);
  }
  bytes_ = 0;
  if (requests_.empty()) end_pass();
}

void Drainer::on_trimmed(RequestToken token, const Result<ports::BufferHead>& head) {
  const auto request = requests_.extract(token);
  SYNCLINE_ASSERT(!request.empty() && phase_ == Phase::trimming, token);
  if (!head.ok()) missed_some_ = true;
  if (!head.ok() || head->head > head->trimmed) {
    again_.push_back(request.mapped());
  } else {
    claimed_.erase(request.mapped());
  }
  if (requests_.empty()) end_pass();
}

void Drainer::end_pass() {
  // What was read and not drained is read again.
  for (const auto& [document, batch] : std::exchange(batches_, {})) again_.push_back(document);
  bytes_ = 0;
  for (DocumentName& document : std::exchange(again_, {})) waiting_.push_back(std::move(document));
  documents_gauge_.set(claimed_.size());
  phase_ = Phase::waiting;
  const Instant now = ports_.clock.now();
  const bool more = std::exchange(more_at_once_, false);
  const bool missed_some = std::exchange(missed_some_, false);
  if (!failed_ && !missed_some && !more) behind_since_ = now;
  const auto behind = std::chrono::duration_cast<seconds>(now - behind_since_).count();
  lag_gauge_.set(static_cast<std::size_t>(behind));
  if (std::exchange(failed_, false)) return wait_after_failure();
  if (missed_some) ports_.metrics.add(ports::Counter::drain_failures);
  failures_ = 0;
  if (more) {
    round_at_ = missed_some ? now + config_.retry_delay_min : now;
  } else {
    round_at_ = now + config_.flush_interval;
  }
}

void Drainer::wait_after_failure() {
  ports_.metrics.add(ports::Counter::drain_failures);
  const Duration longest = config_.retry_delay_min * (std::int64_t{1} << std::min(failures_, 16u));
  const Duration delay = std::min(longest, config_.retry_delay_max);
  ++failures_;
  // Jittered, so that workers that failed together do not come back together.
  const auto jitter = ports_.random.below(static_cast<std::uint64_t>(delay.count() / 2) + 1);
  round_at_ = ports_.clock.now() + delay - delay / 2 + Duration(static_cast<Duration::rep>(jitter));
}

}  // namespace syncline::core
