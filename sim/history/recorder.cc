#include "sim/history/recorder.h"

#include <algorithm>

#include "sim/history/text.h"

namespace syncline::history {
namespace {

constexpr std::size_t block_bytes = 256 * 1024;

}  // namespace

BytesView Recorder::keep(BytesView bytes) {
  if (bytes.size() > free_.size()) {
    const std::size_t size = std::max(block_bytes, bytes.size());
    blocks_.push_back(std::make_unique<std::byte[]>(size));
    free_ = {blocks_.back().get(), size};
  }
  const auto kept = free_.first(bytes.size());
  std::copy(bytes.begin(), bytes.end(), kept.begin());
  free_ = free_.subspan(bytes.size());
  return kept;
}

std::string_view Recorder::keep(std::string_view text) { return as_text(keep(as_bytes(text))); }

ReplicaState Recorder::keep(const ReplicaState& state) {
  return {.state_vector = keep(state.state_vector),
          .delete_set = keep(state.delete_set),
          .encoded = keep(state.encoded),
          .reading = keep(state.reading),
          .pending = state.pending};
}

const client::UpdateIds& Recorder::keep(const client::UpdateIds& ids) {
  return ids_.emplace_back(ids);
}

// What refers to nothing is kept as it is.
template <class Content>
Content Recorder::keep(Content content) {
  return content;
}

template <>
ClientEdited Recorder::keep(ClientEdited content) {
  return {.client = content.client,
          .document = content.document,
          .edit = content.edit,
          .ids = keep(content.ids),
          .update = keep(content.update),
          .depends_on = keep(content.depends_on)};
}

template <>
ClientAcknowledged Recorder::keep(ClientAcknowledged content) {
  return {.client = content.client, .document = content.document, .ids = keep(content.ids)};
}

template <>
ClientApplied Recorder::keep(ClientApplied content) {
  return {.client = content.client,
          .document = content.document,
          .ids = keep(content.ids),
          .readable = content.readable};
}

template <>
ClientSynced Recorder::keep(ClientSynced content) {
  content.offered_state_vector = keep(content.offered_state_vector);
  return content;
}

template <>
ReplicaSeen Recorder::keep(ReplicaSeen content) {
  content.state = keep(content.state);
  return content;
}

template <>
FrameSent Recorder::keep(FrameSent content) {
  content.frame = keep(content.frame);
  return content;
}

template <>
LogAppended Recorder::keep(LogAppended content) {
  content.update = keep(content.update);
  return content;
}

template <>
LogRead Recorder::keep(LogRead content) {
  content.update = keep(content.update);
  return content;
}

template <>
SnapshotWritten Recorder::keep(SnapshotWritten content) {
  content.state = keep(content.state);
  return content;
}

template <>
SnapshotKept Recorder::keep(SnapshotKept content) {
  content.state = keep(content.state);
  return content;
}

template <>
BufferAppended Recorder::keep(BufferAppended content) {
  content.update = keep(content.update);
  return content;
}

template <>
FaultChanged Recorder::keep(FaultChanged content) {
  content.kind = keep(content.kind);
  content.text = keep(content.text);
  return content;
}

template <>
MessageSent Recorder::keep(MessageSent content) {
  content.what = keep(content.what);
  return content;
}

template <>
Remarked Recorder::keep(Remarked content) {
  content.what = keep(content.what);
  return content;
}

template <>
PresenceSeen Recorder::keep(PresenceSeen content) {
  content.presence = keep(content.presence);
  return content;
}

template <>
ClientFinal Recorder::keep(ClientFinal content) {
  content.own_state = keep(content.own_state);
  return content;
}

template <>
ColdRead Recorder::keep(ColdRead content) {
  content.from_log = keep(content.from_log);
  content.from_snapshot = keep(content.from_snapshot);
  return content;
}

void Recorder::on_event(const Event& event) {
  std::visit(
      [&](const auto& content) {
        events_.push_back(
            {.at = event.at, .content = keep(std::decay_t<decltype(content)>(content))});
      },
      event.content);
}

void Recorder::replay(EventSink& sink) const {
  for (const Recorded& event : events_) sink.on_event({.at = event.at, .content = event.content});
}

std::string Recorder::text() const {
  std::string text;
  for (const Recorded& event : events_) {
    text += to_text(Event{.at = event.at, .content = event.content}) + '\n';
  }
  return text;
}

}  // namespace syncline::history
