#include "loadgen/run/participant.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "server/base/assert.h"
#include "server/lib0/decoder.h"
#include "server/protocol/y_websocket.h"

namespace syncline::loadgen {
namespace {

namespace y_websocket = protocol::y_websocket;

constexpr std::uint64_t message_acknowledgement = 110;

// What a state vector says of one client.
Result<std::uint64_t> clock_in(BytesView state_vector, std::uint64_t wanted) {
  lib0::Decoder in(state_vector);
  std::uint64_t count = 0;
  std::uint64_t found = 0;
  in.take_var_uint(count);
  for (std::uint64_t i = 0; i < count && !in.failed(); ++i) {
    std::uint64_t client = 0;
    std::uint64_t clock = 0;
    if (in.take_var_uint(client) && in.take_var_uint(clock) && client == wanted) found = clock;
  }
  if (in.failed()) return in.failure();
  return found;
}

// Ignores: what a client wrote itself is no news to it.
class Nobody final : public ReceptionWatcher {
 public:
  void on_inserted(std::uint64_t, std::uint64_t, std::uint64_t) override {}
  void on_deleted(std::uint64_t, std::uint64_t) override {}
};

}  // namespace

Participant::Participant(LoadDocument& document, std::uint64_t client, std::size_t target,
                         bool types)
    : document_(document),
      target_(target),
      types_(types),
      typist_(client, document.manners().letters_per_edit) {}

void Participant::on_open() {
  introduced_ = false;
  messages_.clear();
  messages_acknowledged_ = 0;
  send(y_websocket::sync_step1(reception_.state_vector()));
}

void Participant::on_closed() {
  introduced_ = false;
  synced_since_ = Instant::never();
  outbox_.clear();
}

void Participant::on_frame(BytesView frame, Instant now) {
  now_ = now;
  Tally& tally = document_.tally();
  ++tally.frames_received;
  tally.bytes_received += frame.size();
  lib0::Decoder in(frame);
  std::uint64_t type = 0;
  std::uint64_t durable = 0;
  if (in.take_var_uint(type) && type == message_acknowledgement) {
    if (!in.take_var_uint(durable) || !in.done()) return fail("an unreadable acknowledgement");
    return on_acknowledgement(durable);
  }
  const auto message = y_websocket::parse(frame);
  if (!message.ok()) return fail("a frame: " + message.error().message());
  if (const auto* step1 = std::get_if<y_websocket::SyncStep1>(&*message)) {
    on_step1(step1->state_vector);
  } else if (const auto* step2 = std::get_if<y_websocket::SyncStep2>(&*message)) {
    on_update(step2->update);
    if (!synced()) synced_since_ = now;
  } else if (const auto* update = std::get_if<y_websocket::Update>(&*message)) {
    on_update(update->update);
  }
}

void Participant::on_step1(BytesView state_vector) {
  const auto offered = clock_in(state_vector, client());
  if (!offered.ok()) return fail("a state vector: " + offered.error().message());
  if (*offered < acknowledged_clock_) {
    document_.tally().letters_withheld += acknowledged_clock_ - *offered;
  }
  const std::size_t edits = typist_.edits().size();
  const bool says_all = document_.manners().heals || !document_.manners().acks;
  introduced_ = true;
  send_edits(y_websocket::sync_step2(says_all ? typist_.update_beyond(*offered)
                                              : typist_.update(acknowledged_, edits)),
             edits);
}

void Participant::on_update(BytesView update) {
  client::UpdateScan& scan = document_.scan();
  const auto read = client::scan_update(update, scan);
  if (!read.ok()) return fail("an update: " + read.error().message());
  check_letters(scan);
  reception_.take(scan, *this);
}

void Participant::check_letters(const client::UpdateScan& update) {
  for (const client::ScannedRun& run : update.runs) {
    if (run.tag != client::ContentTag::text || document_.find(run.client) == nullptr) continue;
    const std::string_view text = as_text(run.content);
    bool right = text.size() == run.length;
    for (std::size_t i = 0; right && i < text.size(); ++i) {
      right = text[i] == letter_of(run.client, run.clock + i);
    }
    if (!right) {
      fail("letters that nobody typed: client " + std::to_string(run.client) + ", clock " +
           std::to_string(run.clock));
    }
  }
}

void Participant::on_inserted(std::uint64_t client, std::uint64_t from, std::uint64_t to) {
  const Participant* writer = document_.find(client);
  if (writer == nullptr) return document_.note_stranger();
  const Typist& typist = writer->typist();
  if (to > typist.clock()) return fail("letters that were never sent");
  for (std::uint64_t clock = from; clock < to;) {
    const Edit& edit = typist.edits()[typist.insertion_of(clock)];
    if (edit.end() <= to) delivered(*writer, edit);
    clock = edit.end();
  }
}

void Participant::on_deleted(std::uint64_t client, std::uint64_t clock) {
  const Participant* writer = document_.find(client);
  if (writer == nullptr) return document_.note_stranger();
  const auto edit = writer->typist().deletion_of(clock);
  if (!edit.has_value()) return document_.note_stranger();
  delivered(*writer, writer->typist().edits()[*edit]);
}

void Participant::delivered(const Participant& writer, const Edit& edit) {
  Tally& tally = document_.tally();
  if (&writer == this) return fail("its own letters before it typed them");
  ++tally.deliveries;
  if (!edit.measured) return;
  const bool steady = synced_since_ <= edit.scheduled && writer.synced_since() <= edit.scheduled;
  Histogram& histogram = !steady                      ? tally.through_reconnect
                         : writer.target() == target_ ? tally.same_target
                                                      : tally.cross_target;
  histogram.record(now_ - edit.scheduled);
}

void Participant::on_acknowledgement(std::uint64_t messages) {
  if (messages < messages_acknowledged_) return fail("an acknowledgement that goes back");
  if (messages - messages_acknowledged_ > messages_.size()) {
    return fail("an acknowledgement of what was never sent");
  }
  std::size_t to = acknowledged_;
  for (; messages_acknowledged_ < messages; ++messages_acknowledged_) {
    to = messages_.front();
    messages_.pop_front();
  }
  Tally& tally = document_.tally();
  for (; acknowledged_ < to; ++acknowledged_) {
    const Edit& edit = typist_.edits()[acknowledged_];
    if (!edit.deletes) acknowledged_clock_ = edit.end();
    ++tally.edits_acknowledged;
    if (!edit.measured) continue;
    const bool steady = synced_since_ <= edit.scheduled;
    (steady ? tally.acknowledged : tally.acknowledged_after_reconnect)
        .record(now_ - edit.scheduled);
  }
}

void Participant::type(bool removes, bool measured, Instant scheduled) {
  SYNCLINE_ASSERT(types_);
  const std::size_t edit = removes && typist_.can_delete() ? typist_.remove(scheduled, measured)
                                                           : typist_.insert(scheduled, measured);
  Tally& tally = document_.tally();
  ++tally.edits;
  if (measured) ++tally.measured_edits;
  tally.deliveries_due += deliveries_due(typist_.edits()[edit]);
  const Bytes update = typist_.update(edit, edit + 1);
  client::UpdateScan& scan = document_.scan();
  const auto read = client::scan_update(update, scan);
  SYNCLINE_ASSERT(read.ok());
  Nobody nobody;
  reception_.take(scan, nobody);
  if (introduced_) send_edits(y_websocket::update(update), edit + 1);
}

// To everybody else, unless a stranger has deleted the letter there before.
std::uint64_t Participant::deliveries_due(const Edit& edit) const {
  const auto& participants = document_.participants();
  if (!edit.deletes || !document_.has_strangers()) return participants.size() - 1;
  return static_cast<std::uint64_t>(std::count_if(
      participants.begin(), participants.end(),
      [&](const auto& other) { return other.get() != this && !other->has(typist_, edit); }));
}

bool Participant::has(const Typist& writer, const Edit& edit) const {
  return edit.deletes ? reception_.has_deleted(writer.client(), edit.clock)
                      : reception_.clock(writer.client()) >= edit.end();
}

void Participant::send_edits(Bytes frame, std::size_t edits_to) {
  if (document_.manners().acks) messages_.push_back(edits_to);
  send(std::move(frame));
}

void Participant::send(Bytes frame) {
  Tally& tally = document_.tally();
  ++tally.frames_sent;
  tally.bytes_sent += frame.size();
  outbox_.push_back(std::move(frame));
}

void Participant::fail(std::string what) {
  ++document_.tally().problems;
  if (problem_.empty()) problem_ = std::move(what);
}

std::vector<Bytes> Participant::take_outbox() { return std::exchange(outbox_, {}); }

Participant& LoadDocument::join(std::uint64_t client, std::size_t target, bool types) {
  participants_.push_back(std::make_unique<Participant>(*this, client, target, types));
  const bool is_new = by_client_.emplace(client, participants_.back().get()).second;
  SYNCLINE_ASSERT(is_new);
  return *participants_.back();
}

const Participant* LoadDocument::find(std::uint64_t client) const {
  const auto found = by_client_.find(client);
  return found == by_client_.end() ? nullptr : found->second;
}

}  // namespace syncline::loadgen
