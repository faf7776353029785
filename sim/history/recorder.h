#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "sim/history/event.h"

namespace syncline::history {

// Keeps a history, so that it can be drawn, printed, and judged again. A run of a minute has some
// hundred thousand events and takes some ten megabytes: record a run that is worth a look, not
// each.
class Recorder final : public EventSink {
 public:
  Recorder() = default;

  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // Copies all that the event refers to.
  void on_event(const Event& event) override;

  std::size_t size() const { return events_.size(); }
  // Tells `sink` everything again, in the same order. What it is told of lives as long as this.
  void replay(EventSink& sink) const;
  // A line an event.
  std::string text() const;

 private:
  struct Recorded {
    Duration at;
    EventContent content;
  };

  // For each type of event: the same, with views and references into this recorder's memory.
  template <class Content>
  Content keep(Content content);
  BytesView keep(BytesView bytes);
  std::string_view keep(std::string_view text);
  ReplicaState keep(const ReplicaState& state);
  const client::UpdateIds& keep(const client::UpdateIds& ids);

  std::deque<Recorded> events_;
  std::deque<client::UpdateIds> ids_;
  // Blocks that are filled one after the other and never move; `free_` is what is left of the last.
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  std::span<std::byte> free_;
};

}  // namespace syncline::history
