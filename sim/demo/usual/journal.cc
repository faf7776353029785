#include "sim/demo/usual/journal.h"

#include <utility>

namespace syncline::demo {
namespace {

history::Party client_party(std::uint32_t client) { return {history::PartyKind::client, client}; }

std::string counted(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " edit" : " edits");
}

}  // namespace

Journal::Journal(const sim::Scheduler& scheduler, const Workload& workload,
                 picture::HistoryScene* scene)
    : scheduler_(scheduler), scene_(scene) {
  observations_.workload = workload;
  observations_.fates.resize(workload.presses.size());
}

void Journal::typed(PressNumber press) {
  observations_.fates[press].typed = now();
  const Press& of = observations_.workload.presses[press];
  mark(client_party(of.client), picture::MarkKind::edited, "edit " + std::to_string(press),
       of.document, {press});
}

void Journal::acknowledged(PressNumber press) {
  auto& at = observations_.fates[press].acknowledged;
  if (at) return;
  at = now();
  const Press& of = observations_.workload.presses[press];
  const auto index =
      mark(client_party(of.client), picture::MarkKind::acknowledged, "saved", of.document, {press});
  if (index) acknowledgement_marks_[press] = *index;
}

void Journal::seen(std::uint32_t client, const std::vector<PressNumber>& presses) {
  std::vector<PressNumber> fresh;
  for (const PressNumber press : presses) {
    if (observations_.workload.presses[press].client == client) continue;
    if (!seen_.emplace(client, press).second) continue;
    observations_.sightings.push_back({press, client, now()});
    fresh.push_back(press);
  }
  if (fresh.empty()) return;
  const std::uint32_t document = observations_.workload.presses[fresh.front()].document;
  mark(client_party(client), picture::MarkKind::applied, "sees " + counted(fresh.size()), document,
       fresh);
}

void Journal::arrived(std::uint32_t client, std::uint32_t document, std::uint32_t node) {
  left(client);
  stays_[client] = {client, document, node, now(), now()};
  mark(client_party(client), picture::MarkKind::synced, "the document is open", document, {});
}

void Journal::left(std::uint32_t client) {
  const auto stay = stays_.find(client);
  if (stay == stays_.end()) return;
  stay->second.until = now();
  observations_.stays.push_back(stay->second);
  stays_.erase(stay);
}

void Journal::reloaded(std::uint32_t client, const std::vector<PressNumber>& unsaved) {
  observations_.reloads.push_back({client, now()});
  const auto index =
      mark(client_party(client), picture::MarkKind::forgotten,
           "reloads the page; " + counted(unsaved.size()) + " on it were not saved", 0, unsaved);
  for (const PressNumber press : unsaved) {
    if (index) loss_marks_[press] = *index;
  }
}

void Journal::stored(const std::vector<PressNumber>& presses) {
  for (const PressNumber press : presses) {
    auto& at = observations_.fates[press].stored;
    if (!at) at = now();
  }
}

void Journal::lost(history::Party where, std::uint32_t document,
                   const std::vector<PressNumber>& presses, const std::string& why) {
  if (presses.empty()) return;
  const auto index = mark(where, picture::MarkKind::forgotten, counted(presses.size()) + " " + why,
                          document, presses);
  for (const PressNumber press : presses) {
    if (index) loss_marks_[press] = *index;
  }
}

void Journal::snapshot(std::uint32_t document) {
  mark({history::PartyKind::postgres}, picture::MarkKind::snapshot, "snapshot", document, {});
}

void Journal::tell(const history::EventContent& content) {
  if (scene_ != nullptr) scene_->on_event({.at = now(), .content = content});
}

Observations Journal::finish(Duration load) {
  while (!stays_.empty()) left(stays_.begin()->first);
  observations_.load = load;
  return observations_;
}

void Journal::point_at(PressNumber press) {
  const auto promise = acknowledgement_marks_.find(press);
  const auto loss = loss_marks_.find(press);
  if (scene_ == nullptr || loss == loss_marks_.end()) return;
  scene_->point_at(promise == acknowledgement_marks_.end()
                       ? std::optional<std::size_t>()
                       : std::optional<std::size_t>(promise->second),
                   loss->second);
}

std::optional<std::size_t> Journal::mark(history::Party party, picture::MarkKind kind,
                                         std::string text, std::uint32_t document,
                                         std::vector<PressNumber> presses) {
  if (scene_ == nullptr) return {};
  return scene_->note(now(), scene_->lane_of(party), kind, std::move(text), document,
                      {presses.begin(), presses.end()});
}

}  // namespace syncline::demo
