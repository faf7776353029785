#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "faults/plan/plan.h"
#include "sim/history/event.h"
#include "sim/picture/edit_index.h"
#include "sim/picture/scene.h"

namespace syncline::picture {

// Turns a history into a scene, event by event: as it happens, or from a record of it. It also
// follows each edit through the places where it is seen, and finds, for an acknowledged edit that a
// later cold read lacks, the acknowledgement and the loss.
class HistoryScene final : public history::EventSink {
 public:
  explicit HistoryScene(const faults::FaultPlan& plan);

  void on_event(const history::Event& event) override;

  // For what no event tells: a mark, and its number; and the marks at which the page begins. A time
  // that has passed is all right.
  std::size_t note(Duration at, LaneIndex lane, MarkKind kind, std::string text,
                   std::uint32_t document, std::vector<std::uint64_t> edits);
  LaneIndex lane_of(history::Party party);
  LaneIndex add_lane(std::string name, history::PartyKind kind);
  void point_at(std::optional<std::size_t> acknowledgement, std::size_t loss);

  // The scene so far, with these violations. REQUIRES: called once, at the end.
  Scene finish(std::vector<Violation> violations);

 private:
  // An edit that was acknowledged and has not been missed yet.
  struct Promise {
    std::size_t mark;
    client::UpdateIds ids;
    std::uint32_t document;
  };

  // One for each alternative of EventContent.
  void see(const history::ClientConnected& event);
  void see(const history::ClientDisconnected& event);
  void see(const history::ClientEdited& event);
  void see(const history::ClientAcknowledged& event);
  void see(const history::ClientApplied& event);
  void see(const history::ClientSynced& event);
  void see(const history::ReplicaSeen& event);
  void see(const history::FrameSent& event);
  void see(const history::LogAppended& event);
  void see(const history::LogRead& event);
  void see(const history::SnapshotWritten& event);
  void see(const history::SnapshotKept&) {}
  void see(const history::LogForgotten& event);
  void see(const history::BufferAppended& event);
  void see(const history::BufferTrimmed& event);
  void see(const history::BufferForgot& event);
  void see(const history::ProcessStarted& event);
  void see(const history::ProcessEnded& event);
  void see(const history::FaultChanged& event);
  void see(const history::MessageSent& event);
  void see(const history::MessageReceived& event);
  void see(const history::MessageLost& event);
  void see(const history::Remarked& event);
  void see(const history::MemorySeen& event);
  void see(const history::Healed& event);
  void see(const history::TimeIsUp& event);
  void see(const history::PresenceSeen& event);
  void see(const history::ClientFinal& event);
  void see(const history::ColdRead& event);
  void see(const history::LeftBehind& event);
  void see(const history::Ended& event);

  Mark& mark(LaneIndex lane, MarkKind kind, std::string text);
  Mark& mark(LaneIndex lane, MarkKind kind, std::string text, history::DocumentNumber document);
  // Where logs and snapshots are kept.
  LaneIndex store_lane();
  std::vector<std::uint64_t> edits_in(const client::UpdateIds& ids) const;
  std::vector<std::uint64_t> edits_in(BytesView update) const;
  void end_message(std::uint64_t message, MessageFate fate);
  std::vector<LaneIndex> lanes_named(std::string_view name);
  void begin_bands(const history::FaultChanged& event);
  void end_bands(std::uint32_t fault);
  void name_author(history::Party client, const client::UpdateIds& ids);
  std::string with_names(const std::string& text) const;
  void point_at_violation(const Violation& violation);
  void point_at_unsaved();
  void look_for_loss(const history::ColdRead& event);

  const faults::FaultPlan plan_;
  Scene scene_;
  Duration now_{0};
  std::map<history::Party, LaneIndex> lanes_;
  std::map<std::uint64_t, std::size_t> messages_on_their_way_;  // Into scene_.messages.
  std::map<std::uint32_t, std::vector<std::size_t>> active_bands_;
  // Of the client ids under which clients have written, and how many each has.
  client::ClientNames names_;
  std::map<history::Party, std::uint32_t> ids_of_;
  // What is safe, and what is in the buffer: (document, lineage), offset.
  std::set<std::uint64_t> logged_;
  std::map<std::pair<std::uint64_t, std::uint64_t>,
           std::map<std::uint64_t, std::vector<std::uint64_t>>>
      buffered_;
  EditIndex edits_;
  std::vector<Promise> promises_;
};

}  // namespace syncline::picture
