#include "sim/picture/scene.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <numeric>
#include <utility>

namespace syncline::picture {
namespace {

constexpr std::array<const char*, mark_kinds> mark_kind_names{
    "edit",           "acknowledgement", "update applied", "in sync",     "connected",
    "disconnected",   "log entry",       "log read",       "snapshot",    "buffer entry",
    "buffer trimmed", "forgotten",       "start",          "orderly end", "crash",
    "fault",          "cold read",       "look",           "remark",      "phase"};

// Kept wherever they are: they are few, and what happens makes no sense without them.
bool is_rare(MarkKind kind) {
  switch (kind) {
    case MarkKind::started:
    case MarkKind::stopped:
    case MarkKind::crashed:
    case MarkKind::fault:
    case MarkKind::phase:
    case MarkKind::forgotten:
      return true;
    default:
      return false;
  }
}

std::string seconds_text(Duration at) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.3f s", std::chrono::duration<double>(at).count());
  return text.data();
}

struct Span {
  Duration from;
  Duration until;
  bool holds(Duration at) const { return from <= at && at <= until; }
};

// What lies between the spans, before and after them.
std::vector<Gap> gaps_between(std::vector<Span> spans, const std::vector<Duration>& times) {
  std::sort(spans.begin(), spans.end(), [](Span a, Span b) { return a.from < b.from; });
  const auto index_after = [&](Duration at) {
    return std::upper_bound(times.begin(), times.end(), at) - times.begin();
  };
  const auto index_at = [&](Duration at) {
    return std::lower_bound(times.begin(), times.end(), at) - times.begin();
  };
  std::vector<Gap> gaps;
  const auto add = [&](Duration from, Duration until, std::ptrdiff_t events) {
    if (events > 0) gaps.push_back({from, until, static_cast<std::uint64_t>(events)});
  };
  Duration known_until = times.front();
  std::ptrdiff_t known = 0;
  for (const Span& span : spans) {
    add(known_until, span.from, index_at(span.from) - known);
    known_until = std::max(known_until, span.until);
    known = std::max(known, index_after(span.until));
  }
  add(known_until, times.back(), std::ssize(times) - known);
  return gaps;
}

// The stretch that holds about `count` of the sorted `times`, three quarters of them up to
// `around`.
Span stretch_around(const std::vector<Duration>& times, Duration around, std::size_t count) {
  const auto middle = static_cast<std::size_t>(
      std::upper_bound(times.begin(), times.end(), around) - times.begin());
  const std::size_t first = middle > count * 3 / 4 ? middle - count * 3 / 4 : 0;
  const std::size_t last = std::min(first + count, times.size()) - 1;
  return {times[first], times[last]};
}

Duration moment_of_interest(const Scene& scene) {
  if (scene.loss) return scene.marks[*scene.loss].at;
  if (scene.unsaved) return scene.marks[*scene.unsaved].at;
  if (!scene.violations.empty()) return scene.violations.front().at;
  if (!scene.bands.empty()) return scene.bands.front().from;
  return Duration::zero();
}

// Without the marks that `stays` does not want; those that are pointed at stay, at their new
// places.
template <class Stays>
void leave_out_marks(Scene& scene, Stays stays) {
  std::vector<Mark> kept;
  std::optional<std::size_t> acknowledgement;
  std::optional<std::size_t> loss;
  std::optional<std::size_t> unsaved;
  for (std::size_t i = 0; i < scene.marks.size(); ++i) {
    const bool special = scene.acknowledgement == i || scene.loss == i || scene.unsaved == i;
    if (!special && !stays(scene.marks[i])) continue;
    if (scene.acknowledgement == i) acknowledgement = kept.size();
    if (scene.loss == i) loss = kept.size();
    if (scene.unsaved == i) unsaved = kept.size();
    kept.push_back(std::move(scene.marks[i]));
  }
  scene.marks = std::move(kept);
  scene.acknowledgement = acknowledgement;
  scene.loss = loss;
  scene.unsaved = unsaved;
}

}  // namespace

const char* mark_kind_name(MarkKind kind) {
  return mark_kind_names[static_cast<std::size_t>(kind)];
}

void sort_marks(Scene& scene) {
  std::vector<std::size_t> order(scene.marks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return scene.marks[a].at < scene.marks[b].at;
  });
  std::vector<Mark> sorted;
  sorted.reserve(order.size());
  const auto acknowledgement = std::exchange(scene.acknowledgement, std::nullopt);
  const auto loss = std::exchange(scene.loss, std::nullopt);
  const auto unsaved = std::exchange(scene.unsaved, std::nullopt);
  for (const std::size_t index : order) {
    if (index == acknowledgement) scene.acknowledgement = sorted.size();
    if (index == loss) scene.loss = sorted.size();
    if (index == unsaved) scene.unsaved = sorted.size();
    sorted.push_back(std::move(scene.marks[index]));
  }
  scene.marks = std::move(sorted);
}

void drop_empty_lanes(Scene& scene) {
  std::vector<bool> used(scene.lanes.size(), false);
  const auto each_lane = [&scene](auto visit) {
    for (Mark& mark : scene.marks) visit(mark.lane);
    for (Message& message : scene.messages) {
      visit(message.from);
      visit(message.to);
    }
    for (Band& band : scene.bands) {
      visit(band.lane);
      visit(band.other);
    }
  };
  each_lane([&](LaneIndex lane) {
    if (lane != no_lane) used[lane] = true;
  });
  std::vector<LaneIndex> moved(scene.lanes.size(), no_lane);
  std::vector<Lane> kept;
  for (LaneIndex lane = 0; lane < used.size(); ++lane) {
    if (!used[lane]) continue;
    moved[lane] = static_cast<LaneIndex>(kept.size());
    kept.push_back(std::move(scene.lanes[lane]));
  }
  scene.lanes = std::move(kept);
  each_lane([&](LaneIndex& lane) {
    if (lane != no_lane) lane = moved[lane];
  });
}

Scene cut_around_violation(Scene scene, std::size_t items_max) {
  const std::size_t all = scene.marks.size() + scene.messages.size();
  if (all <= items_max || items_max == 0) return scene;

  std::vector<Duration> times;
  times.reserve(all);
  for (const Mark& mark : scene.marks) times.push_back(mark.at);
  for (const Message& message : scene.messages) times.push_back(message.sent);
  std::sort(times.begin(), times.end());

  std::vector<Span> spans;
  std::size_t left = items_max;
  if (scene.acknowledgement) {
    spans.push_back(stretch_around(times, scene.marks[*scene.acknowledgement].at, items_max / 4));
    left -= items_max / 4;
  }
  spans.push_back(stretch_around(times, moment_of_interest(scene), left));
  const auto shown = [&](Duration at) {
    return std::any_of(spans.begin(), spans.end(), [&](const Span& s) { return s.holds(at); });
  };

  std::erase_if(scene.messages, [&](const Message& m) { return !shown(m.sent); });
  leave_out_marks(scene, [&](const Mark& m) { return is_rare(m.kind) || shown(m.at); });

  scene.gaps = gaps_between(spans, times);
  scene.cut = "Shown are " + std::to_string(scene.marks.size() + scene.messages.size()) + " of " +
              std::to_string(all) + " events: ";
  for (const Span& span : spans) {
    if (&span != &spans.front()) scene.cut += " and ";
    scene.cut += seconds_text(span.from) + " to " + seconds_text(span.until);
  }
  scene.cut += "; faults, crashes and phases all of the time.";
  return scene;
}

}  // namespace syncline::picture
