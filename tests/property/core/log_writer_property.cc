#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "server/core/log_writer.h"

namespace syncline::core {
namespace {

// Takes appends, and answers when told.
class Store final : public AppendPath {
 public:
  void send_append(Ticket ticket, const SharedBytes& update, std::uint64_t) override {
    RC_ASSERT(waiting.emplace(ticket, update).second);
  }

  std::map<Ticket, SharedBytes> waiting;
};

SharedBytes update_of(std::size_t size) { return SharedBytes(Bytes(size)); }

// Whatever is answered, in whatever order: durable never passes a ticket that is not committed, and
// each update is asked for again until it is.
RC_GTEST_PROP(LogWriterProperty, DurableMeansCommittedWithAllBefore, ()) {
  const Config config;
  Store store;
  LogWriter writer(store, config);
  std::set<std::uint64_t> committed;
  std::uint64_t given = 0;
  std::size_t bytes = 0;
  Instant now{seconds(1)};
  const auto check = [&] {
    std::uint64_t durable = 0;
    while (committed.contains(durable + 1)) ++durable;
    RC_ASSERT(writer.durable().value == durable);
    RC_ASSERT(writer.last().value == given);
    RC_ASSERT(writer.idle() == (durable == given));
    RC_ASSERT(writer.unlogged_bytes() == bytes);
  };
  const auto answer = [&](std::size_t which, ports::Outcome outcome) {
    const auto at = std::next(store.waiting.begin(), static_cast<std::ptrdiff_t>(which));
    const Ticket ticket = at->first;
    store.waiting.erase(at);
    const auto done = writer.on_append_done(ticket, outcome, now);
    RC_ASSERT(done.has_value() == (outcome == ports::Outcome::committed));
    if (!done) return;
    RC_ASSERT(committed.insert(ticket.value).second);
    bytes -= done->update.size();
  };
  for (const int step : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 100))) {
    now = now + milliseconds(step);
    if (step < 40) {
      const auto size = static_cast<std::size_t>(step) + 1;
      RC_ASSERT(writer.append(update_of(size), now).value == ++given);
      bytes += size;
    } else if (step < 80 && !store.waiting.empty()) {
      const auto outcome = *rc::gen::element(ports::Outcome::committed, ports::Outcome::refused,
                                             ports::Outcome::unknown);
      answer(*rc::gen::inRange<std::size_t>(0, store.waiting.size()), outcome);
    } else {
      writer.retry(now);
    }
    check();
  }
  // Once the store works, everything gets in, at the latest after the longest delay.
  for (int round = 0; round < 2; ++round) {
    while (!store.waiting.empty()) answer(0, ports::Outcome::committed);
    if (writer.idle()) break;
    RC_ASSERT(writer.next_retry() <= now + config.retry_delay_max);
    now = writer.next_retry();
    RC_ASSERT(writer.retry(now) > 0u);
  }
  RC_ASSERT(writer.idle());
  check();
}

}  // namespace
}  // namespace syncline::core
