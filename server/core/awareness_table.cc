#include "server/core/awareness_table.h"

#include <algorithm>

namespace syncline::core {
namespace {

// Departed clients are remembered, with their clock, so that their return can be announced above
// it.
constexpr std::size_t departed_max = 1024;

constexpr ConnectionId nobody{0};

}  // namespace

void AwarenessTable::set(Client& client, std::uint64_t clock, const std::string& state,
                         ConnectionId owner, Instant now) {
  const bool gone = state == "null";
  if (gone && !client.gone) ++departed_;
  if (!gone && client.gone) --departed_;
  if (!client.gone && client.owner == nobody) --remote_;
  if (!gone && owner == nobody) ++remote_;
  client.clock = clock;
  client.state = state;
  client.gone = gone;
  client.owner = gone ? nobody : owner;
  client.renewed_at = now;
  client.changed = ++version_;
}

// A client never heard of is one that has gone, with a clock below every other.
AwarenessTable::Client& AwarenessTable::client_or_departed(std::uint64_t id, bool* is_new) {
  const auto [at, inserted] = clients_.try_emplace(id);
  *is_new = inserted;
  if (inserted) {
    at->second.gone = true;
    ++departed_;
  }
  return at->second;
}

std::vector<protocol::AwarenessEntry> AwarenessTable::apply_local(
    ConnectionId connection, std::optional<std::uint64_t> own_client,
    std::span<const protocol::AwarenessEntry> entries, Instant now) {
  std::vector<protocol::AwarenessEntry> changed;
  for (const protocol::AwarenessEntry& said : entries) {
    const bool is_own = own_client == said.client;
    bool is_new = false;
    Client& client = client_or_departed(said.client, &is_new);
    const bool newer = is_new || said.clock > client.clock;
    const bool leaves = said.gone() && !client.gone && said.clock == client.clock;
    const bool returns = !said.gone() && client.gone && !newer;
    if (!newer && !leaves && !returns) {
      // A client that reconnects before its old connection was seen to end takes its state with it.
      if (is_own && !client.gone && !said.gone()) {
        if (client.owner == nobody) --remote_;
        client.owner = connection;
      }
      continue;
    }
    const bool takes_over = is_own || client.owner == nobody;
    const ConnectionId owner = takes_over ? connection : client.owner;
    set(client, returns ? client.clock + 1 : said.clock, said.state, owner, now);
    changed.push_back(entry(said.client, client));
  }
  forget_old_departures();
  return changed;
}

bool AwarenessTable::apply_remote(std::span<const protocol::AwarenessEntry> entries, Instant now) {
  const Version before = version_;
  for (const protocol::AwarenessEntry& said : entries) {
    bool is_new = false;
    Client& client = client_or_departed(said.client, &is_new);
    const bool newer = is_new || said.clock > client.clock;
    const bool leaves = said.gone() && !client.gone && said.clock == client.clock;
    if (newer || leaves) {
      set(client, said.clock, said.state, nobody, now);
    } else if (client.owner == nobody && !client.gone) {
      client.renewed_at = now;
    }
  }
  forget_old_departures();
  return version_ != before;
}

std::vector<protocol::AwarenessEntry> AwarenessTable::remove_connection(ConnectionId connection) {
  std::vector<protocol::AwarenessEntry> removed;
  for (auto& [id, client] : clients_) {
    if (client.gone || client.owner != connection) continue;
    set(client, client.clock, "null", nobody, client.renewed_at);
    removed.push_back(entry(id, client));
  }
  forget_old_departures();
  return removed;
}

bool AwarenessTable::expire_remote(Instant renewed_before) {
  const Version before = version_;
  for (auto& [id, client] : clients_) {
    if (client.gone || client.owner != nobody || client.renewed_at > renewed_before) continue;
    set(client, client.clock, "null", nobody, client.renewed_at);
  }
  return version_ != before;
}

bool AwarenessTable::is_owner(ConnectionId connection, std::uint64_t client) const {
  const auto at = clients_.find(client);
  return at != clients_.end() && !at->second.gone && at->second.owner == connection;
}

Instant AwarenessTable::oldest_remote() const {
  Instant oldest = Instant::never();
  for (const auto& [id, client] : clients_) {
    if (!client.gone && client.owner == nobody) oldest = std::min(oldest, client.renewed_at);
  }
  return oldest;
}

std::vector<protocol::AwarenessEntry> AwarenessTable::local_states() const {
  std::vector<protocol::AwarenessEntry> states;
  for (const auto& [id, client] : clients_) {
    if (!client.gone && client.owner != nobody) states.push_back(entry(id, client));
  }
  return states;
}

std::optional<SharedBytes> AwarenessTable::changes_since(Version seen) const {
  if (seen >= version_) return std::nullopt;
  std::vector<protocol::AwarenessEntry> entries;
  for (const auto& [id, client] : clients_) {
    if (client.changed <= seen || (seen == 0 && client.gone)) continue;
    entries.push_back(entry(id, client));
  }
  std::optional<SharedBytes> update;
  if (!entries.empty()) update = SharedBytes(protocol::encode_awareness(entries));
  return update;
}

protocol::AwarenessEntry AwarenessTable::entry(std::uint64_t id, const Client& client) const {
  return {.client = id, .clock = client.clock, .state = client.state};
}

void AwarenessTable::forget_old_departures() {
  if (departed_ <= departed_max) return;
  // Half at once, so that this scan is rare.
  std::vector<std::pair<Version, std::uint64_t>> departed;
  for (const auto& [id, client] : clients_) {
    if (client.gone) departed.emplace_back(client.changed, id);
  }
  std::sort(departed.begin(), departed.end());
  departed.resize(departed.size() - departed_max / 2);
  for (const auto& [changed, id] : departed) clients_.erase(id);
  departed_ -= departed.size();
}

}  // namespace syncline::core
