#pragma once

#include <cstdint>

#include "loadgen/run/histogram.h"

namespace syncline::loadgen {

// What a run measures and counts. Each thread has its own; add() puts them together.
//
// Latencies count from when an edit was scheduled, not from when it could be sent. Those of edits
// whose writer or receiver was not connected and synced all the while stand apart: they measure
// an outage and the way back from it, not the path of an edit.
struct Tally {
  // From the schedule to each other client of the document.
  Histogram same_target;
  Histogram cross_target;
  Histogram through_reconnect;
  // From the schedule to message 110.
  Histogram acknowledged;
  Histogram acknowledged_after_reconnect;
  // From the beginning of the attempt that succeeded to the end of the first sync.
  Histogram joining;
  // From the loss of a connection to the end of the next one's sync.
  Histogram reconnecting;
  // How late the generator itself was: from the schedule to the keystroke.
  Histogram lateness;

  // All edits, those of the warm-up too.
  std::uint64_t edits = 0;
  std::uint64_t measured_edits = 0;
  std::uint64_t edits_acknowledged = 0;
  // One for each edit and each other client of its document.
  std::uint64_t deliveries_due = 0;
  std::uint64_t deliveries = 0;

  std::uint64_t frames_sent = 0;
  std::uint64_t bytes_sent = 0;  // Of messages, without the framing.
  std::uint64_t frames_received = 0;
  std::uint64_t bytes_received = 0;

  std::uint64_t connections_lost = 0;
  std::uint64_t attempts_failed = 0;
  // Frames that no client understands, and letters that nobody typed.
  std::uint64_t problems = 0;
  // Acknowledged letters that a server did not have when their writer came back.
  std::uint64_t letters_withheld = 0;

  void add(const Tally& other);

  // Nothing typed is on its way any more.
  bool settled(bool acks) const {
    return deliveries == deliveries_due && (!acks || edits_acknowledged == edits);
  }
};

}  // namespace syncline::loadgen
