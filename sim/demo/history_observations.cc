#include "sim/demo/history_observations.h"

#include <utility>
#include <variant>

namespace syncline::demo {

void HistoryObservations::on_event(const history::Event& event) {
  now_ = event.at;
  std::visit([this](const auto& content) { see(content); }, event.content);
}

Observations HistoryObservations::finish(Duration load) {
  while (!connected_.empty()) end_stay(connected_.begin()->first);
  observations_.load = load;
  return std::move(observations_);
}

// Clients.

void HistoryObservations::see(const history::ClientConnected& event) {
  const std::uint32_t client = event.client.number;
  const auto [known, first] = sessions_.try_emplace(client, event.session);
  if (!first && known->second != event.session) {
    known->second = event.session;
    observations_.reloads.push_back({client, now_});
  }
  end_stay(client);
  connected_[client] = {.client = client,
                        .document = static_cast<std::uint32_t>(event.document.value),
                        .node = event.node.number,
                        .from = now_,
                        .until = now_};
}

void HistoryObservations::see(const history::ClientDisconnected& event) {
  end_stay(event.client.number);
}

void HistoryObservations::see(const history::ClientSynced& event) {
  const auto stay = connected_.find(event.client.number);
  if (stay == connected_.end() || !synced_.insert(event.client.number).second) return;
  stay->second.from = now_;
}

void HistoryObservations::end_stay(std::uint32_t client) {
  const auto stay = connected_.find(client);
  if (stay == connected_.end()) return;
  stay->second.until = now_;
  if (synced_.erase(client) > 0) observations_.stays.push_back(stay->second);
  connected_.erase(stay);
}

void HistoryObservations::see(const history::ClientEdited& event) {
  const PressNumber press = observations_.fates.size();
  observations_.workload.presses.push_back(
      {now_, event.client.number, static_cast<std::uint32_t>(event.document.value)});
  observations_.fates.push_back({.typed = now_});
  index_.add(press, event.ids);
  ids_.push_back(event.ids);
  unconfirmed_.push_back(event.ids);
}

void HistoryObservations::see(const history::ClientAcknowledged& event) {
  for (const PressNumber press : index_.edits_in(event.ids)) {
    if (observations_.workload.presses[press].client != event.client.number) continue;
    unconfirmed_[press] = unconfirmed_[press].without(event.ids);
    auto& at = observations_.fates[press].acknowledged;
    if (unconfirmed_[press].empty() && !at) at = now_;
  }
}

void HistoryObservations::see(const history::ClientApplied& event) {
  for (const PressNumber press : index_.edits_in(event.ids)) {
    const std::uint32_t client = event.client.number;
    if (observations_.workload.presses[press].client == client) continue;
    if (!sighted_.emplace(client, press).second) continue;
    observations_.sightings.push_back({press, client, now_});
  }
}

// Stores. Who opens a document is shown the log and what is buffered for it.

void HistoryObservations::see(const history::LogAppended& event) {
  store(event.update);
  wrote();
}

void HistoryObservations::see(const history::BufferAppended& event) { store(event.update); }

void HistoryObservations::see(const history::SnapshotWritten& /*event*/) { wrote(); }

void HistoryObservations::store(BytesView update) {
  for (const PressNumber press : index_.edits_in(update)) {
    auto& at = observations_.fates[press].stored;
    if (!at) at = now_;
  }
}

// All that one transaction wrote is told of at the instant of its commit.
void HistoryObservations::wrote() {
  auto& commits = observations_.write_transactions;
  if (commits.empty() || commits.back() != now_) commits.push_back(now_);
}

void HistoryObservations::see(const history::ColdRead& event) {
  if (!event.at_end) return;
  const auto held = client::read_update_ids(event.from_log.encoded);
  if (!held.ok()) return;
  for (PressNumber press = 0; press < ids_.size(); ++press) {
    if (observations_.workload.presses[press].document != event.document.value) continue;
    observations_.fates[press].remains = held.value().contains_all(ids_[press]);
  }
}

}  // namespace syncline::demo
