#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "sim/demo/observations.h"
#include "sim/history/event.h"
#include "sim/picture/edit_index.h"

namespace syncline::demo {

// Reads off a history what the demo measures, and the keystrokes that the other side is given.
class HistoryObservations final : public history::EventSink {
 public:
  void on_event(const history::Event& event) override;

  // `load`: how long people typed. REQUIRES: called once, at the end of the history.
  Observations finish(Duration load);

 private:
  void see(const history::ClientConnected& event);
  void see(const history::ClientDisconnected& event);
  void see(const history::ClientSynced& event);
  void see(const history::ClientEdited& event);
  void see(const history::ClientAcknowledged& event);
  void see(const history::ClientApplied& event);
  void see(const history::LogAppended& event);
  void see(const history::BufferAppended& event);
  void see(const history::SnapshotWritten& event);
  void see(const history::ColdRead& event);
  template <class Other>
  void see(const Other& /*event*/) {}  // Not measured.

  void store(BytesView update);
  void wrote();
  void end_stay(std::uint32_t client);

  Observations observations_;
  Duration now_{0};
  picture::EditIndex index_;                    // Knows presses by their numbers.
  std::vector<client::UpdateIds> ids_;          // Of each press.
  std::vector<client::UpdateIds> unconfirmed_;  // Of each press: not acknowledged yet.
  std::set<std::pair<std::uint32_t, PressNumber>> sighted_;
  std::map<std::uint32_t, std::uint64_t> sessions_;  // By client.
  std::map<std::uint32_t, Stay> connected_;          // By client; `from` counts once synced.
  std::set<std::uint32_t> synced_;
};

}  // namespace syncline::demo
