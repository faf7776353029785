#include <algorithm>
#include <cstdlib>
#include <utility>

#include "server/lib0/decoder.h"
#include "sim/picture/history_scene.h"

// What a history comes to: what was promised, what was lost, and where that was seen.

namespace syncline::picture {
namespace {

// Client id to the clock after the last one seen. Empty if it cannot be read.
std::map<std::uint64_t, std::uint64_t> read_state_vector(BytesView bytes) {
  std::map<std::uint64_t, std::uint64_t> clocks;
  lib0::Decoder in(bytes);
  const auto count = in.read_var_uint();
  for (std::uint64_t i = 0; count.ok() && i < count.value(); ++i) {
    const auto client = in.read_var_uint();
    const auto clock = client.ok() ? in.read_var_uint() : client;
    if (!clock.ok()) return {};
    clocks[client.value()] = clock.value();
  }
  return clocks;
}

// What of `ids` a replica with these clocks has not got.
client::IdRanges missing_of(const client::IdRanges& ids,
                            const std::map<std::uint64_t, std::uint64_t>& clocks) {
  client::IdRanges missing;
  for (const auto& [client, ranges] : ids.by_client()) {
    const auto found = clocks.find(client);
    const std::uint64_t known = found == clocks.end() ? 0 : found->second;
    for (const auto& [begin, end] : ranges) {
      const std::uint64_t from = std::max(begin, known);
      if (from < end) missing.add(client, from, end - from);
    }
  }
  return missing;
}

}  // namespace

Scene HistoryScene::finish(std::vector<Violation> violations) {
  for (const auto& [message, index] : messages_on_their_way_) scene_.messages[index].ended = now_;
  for (const auto& [fault, bands] : active_bands_) {
    for (const std::size_t index : bands) scene_.bands[index].until = now_;
  }
  if (violations.empty()) {
    // A cold read in the middle of a run may be of a store that is still catching up.
    scene_.acknowledgement.reset();
    scene_.loss.reset();
  }
  for (Violation& violation : violations) violation.what = with_names(violation.what);
  if (!violations.empty() && !scene_.loss) point_at_violation(violations.front());
  scene_.violations = std::move(violations);
  sort_marks(scene_);
  drop_empty_lanes(scene_);
  return std::move(scene_);
}

// Checkers know ids and no names: "4105660261:14" becomes "client-2:14".
std::string HistoryScene::with_names(const std::string& text) const {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789", at), text.size()) - at;
    // A number within a name ("client-2:4") is not an id.
    const bool begins_word =
        at == 0 || text[at - 1] == ' ' || text[at - 1] == '(' || text[at - 1] == '{';
    const bool is_id = digits > 0 && begins_word && text.substr(at + digits, 1) == ":";
    const auto named = is_id ? names_.find(std::strtoull(&text[at], nullptr, 10)) : names_.end();
    const std::size_t length = std::max<std::size_t>(digits, 1);
    out += named == names_.end() ? text.substr(at, length) : named->second;
    at += length;
  }
  return out;
}

// The violation was seen in the event that was told last at its instant. What that is about was
// promised where it was acknowledged last before.
void HistoryScene::point_at_violation(const Violation& violation) {
  std::optional<std::size_t> seen;
  bool at_the_end = false;  // Then it is the whole run that was judged.
  for (std::size_t i = 0; i < scene_.marks.size(); ++i) {
    if (scene_.marks[i].at != violation.at) continue;
    seen = i;
    at_the_end = at_the_end || scene_.marks[i].kind == MarkKind::phase;
  }
  if (!seen) return;
  if (at_the_end) return point_at_unsaved();
  if (scene_.marks[*seen].kind == MarkKind::acknowledged) {
    scene_.acknowledgement = seen;
    return;
  }
  scene_.loss = seen;
  for (std::size_t i = 0; i < *seen; ++i) {
    const Mark& mark = scene_.marks[i];
    if (mark.kind != MarkKind::acknowledged) continue;
    const auto& lost = scene_.marks[*seen].edits;
    if (std::find_first_of(mark.edits.begin(), mark.edits.end(), lost.begin(), lost.end()) !=
        mark.edits.end()) {
      scene_.acknowledgement = i;
    }
  }
}

void HistoryScene::point_at_unsaved() {
  for (std::size_t i = 0; i < scene_.marks.size() && !scene_.unsaved; ++i) {
    const Mark& mark = scene_.marks[i];
    if (mark.kind == MarkKind::edited && !logged_.contains(mark.edits.front())) scene_.unsaved = i;
  }
}

// The first acknowledged edit that the log does not hold. What was inserted is compared; an edit
// that only deletes is followed by the checkers alone.
void HistoryScene::look_for_loss(const history::ColdRead& event) {
  if (scene_.loss) return;
  const auto clocks = read_state_vector(event.from_log.state_vector);
  for (const Promise& promise : promises_) {
    if (promise.document != event.document.value) continue;
    const client::UpdateIds missing{missing_of(promise.ids.inserted, clocks), {}};
    if (missing.empty()) continue;
    scene_.acknowledgement = promise.mark;
    scene_.loss = scene_.marks.size() - 1;
    Mark& loss = scene_.marks.back();
    loss.text += ", without " + missing.to_string(names_) + ", which had been acknowledged";
    loss.edits = edits_in(missing);
    return;
  }
}

}  // namespace syncline::picture
