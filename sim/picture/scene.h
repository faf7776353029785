#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/base/instant.h"
#include "sim/history/event.h"

// What a picture of a run shows, before anything is drawn: lanes side by side, time running down,
// messages between lanes, marks and bands on them.

namespace syncline::picture {

// The names in the page's legend and filter are those of mark_kind_name.
enum class MarkKind : std::uint8_t {
  edited,
  acknowledged,
  applied,
  synced,
  connected,
  disconnected,
  log_appended,
  log_read,
  snapshot,
  buffered,
  buffer_trimmed,
  forgotten,  // Something that had been promised is gone: a buffer's tail, an overwritten edit.
  started,
  stopped,
  crashed,
  fault,
  cold_read,
  look,  // Somebody's replica, memory or presence was looked at. Hidden at first.
  remark,
  phase,  // Healed, time is up.
};
inline constexpr std::size_t mark_kinds = static_cast<std::size_t>(MarkKind::phase) + 1;

const char* mark_kind_name(MarkKind kind);

struct Lane {
  std::string name;
  history::PartyKind kind;
};

// An index into Scene::lanes; no_lane: all of them.
using LaneIndex = std::uint32_t;
inline constexpr LaneIndex no_lane = 0xffff'ffff;

struct Mark {
  Duration at;
  LaneIndex lane;
  MarkKind kind;
  std::string text;
  std::optional<std::uint32_t> document = {};
  // The edits that this is about, so that one of them can be followed through the picture.
  std::vector<std::uint64_t> edits = {};
};

enum class MessageFate : std::uint8_t { received, lost, on_its_way };

struct Message {
  Duration sent;
  Duration ended;  // When it was received or lost; the scene's end if it is on its way.
  LaneIndex from;
  LaneIndex to;
  std::string what;
  MessageFate fate;
};

// A fault while it lasted, on one lane or on the wire between two.
struct Band {
  Duration from;
  Duration until;
  LaneIndex lane;
  LaneIndex other = no_lane;  // The other end, for a link.
  std::string kind;
  std::string text;
  std::uint64_t observed = 0;  // How often somebody noticed.
};

// A stretch of time whose events are not in the scene.
struct Gap {
  Duration from;
  Duration until;
  std::uint64_t events;
};

// What was found wrong.
struct Violation {
  std::string checker;
  Duration at;
  std::string what;
};

struct Scene {
  std::string title;  // "seed 17: no acknowledged edit lost".
  std::vector<Violation> violations;
  std::string plan;    // Its text.
  std::string replay;  // The one command that repeats the run.

  std::vector<Lane> lanes;
  std::vector<std::string> documents;  // Their names.
  // By time.
  std::vector<Mark> marks;
  std::vector<Message> messages;  // By time of sending.
  std::vector<Band> bands;

  // Indices into marks: the promise that was given, and where it was seen broken.
  std::optional<std::size_t> acknowledgement;
  std::optional<std::size_t> loss;
  // An edit that never got into the log, in a run that ended without it.
  std::optional<std::size_t> unsaved;

  // What was left out, as a sentence and in time; empty if nothing was.
  std::string cut;
  std::vector<Gap> gaps;
};

// By time; those marks that are pointed at stay so.
void sort_marks(Scene& scene);

// Without the lanes of which nothing is told: they only take room.
void drop_empty_lanes(Scene& scene);

// Leaves at most about `items_max` marks and messages: those around the acknowledgement and the
// loss (else the first violation, fault, or the beginning), and what is rare everywhere: faults,
// crashes, phases. Says in `cut` what it left out.
Scene cut_around_violation(Scene scene, std::size_t items_max);

}  // namespace syncline::picture
