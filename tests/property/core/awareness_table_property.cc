#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "server/core/awareness_table.h"

namespace syncline::core {
namespace {

// A listener that follows the rules of y-protocols.
class Listener {
 public:
  void hear(BytesView update) {
    const auto entries = protocol::decode_awareness(update, {}).value();
    for (const protocol::AwarenessEntry& entry : entries) {
      const auto known = clocks_.find(entry.client);
      const std::uint64_t clock = known == clocks_.end() ? 0 : known->second;
      const bool ends = entry.clock == clock && entry.gone() && states.contains(entry.client);
      if (entry.clock <= clock && !ends) continue;
      clocks_[entry.client] = entry.clock;
      if (entry.gone()) {
        states.erase(entry.client);
      } else {
        states[entry.client] = entry.state;
      }
    }
  }

  std::map<std::uint64_t, std::string> states;

 private:
  std::map<std::uint64_t, std::uint64_t> clocks_;
};

std::map<std::uint64_t, std::string> present(AwarenessTable& table) {
  Listener fresh;
  if (const auto all = table.changes_since(0)) fresh.hear(all->view());
  return fresh.states;
}

struct Speaker {
  ConnectionId connection;
  std::uint64_t client = 0;
  std::uint64_t clock = 0;
  bool connected = false;
};

// People come, say things, leave politely or not, and come back. A listener who hears only what
// changed, at any moments, ends up knowing what a newcomer is told.
RC_GTEST_PROP(AwarenessTableProperty, ListenersAndNewcomersAgree, ()) {
  AwarenessTable table;
  std::vector<Speaker> speakers(4);
  for (std::size_t i = 0; i < speakers.size(); ++i) speakers[i].client = i + 1;
  Listener listener;
  AwarenessTable::Version heard = 0;
  std::uint64_t connections = 0;
  const Instant now{seconds(1)};
  const auto say = [&](Speaker& speaker, const std::string& state) {
    const protocol::AwarenessEntry entry{
        .client = speaker.client, .clock = speaker.clock, .state = state};
    table.apply_local(speaker.connection, speaker.client, {&entry, 1}, now);
  };
  const auto steps = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(0, 5), rc::gen::inRange(0, 4)));
  for (const auto& [what, who] : steps) {
    Speaker& speaker = speakers[static_cast<std::size_t>(who)];
    if (what == 4) {
      if (const auto changes = table.changes_since(heard)) listener.hear(changes->view());
      heard = table.version();
    } else if (!speaker.connected) {
      speaker.connection = ConnectionId{++connections};
      speaker.connected = true;
      speaker.clock = std::max<std::uint64_t>(speaker.clock, 1);
      say(speaker, "{}");
    } else if (what == 0) {
      table.remove_connection(speaker.connection);
      speaker.connected = false;
    } else {
      ++speaker.clock;
      say(speaker, what == 1 ? "null" : std::to_string(speaker.clock));
    }
  }
  if (const auto changes = table.changes_since(heard)) listener.hear(changes->view());
  RC_ASSERT(listener.states == present(table));
}

RC_GTEST_PROP(AwarenessTableProperty, OnlyTheOwnersAreLeft, ()) {
  AwarenessTable table;
  const Instant now{seconds(1)};
  const auto people = *rc::gen::inRange<std::uint64_t>(1, 10);
  for (std::uint64_t id = 1; id <= people; ++id) {
    const protocol::AwarenessEntry entry{.client = id, .clock = 1, .state = "{}"};
    table.apply_local(ConnectionId{id}, id, {&entry, 1}, now);
    // Everybody repeats what it hears, as stock clients do.
    for (std::uint64_t other = 1; other <= id; ++other) {
      table.apply_local(ConnectionId{other}, other, {&entry, 1}, now);
    }
  }
  std::map<std::uint64_t, std::string> expected;
  for (std::uint64_t id = 1; id <= people; ++id) {
    if (*rc::gen::arbitrary<bool>()) {
      const auto removed = table.remove_connection(ConnectionId{id});
      RC_ASSERT(removed.size() == 1u);
      RC_ASSERT(removed[0].client == id);
    } else {
      expected[id] = "{}";
    }
  }
  RC_ASSERT(present(table) == expected);
}

}  // namespace
}  // namespace syncline::core
