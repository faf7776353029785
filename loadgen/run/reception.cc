#include "loadgen/run/reception.h"

#include <algorithm>

#include "server/lib0/encoder.h"

namespace syncline::loadgen {

void Reception::take(const client::UpdateScan& update, ReceptionWatcher& watcher) {
  for (const client::ScannedRun& run : update.runs) take_run(run, watcher);
  for (const client::ScannedRange& range : update.deleted) take_deleted(range, watcher);
}

void Reception::take_run(const client::ScannedRun& run, ReceptionWatcher& watcher) {
  Letters& letters = letters_[run.client];
  if (run.end() <= letters.end) return;
  const bool waited = !letters.ahead.empty();
  if (run.clock > letters.end) {
    auto& end = letters.ahead[run.clock];
    end = std::max(end, run.end());
    if (!waited) ++waiting_clients_;
    return;
  }
  const std::uint64_t from = letters.end;
  letters.end = run.end();
  while (!letters.ahead.empty() && letters.ahead.begin()->first <= letters.end) {
    letters.end = std::max(letters.end, letters.ahead.begin()->second);
    letters.ahead.erase(letters.ahead.begin());
  }
  if (waited && letters.ahead.empty()) --waiting_clients_;
  watcher.on_inserted(run.client, from, letters.end);
}

void Reception::take_deleted(const client::ScannedRange& range, ReceptionWatcher& watcher) {
  if (deleted_.contains(range.client, range.clock, range.length)) return;
  for (std::uint64_t clock = range.clock; clock < range.end(); ++clock) {
    if (deleted_.contains(range.client, clock, 1)) continue;
    deleted_.add(range.client, clock, 1);
    watcher.on_deleted(range.client, clock);
  }
}

std::uint64_t Reception::clock(std::uint64_t client) const {
  const auto found = letters_.find(client);
  return found == letters_.end() ? 0 : found->second.end;
}

Bytes Reception::state_vector() const {
  lib0::Encoder entries;
  std::uint64_t count = 0;
  for (auto at = letters_.rbegin(); at != letters_.rend(); ++at) {
    if (at->second.end == 0) continue;
    ++count;
    entries.write_var_uint(at->first);
    entries.write_var_uint(at->second.end);
  }
  lib0::Encoder out(entries.size() + 4);
  out.write_var_uint(count);
  out.write_bytes(entries.view());
  return out.take();
}

}  // namespace syncline::loadgen
