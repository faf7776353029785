#include "sim/checkers/presence.h"

#include <charconv>

namespace syncline::checkers {

using history::to_text;

void Presence::on(const history::PresenceSeen& event) {
  if (!time_is_up_) return;
  views_.push_back({.client = event.client,
                    .document = event.document,
                    .presence = std::string(event.presence)});
}

void Presence::on(const history::ClientFinal& event) {
  connected_[event.client] = event.connected;
  if (!event.connected || event.own_state == "null") return;
  states_[event.document][event.client_id] = event.own_state;
}

void Presence::on(const history::Ended&) {
  std::size_t looked = 0;
  for (const View& view : views_) {
    const auto found = connected_.find(view.client);
    if (found == connected_.end() || !found->second) continue;  // It sees itself alone.
    ++looked;
    judge(view);
  }
  for (const auto& [client, connected] : connected_) looked -= connected ? 1 : 0;
  if (looked != 0) violate("not every connected client was asked whom it sees in the end");
}

void Presence::judge(const View& view) {
  States missing = states_[view.document];
  for (std::string_view rest = view.presence; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    std::uint64_t id = 0;
    const auto parsed = std::from_chars(line.data(), line.data() + line.size(), id);
    const auto length = static_cast<std::size_t>(parsed.ptr - line.data());
    const std::string_view state = line.substr(std::min(line.size(), length + 1));
    const auto expected = missing.find(id);
    const std::string who =
        to_text(view.client) + " sees " + std::to_string(id) + " in " + to_text(view.document);
    if (expected == missing.end()) {
      violate(who + ", who is not there");
      continue;
    }
    if (expected->second != state) {
      violate(who + " as " + std::string(state) + " instead of " + expected->second);
    }
    missing.erase(expected);
  }
  for (const auto& [id, state] : missing) {
    violate(to_text(view.client) + " does not see " + std::to_string(id) + " in " +
            to_text(view.document));
  }
}

}  // namespace syncline::checkers
