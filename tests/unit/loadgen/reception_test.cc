#include "loadgen/run/reception.h"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "loadgen/run/typist.h"
#include "server/crdt/doc.h"
#include "server/crdt/update.h"
#include "server/lib0/decoder.h"

namespace syncline::loadgen {
namespace {

// Writes down what it is told.
class Witness final : public ReceptionWatcher {
 public:
  void on_inserted(std::uint64_t client, std::uint64_t from, std::uint64_t to) override {
    RC_ASSERT(from == clocks[client]);
    RC_ASSERT(to > from);
    clocks[client] = to;
  }
  void on_deleted(std::uint64_t client, std::uint64_t clock) override {
    const bool is_new = deleted.emplace(client, clock).second;
    RC_ASSERT(is_new);
  }

  std::map<std::uint64_t, std::uint64_t> clocks;
  std::set<std::pair<std::uint64_t, std::uint64_t>> deleted;
};

void take(Reception& reception, const Bytes& update, Witness& witness) {
  client::UpdateScan scan;
  RC_ASSERT(client::scan_update(update, scan).ok());
  reception.take(scan, witness);
}

// One update a keystroke, of three writers, in no order, some merged, some twice.
std::vector<Bytes> some_updates() {
  std::vector<Bytes> updates;
  for (std::uint64_t client = 1; client <= 3; ++client) {
    Typist typist(client, *rc::gen::inRange<std::uint32_t>(1, 4));
    for (const bool removes : *rc::gen::arbitrary<std::vector<bool>>()) {
      const std::size_t edit =
          removes && typist.can_delete() ? typist.remove({}, false) : typist.insert({}, false);
      updates.push_back(typist.update(edit, edit + 1));
    }
  }
  std::vector<Bytes> shuffled;
  const auto order = *rc::gen::container<std::vector<std::size_t>>(
      2 * updates.size(),
      rc::gen::inRange<std::size_t>(0, std::max<std::size_t>(1, updates.size())));
  for (const std::size_t i : order) {
    Bytes update = updates[i];
    if (!shuffled.empty() && i % 3 == 0) {
      const std::vector<BytesView> both{shuffled.back(), update};
      auto merged = crdt::merge_updates(both);
      RC_ASSERT(merged.ok());
      update = std::move(merged).value();
    }
    shuffled.push_back(std::move(update));
  }
  return shuffled;
}

RC_GTEST_PROP(Reception, IsAlwaysWhatAReplicaHas, ()) {
  Reception reception;
  Witness witness;
  crdt::Doc replica({.gc = false});
  for (const Bytes& update : some_updates()) {
    take(reception, update, witness);
    RC_ASSERT(replica.apply_update(update).ok());
    RC_ASSERT(reception.state_vector() == replica.encode_state_vector());
    const std::byte nothing[] = {std::byte{0}};
    const auto state = replica.encode_state_as_update(nothing);
    RC_ASSERT(state.ok());
    const auto ids = client::read_update_ids(*state);
    RC_ASSERT(ids.ok());
    std::size_t deletions = 0;
    for (const auto& [client, ranges] : ids->deleted.by_client()) {
      for (const auto& [begin, end] : ranges) {
        deletions += end - begin;
        for (std::uint64_t clock = begin; clock < end; ++clock) {
          RC_ASSERT(reception.has_deleted(client, clock));
        }
      }
    }
    RC_ASSERT(witness.deleted.size() == deletions);
    if (!replica.has_pending()) RC_ASSERT(!reception.waits());
  }
}

RC_GTEST_PROP(Reception, TheOrderDoesNotMatter, ()) {
  auto updates = some_updates();
  Reception one;
  Reception other;
  Witness first;
  Witness second;
  for (const Bytes& update : updates) take(one, update, first);
  std::reverse(updates.begin(), updates.end());
  for (const Bytes& update : updates) take(other, update, second);
  RC_ASSERT(one == other);
  RC_ASSERT(first.clocks == second.clocks);
  RC_ASSERT(first.deleted == second.deleted);
}

TEST(Reception, ALetterThatIsMissingMakesADifference) {
  Typist typist(5, 1);
  for (int i = 0; i < 3; ++i) typist.insert({}, false);
  Witness witness;
  Reception whole;
  Reception holed;
  take(whole, typist.update(0, 3), witness);
  Witness other;
  take(holed, typist.update(0, 1), other);
  take(holed, typist.update(2, 3), other);
  EXPECT_FALSE(whole == holed);
  EXPECT_TRUE(holed.waits());
  EXPECT_EQ(holed.clock(5), 1U);
  take(holed, typist.update(1, 2), other);
  EXPECT_TRUE(whole == holed);
  EXPECT_FALSE(holed.waits());
}

TEST(Reception, ADeletionThatIsMissingMakesADifference) {
  Typist typist(5, 1);
  typist.insert({}, false);
  typist.insert({}, false);
  typist.remove({}, false);
  Witness witness;
  Reception whole;
  Reception without;
  take(whole, typist.update(0, 3), witness);
  Witness other;
  take(without, typist.update(0, 2), other);
  EXPECT_FALSE(whole == without);
}

}  // namespace
}  // namespace syncline::loadgen
