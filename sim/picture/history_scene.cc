#include "sim/picture/history_scene.h"

#include <algorithm>
#include <utility>

#include "sim/history/text.h"

namespace syncline::picture {
namespace {

using history::Party;
using history::PartyKind;
using history::to_text;

constexpr std::size_t edits_per_mark_max = 64;

std::string bytes_text(std::size_t bytes) { return std::to_string(bytes) + " bytes"; }

std::string words_of(const client::UpdateIds& ids, const client::ClientNames& names) {
  if (ids.inserted.empty()) return "deletes " + ids.deleted.to_string(names);
  return "types " + ids.to_string(names);
}

std::string counted(std::uint64_t count, const char* one, const char* many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::string position_text(std::uint64_t lineage, std::uint64_t offset) {
  // A lineage is an epoch and 32 random bits.
  return std::to_string(offset) + " of lineage " + std::to_string(lineage >> 32) + "/" +
         std::to_string(lineage & 0xffff'ffff);
}

}  // namespace

HistoryScene::HistoryScene(const faults::FaultPlan& plan) : plan_(plan) {
  using enum PartyKind;
  const auto& cluster = plan_.cluster;
  for (std::uint32_t i = 1; i <= cluster.clients; ++i) lane_of({client, i});
  if (cluster.gateway) lane_of({gateway, 1});
  for (std::uint32_t i = 1; i <= cluster.nodes; ++i) lane_of({node, i});
  if (cluster.embedded) {
    lane_of({store, 1});
    return;
  }
  lane_of({redis, 1});
  if (cluster.durability == faults::Durability::buffer) {
    for (std::uint32_t i = 1; i <= cluster.workers; ++i) lane_of({worker, i});
  }
  lane_of({postgres, 1});
}

void HistoryScene::on_event(const history::Event& event) {
  now_ = event.at;
  std::visit([this](const auto& content) { see(content); }, event.content);
}

std::size_t HistoryScene::note(Duration at, LaneIndex lane, MarkKind kind, std::string text,
                               std::uint32_t document, std::vector<std::uint64_t> edits) {
  now_ = std::max(now_, at);
  mark(lane, kind, std::move(text), history::DocumentNumber{document}).edits = std::move(edits);
  scene_.marks.back().at = at;
  return scene_.marks.size() - 1;
}

void HistoryScene::point_at(std::optional<std::size_t> acknowledgement, std::size_t loss) {
  scene_.acknowledgement = acknowledgement;
  scene_.loss = loss;
}

// Clients.

void HistoryScene::see(const history::ClientConnected& event) {
  mark(lane_of(event.client), MarkKind::connected, "connects to " + to_text(event.node),
       event.document);
}

void HistoryScene::see(const history::ClientDisconnected& event) {
  mark(lane_of(event.client), MarkKind::disconnected,
       "disconnected; code " + std::to_string(event.code));
}

void HistoryScene::see(const history::ClientEdited& event) {
  name_author(event.client, event.ids);
  edits_.add(event.edit, event.ids);
  mark(lane_of(event.client), MarkKind::edited,
       words_of(event.ids, names_) + "; edit " + std::to_string(event.edit), event.document)
      .edits = {event.edit};
}

void HistoryScene::see(const history::ClientAcknowledged& event) {
  const std::size_t index = scene_.marks.size();
  mark(lane_of(event.client), MarkKind::acknowledged, "saved", event.document).edits =
      edits_in(event.ids);
  promises_.push_back({index, event.ids, static_cast<std::uint32_t>(event.document.value)});
}

void HistoryScene::see(const history::ClientApplied& event) {
  mark(lane_of(event.client), MarkKind::applied,
       event.readable ? "applies " + event.ids.to_string(names_) : "is sent what it cannot read",
       event.document)
      .edits = edits_in(event.ids);
}

void HistoryScene::see(const history::ClientSynced& event) {
  mark(lane_of(event.client), MarkKind::synced, "is in sync", event.document);
}

void HistoryScene::see(const history::ReplicaSeen& event) {
  mark(lane_of(event.party), MarkKind::look,
       "its replica: " + bytes_text(event.state.encoded.size()), event.document);
}

// The message of the network shows it.
void HistoryScene::see(const history::FrameSent& /*event*/) {}

// Stores.

void HistoryScene::see(const history::LogAppended& event) {
  const auto edits = edits_in(event.update);
  logged_.insert(edits.begin(), edits.end());
  mark(store_lane(), MarkKind::log_appended,
       "#" + std::to_string(event.sequence.value) + " in the log", event.document)
      .edits = edits;
}

void HistoryScene::see(const history::LogRead& event) {
  mark(lane_of(event.reader), MarkKind::log_read, "reads #" + std::to_string(event.sequence.value),
       event.document)
      .edits = edits_in(event.update);
}

void HistoryScene::see(const history::SnapshotWritten& event) {
  mark(store_lane(), MarkKind::snapshot,
       "snapshot to #" + std::to_string(event.sequence.value) + " by " + to_text(event.writer) +
           ", " + bytes_text(event.state.size()),
       event.document);
}

void HistoryScene::see(const history::LogForgotten& event) {
  mark(store_lane(), MarkKind::snapshot,
       "what snapshots hold up to #" + std::to_string(event.through.value) + " leaves the log",
       event.document);
}

void HistoryScene::see(const history::BufferAppended& event) {
  const auto edits = edits_in(event.update);
  buffered_[{event.document.value, event.lineage}][event.offset] = edits;
  mark(lane_of({PartyKind::redis, 1}), MarkKind::buffered,
       "buffered " + position_text(event.lineage, event.offset), event.document)
      .edits = edits;
}

// About those that are dropped and not in the log: none, if all is well.
void HistoryScene::see(const history::BufferTrimmed& event) {
  std::vector<std::uint64_t> unsafe;
  auto& entries = buffered_[{event.document.value, event.lineage}];
  while (!entries.empty() && entries.begin()->first <= event.offset) {
    for (const std::uint64_t edit : entries.begin()->second) {
      if (!logged_.contains(edit)) unsafe.push_back(edit);
    }
    entries.erase(entries.begin());
  }
  mark(lane_of({PartyKind::redis, 1}), MarkKind::buffer_trimmed,
       "trimmed up to " + position_text(event.lineage, event.offset), event.document)
      .edits = unsafe;
}

void HistoryScene::see(const history::BufferForgot& event) {
  mark(lane_of({PartyKind::redis, 1}), MarkKind::forgotten,
       "forgets " + counted(event.entries, "entry", "entries"), event.document);
}

// Processes and faults.

void HistoryScene::see(const history::ProcessStarted& event) {
  mark(lane_of(event.party), MarkKind::started, "starts");
}

void HistoryScene::see(const history::ProcessEnded& event) {
  mark(lane_of(event.party), event.crashed ? MarkKind::crashed : MarkKind::stopped,
       event.crashed ? "crashes" : "ends, drained");
}

void HistoryScene::see(const history::FaultChanged& event) {
  switch (event.stage) {
    case history::FaultStage::armed:
      return;
    case history::FaultStage::fired:
      begin_bands(event);
      return;
    case history::FaultStage::observed:
      for (const std::size_t index : active_bands_[event.fault]) ++scene_.bands[index].observed;
      return;
    case history::FaultStage::healed:
      end_bands(event.fault);
      return;
  }
}

// Messages.

void HistoryScene::see(const history::MessageSent& event) {
  messages_on_their_way_[event.message] = scene_.messages.size();
  const LaneIndex from = lane_of(event.from);
  const LaneIndex to = lane_of(event.to);
  scene_.messages.push_back(
      {now_, now_, from, to, std::string(event.what), MessageFate::on_its_way});
}

void HistoryScene::see(const history::MessageReceived& event) {
  end_message(event.message, MessageFate::received);
}

void HistoryScene::see(const history::MessageLost& event) {
  end_message(event.message, MessageFate::lost);
}

void HistoryScene::see(const history::Remarked& event) {
  mark(lane_of(event.party), MarkKind::remark, std::string(event.what));
}

void HistoryScene::see(const history::MemorySeen& event) {
  mark(lane_of(event.party), MarkKind::look,
       "its memory: documents " + bytes_text(event.document_bytes) + ", rings " +
           bytes_text(event.ring_bytes) + ", not in the log " + bytes_text(event.unlogged_bytes) +
           ", the fullest queue " + bytes_text(event.send_queue_bytes_max));
}

// Phases.

void HistoryScene::see(const history::Healed& /*event*/) {
  mark(no_lane, MarkKind::phase, "no more faults: everything is healed");
}

void HistoryScene::see(const history::TimeIsUp& /*event*/) {
  mark(no_lane, MarkKind::phase, "time is up: everything must be connected, equal and quiet");
}

void HistoryScene::see(const history::PresenceSeen& event) {
  const auto states = std::count(event.presence.begin(), event.presence.end(), '\n');
  mark(lane_of(event.client), MarkKind::look,
       "sees " + counted(static_cast<std::uint64_t>(states), "person", "people"), event.document);
}

void HistoryScene::see(const history::ClientFinal& event) {
  mark(lane_of(event.client), MarkKind::look,
       std::string("in the end: ") + (event.connected ? "connected" : "not connected") + ", " +
           (event.synced ? "in sync" : "not in sync") + ", " +
           counted(event.unsaved_edits, "unsaved edit", "unsaved edits"),
       event.document);
}

void HistoryScene::see(const history::ColdRead& event) {
  mark(store_lane(), MarkKind::cold_read,
       event.at_end ? "what the store holds in the end" : "what the store alone holds now",
       event.document);
  look_for_loss(event);
}

void HistoryScene::see(const history::Ended& /*event*/) {}

void HistoryScene::see(const history::LeftBehind& event) {
  mark(lane_of(event.party), MarkKind::look,
       "left behind: " + counted(event.rooms, "room", "rooms") + ", " +
           counted(event.connections, "connection", "connections") + ", " +
           bytes_text(event.bytes));
}

// Putting it together.

LaneIndex HistoryScene::lane_of(Party party) {
  const auto [it, added] = lanes_.try_emplace(party, static_cast<LaneIndex>(scene_.lanes.size()));
  if (added) add_lane(to_text(party), party.kind);
  return it->second;
}

LaneIndex HistoryScene::add_lane(std::string name, PartyKind kind) {
  scene_.lanes.push_back({std::move(name), kind});
  return static_cast<LaneIndex>(scene_.lanes.size() - 1);
}

LaneIndex HistoryScene::store_lane() {
  return lane_of({plan_.cluster.embedded ? PartyKind::store : PartyKind::postgres, 1});
}

Mark& HistoryScene::mark(LaneIndex lane, MarkKind kind, std::string text) {
  scene_.marks.push_back({now_, lane, kind, std::move(text)});
  return scene_.marks.back();
}

Mark& HistoryScene::mark(LaneIndex lane, MarkKind kind, std::string text,
                         history::DocumentNumber document) {
  auto& names = scene_.documents;
  while (names.size() <= document.value) {
    names.push_back(to_text(history::DocumentNumber{names.size()}));
  }
  Mark& added = mark(lane, kind, std::move(text));
  added.document = static_cast<std::uint32_t>(document.value);
  return added;
}

// A client that opens the page anew writes under another id.
void HistoryScene::name_author(Party client, const client::UpdateIds& ids) {
  for (const auto& [id, ranges] : ids.inserted.by_client()) {
    if (names_.contains(id)) continue;
    const std::uint32_t count = ++ids_of_[client];
    names_[id] = to_text(client) + (count == 1 ? "" : "/" + std::to_string(count));
  }
}

// What is merged from too many edits is about none of them in particular.
std::vector<std::uint64_t> HistoryScene::edits_in(const client::UpdateIds& ids) const {
  auto edits = edits_.edits_in(ids);
  if (edits.size() > edits_per_mark_max) edits.clear();
  return edits;
}

std::vector<std::uint64_t> HistoryScene::edits_in(BytesView update) const {
  auto edits = edits_.edits_in(update);
  if (edits.size() > edits_per_mark_max) edits.clear();
  return edits;
}

void HistoryScene::end_message(std::uint64_t message, MessageFate fate) {
  const auto it = messages_on_their_way_.find(message);
  if (it == messages_on_their_way_.end()) return;
  scene_.messages[it->second].ended = now_;
  scene_.messages[it->second].fate = fate;
  messages_on_their_way_.erase(it);
}

// "node-2" is one; "nodes" and "clients" are several.
std::vector<LaneIndex> HistoryScene::lanes_named(std::string_view name) {
  std::vector<LaneIndex> found;
  for (LaneIndex i = 0; i < scene_.lanes.size(); ++i) {
    const Lane& lane = scene_.lanes[i];
    const bool all_of_kind = (name == "nodes" && lane.kind == PartyKind::node) ||
                             (name == "clients" && lane.kind == PartyKind::client) ||
                             (name == "workers" && lane.kind == PartyKind::worker);
    if (all_of_kind || lane.name == name) found.push_back(i);
  }
  return found;
}

void HistoryScene::begin_bands(const history::FaultChanged& event) {
  const auto planned = std::find_if(plan_.faults.begin(), plan_.faults.end(),
                                    [&](const auto& fault) { return fault.id == event.fault; });
  std::vector<LaneIndex> lanes{no_lane};
  std::vector<LaneIndex> others{no_lane};
  if (planned != plan_.faults.end()) {
    if (auto found = lanes_named(planned->target); !found.empty()) lanes = std::move(found);
    if (auto found = lanes_named(planned->other); !found.empty()) others = std::move(found);
  }
  for (const LaneIndex lane : lanes) {
    for (const LaneIndex other : others) {
      if (lane == other && lane != no_lane) continue;
      active_bands_[event.fault].push_back(scene_.bands.size());
      scene_.bands.push_back(
          {now_, now_, lane, other, std::string(event.kind), std::string(event.text)});
    }
  }
  mark(lanes.front(), MarkKind::fault, std::string(event.text));
}

void HistoryScene::end_bands(std::uint32_t fault) {
  const auto it = active_bands_.find(fault);
  if (it == active_bands_.end()) return;
  for (const std::size_t index : it->second) scene_.bands[index].until = now_;
  active_bands_.erase(it);
}

}  // namespace syncline::picture
