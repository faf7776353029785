#include "loadgen/run/lane.h"

#include <algorithm>
#include <cmath>
#include <ctime>

#include "server/base/assert.h"

namespace syncline::loadgen {
namespace {

// So many clients of a lane are on their way at a time: a listen queue is not what is measured.
constexpr std::size_t joining_at_once_max = 64;
// Then the sockets have a turn.
constexpr std::size_t keystrokes_at_once_max = 64;
constexpr Duration tick_interval = milliseconds(250);

Duration thread_cpu_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return seconds(time.tv_sec) + Duration(time.tv_nsec);
}

// Clients of one document, and how many of them type: at least one does.
std::size_t clients_of(const RunOptions& options, std::size_t document) {
  return options.clients / options.documents + (document < options.clients % options.documents);
}
std::size_t writers_of(const RunOptions& options, std::size_t document) {
  const std::size_t clients = clients_of(options, document);
  const auto readers =
      static_cast<std::size_t>(std::lround(options.readers * static_cast<double>(clients)));
  return std::max<std::size_t>(clients - std::min(readers, clients),
                               std::min<std::size_t>(1, clients));
}

}  // namespace

Lane::Lane(const RunOptions& options, std::size_t index, LaneOwner& owner)
    : options_(options),
      index_(index),
      owner_(owner),
      keystrokes_(options.seed, ~std::uint64_t{index}),
      due_(loop_, [this] { type_due(); }),
      ticker_(loop_, [this] { tick(); }),
      deadline_(loop_, [this] { judge(); }) {
  build();
}

Lane::~Lane() { stop(); }

void Lane::build() {
  std::size_t all_writers = 0;
  for (std::size_t document = 0; document < options_.documents; ++document) {
    all_writers += writers_of(options_, document);
    if (document % options_.threads == index_) add_seats(document);
  }
  const double share = static_cast<double>(writers_.size()) /
                       static_cast<double>(std::max<std::size_t>(1, all_writers));
  schedule_ = std::make_unique<Schedule>(
      Schedule::Options{.edits_per_second = options_.edits_per_second * share,
                        .writers = writers_.size(),
                        .arrivals = options_.arrivals,
                        .seed = options_.seed,
                        .stream = index_});
}

void Lane::add_seats(std::size_t document_index) {
  documents_.push_back(std::make_unique<LoadDocument>(options_.document_name(document_index),
                                                      options_.manners, tally_));
  LoadDocument& document = *documents_.back();
  SeatOwner& owner = *this;
  const std::size_t writers = writers_of(options_, document_index);
  for (std::size_t i = 0; i < clients_of(options_, document_index); ++i) {
    const std::size_t client = document_index + i * options_.documents;
    const std::size_t target = (document_index + i) % options_.targets.size();
    Participant& participant = document.join(options_.client_id(client), target, i < writers);
    seats_.push_back(std::make_unique<Seat>(loop_, options_, document, participant, owner));
    if (participant.types()) writers_.push_back(seats_.back().get());
  }
}

void Lane::start() {
  loop_.post([this] {
    ticker_.set(EventLoop::now() + tick_interval);
    connect_more();
    if (seats_.empty()) owner_.on_lane_joined();
  });
  thread_ = std::thread([this] { loop_.run(); });
}

void Lane::stop() {
  loop_.stop();
  if (thread_.joinable()) thread_.join();
}

void Lane::connect_more() {
  while (seats_begun_ < seats_.size() && seats_begun_ - seats_joined_ < joining_at_once_max) {
    seats_[seats_begun_++]->connect();
  }
}

void Lane::begin_typing(Instant begin) {
  loop_.post([this, begin] {
    if (phase_ != Phase::joining) return;
    phase_ = Phase::typing;
    begin_ = begin;
    cpu_at_begin_ = thread_cpu_time();
    due_.set(begin);
  });
}

void Lane::end_typing() {
  loop_.post([this] {
    if (phase_ == Phase::joining || phase_ == Phase::typing) settle();
  });
}

void Lane::type_due() {
  if (phase_ != Phase::typing) return;
  const Instant now = EventLoop::now();
  const Duration end = options_.warm_up + options_.duration;
  for (std::size_t i = 0; i < keystrokes_at_once_max; ++i) {
    const Schedule::Due due = schedule_->next();
    if (due.at >= end) {
      if (begin_ + end <= now) return settle();
      return due_.set(begin_ + end);
    }
    const Instant scheduled = begin_ + due.at;
    if (scheduled > now) return due_.set(scheduled);
    schedule_->take();
    const bool measured = due.at >= options_.warm_up;
    if (measured) tally_.lateness.record(now - scheduled);
    writers_[due.writer]->type(keystrokes_.chance(options_.deletes), measured, scheduled);
  }
  due_.set(now);
}

void Lane::settle() {
  const bool typed = phase_ == Phase::typing;
  phase_ = Phase::settling;
  due_.cancel();
  const Instant now = EventLoop::now();
  if (typed) {
    typing_cpu_ = thread_cpu_time() - cpu_at_begin_;
    typing_time_ = now - begin_;
  }
  deadline_.set(now + options_.converge_timeout);
  check_settled();
}

void Lane::check_settled() {
  if (phase_ != Phase::settling || !tally_.settled(options_.manners.acks)) return;
  for (const auto& document : documents_) {
    const auto& participants = document->participants();
    for (const auto& client : participants) {
      if (!client->synced() || client->reception() != participants.front()->reception()) return;
    }
  }
  judge();
}

void Lane::judge() {
  if (phase_ != Phase::settling) return;
  phase_ = Phase::auditing;
  deadline_.cancel();
  for (const auto& document : documents_) verdict_.add(judge_clients(*document));
  for (const auto& seat : seats_) seat->leave();
  if (!options_.audits) return finish();
  audit_ = std::make_unique<Audit>(loop_, options_, documents_, [this] {
    verdict_.add(audit_->verdict());
    finish();
  });
  audit_->begin(EventLoop::now() + options_.converge_timeout);
}

void Lane::finish() {
  phase_ = Phase::done;
  ticker_.cancel();
  owner_.on_lane_done();
}

void Lane::tick() {
  const Instant now = EventLoop::now();
  std::uint64_t synced = 0;
  for (const auto& seat : seats_) {
    if (phase_ != Phase::auditing) seat->check_silence(now);
    synced += seat->participant().synced();
  }
  progress_.synced = synced;
  progress_.edits = tally_.edits;
  progress_.acknowledged = tally_.edits_acknowledged;
  progress_.deliveries_due = tally_.deliveries_due;
  progress_.deliveries = tally_.deliveries;
  ticker_.set(now + tick_interval);
}

std::string Lane::why_not_joined() const {
  for (const auto& seat : seats_) {
    if (!seat->participant().synced()) {
      return seat->last_end().empty() ? "no answer" : seat->last_end();
    }
  }
  return {};
}

void Lane::on_seat_synced(Seat&) {
  if (phase_ != Phase::joining || seats_joined_ == seats_.size()) return;
  ++seats_joined_;
  connect_more();
  if (seats_joined_ == seats_.size()) owner_.on_lane_joined();
}

void Lane::on_seat_progress() { check_settled(); }

void Lane::on_seat_lost(Seat& seat, const std::string& why) {
  if (phase_ == Phase::joining && seats_joined_ < seats_.size()) --seats_joined_;
  if (options_.keeps_going) return;
  owner_.on_lane_trouble("client " + std::to_string(seat.participant().client()) +
                         " lost its connection (" + why +
                         "); --keep-going goes on through such losses");
}

void Lane::on_seat_refused(Seat& seat, const std::string& why) {
  owner_.on_lane_trouble("client " + std::to_string(seat.participant().client()) +
                         " was refused for good: " + why);
}

}  // namespace syncline::loadgen
