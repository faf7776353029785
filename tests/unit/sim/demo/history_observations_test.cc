#include "sim/demo/history_observations.h"

#include "loadgen/client/yjs_client.h"
#include "server/crdt/doc.h"
#include "server/crdt/text.h"
#include "sim/demo/measure.h"

namespace syncline::demo {
namespace {

using history::Party;
using history::PartyKind;

constexpr Party alice{PartyKind::client, 1};
constexpr Party bob{PartyKind::client, 2};
constexpr history::DocumentNumber document{0};

// What a cluster is seen to do, told by hand.
class ToldHistory : public testing::Test {
 protected:
  void tell(Duration at, const history::EventContent& content) {
    observations_.on_event({at, content});
  }
  void joins(Duration at, Party client, std::uint32_t node, std::uint64_t session = 1) {
    tell(at, history::ClientConnected{client, document, session, {PartyKind::node, node}});
    tell(at, history::ClientSynced{client, document, {}});
  }
  // Types one letter, as an edit of its own.
  void types(Duration at, Party client) {
    crdt::Doc& doc = client == alice ? alice_doc_ : bob_doc_;
    updates_.push_back(doc.transact([](crdt::Doc& d) { (void)d.text("text").insert(0, "a"); }));
    ids_.push_back(client::read_update_ids(updates_.back()).value());
    tell(at,
         history::ClientEdited{client, document, ids_.size(), ids_.back(), updates_.back(), {}});
  }
  void acknowledged(Duration at, Party client, std::size_t edit) {
    tell(at, history::ClientAcknowledged{client, document, ids_[edit]});
  }
  void applied(Duration at, Party client, std::size_t edit) {
    tell(at, history::ClientApplied{client, document, ids_[edit], true});
  }
  void logged(Duration at, std::size_t edit) {
    tell(at, history::LogAppended{document, {edit + 1}, updates_[edit]});
    (void)log_.apply_update(updates_[edit]);
  }
  Observations ends(Duration at) {
    state_ = log_.encode_state_as_update(Bytes{std::byte{0}}).value();
    history::ReplicaState state{};
    state.encoded = state_;
    tell(at, history::ColdRead{document, state, state, true});
    return observations_.finish(at);
  }

 private:
  HistoryObservations observations_;
  crdt::Doc alice_doc_{crdt::DocOptions{.client_id = 1}};
  crdt::Doc bob_doc_{crdt::DocOptions{.client_id = 2}};
  crdt::Doc log_;
  std::deque<Bytes> updates_;
  std::deque<client::UpdateIds> ids_;
  Bytes state_;
};

TEST_F(ToldHistory, FollowsAPressFromTheKeyToTheEnd) {
  joins(seconds(1), alice, 1);
  joins(seconds(1), bob, 2);
  types(seconds(2), alice);
  logged(milliseconds(2010), 0);
  acknowledged(milliseconds(2020), alice, 0);
  applied(milliseconds(2100), bob, 0);
  applied(milliseconds(2900), bob, 0);
  const Observations seen = ends(seconds(9));
  ASSERT_EQ(seen.fates.size(), 1u);
  EXPECT_EQ(seen.fates[0].typed, seconds(2));
  EXPECT_EQ(seen.fates[0].stored, milliseconds(2010));
  EXPECT_EQ(seen.fates[0].acknowledged, milliseconds(2020));
  EXPECT_TRUE(seen.fates[0].remains);
  ASSERT_EQ(seen.sightings.size(), 1u);
  EXPECT_EQ(seen.sightings[0].at, milliseconds(2100));
  EXPECT_EQ(seen.write_transactions, std::vector<Duration>{milliseconds(2010)});
  EXPECT_EQ(seen.stays.size(), 2u);
  EXPECT_FALSE(measure_visibility(seen).violated());
}

TEST_F(ToldHistory, FindsWhatIsGone) {
  joins(seconds(1), alice, 1);
  types(seconds(2), alice);
  acknowledged(seconds(3), alice, 0);
  types(seconds(4), alice);
  logged(seconds(4), 1);
  const Observations seen = ends(seconds(9));
  EXPECT_FALSE(seen.fates[0].remains);
  EXPECT_TRUE(measure_acknowledged_edits(seen).violated());
  EXPECT_EQ(measure_acknowledged_edits(seen).press, PressNumber{0});
}

TEST_F(ToldHistory, FindsWhatIsLate) {
  joins(seconds(1), alice, 1);
  joins(seconds(1), bob, 2);
  types(seconds(2), alice);
  applied(milliseconds(3500), bob, 0);
  types(seconds(5), alice);
  const Measurement found = measure_visibility(ends(seconds(9)));
  EXPECT_EQ(found.broken, 2u);
  EXPECT_EQ(found.press, PressNumber{1}) << "what never came says more";
}

TEST_F(ToldHistory, WhoWasNotThereCannotHaveSeenIt) {
  joins(seconds(1), alice, 1);
  joins(seconds(1), bob, 2);
  tell(milliseconds(2500), history::ClientDisconnected{bob, 1006});
  types(seconds(2), alice);
  EXPECT_FALSE(measure_visibility(ends(seconds(9))).violated());
}

TEST_F(ToldHistory, ASecondSessionIsAReload) {
  joins(seconds(1), alice, 1, 1);
  tell(seconds(2), history::ClientDisconnected{alice, 1006});
  joins(seconds(3), alice, 2, 1);
  tell(seconds(4), history::ClientDisconnected{alice, 1006});
  joins(seconds(5), alice, 2, 2);
  const Observations seen = ends(seconds(9));
  ASSERT_EQ(seen.reloads.size(), 1u);
  EXPECT_EQ(seen.reloads[0].at, seconds(5));
  EXPECT_TRUE(measure_continuity(seen).violated());
}

TEST_F(ToldHistory, CountsCommitsNotRows) {
  joins(seconds(1), alice, 1);
  for (int i = 0; i < 30; ++i) types(seconds(2), alice);
  for (std::size_t i = 0; i < 30; ++i) logged(seconds(3), i);
  EXPECT_EQ(ends(seconds(2)).write_transactions.size(), 1u);
}

TEST_F(ToldHistory, ManyCommitsBreakAPromise) {
  joins(seconds(1), alice, 1);
  for (std::size_t i = 0; i < 60; ++i) {
    types(milliseconds(2000 + i), alice);
    logged(milliseconds(2000 + i), i);
  }
  EXPECT_TRUE(measure_write_transactions(ends(seconds(3))).violated());
}

TEST_F(ToldHistory, FreshnessIsUpToWhatTheAnswersSay) {
  joins(seconds(1), alice, 1);
  for (std::size_t i = 0; i < 100; ++i) {
    types(seconds(2 + i), alice);
    logged(seconds(2 + i), i);
    acknowledged(seconds(2 + i), alice, i);
  }
  const Observations seen = ends(seconds(110));
  EXPECT_FALSE(measure_freshness(seen, "no-store", 1).violated());
  const Measurement cached = measure_freshness(seen, "public, max-age=30", 1);
  EXPECT_TRUE(cached.violated());
  for (const Look& look : cached.looks) EXPECT_LE(look.at - look.answered, seconds(30));
}

}  // namespace
}  // namespace syncline::demo
