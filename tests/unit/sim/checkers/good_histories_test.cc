// What must not be taken for wrong: everything a healthy cluster does, and everything that the
// promises leave open.

#include <gtest/gtest.h>

#include "server/crdt/map.h"
#include "server/crdt/text.h"
#include "tests/unit/sim/checkers/story.h"

namespace syncline::checkers {
namespace {

class GoodHistories : public testing::Test {
 protected:
  ~GoodHistories() override {
    for (const Violation& violation : story_.violations()) {
      ADD_FAILURE() << violation.checker << ": " << violation.what;
    }
  }

  Story story_;
};

TEST_F(GoodHistories, typing_and_leaving) {
  story_.begin();
  story_.save(1, 0, "x");
  story_.finish();
}

TEST_F(GoodHistories, a_crash_and_another_node) {
  story_.begin();
  story_.write_snapshot(minutes);
  story_.tell(history::ProcessEnded{.party = node_party(1), .crashed = true});
  story_.cold_read(minutes);
  story_.tell(history::ClientDisconnected{.client = client_party(1), .code = 1006});
  story_.tell(history::ProcessStarted{node_party(1)});
  story_.join(1, 2);
  story_.save(1, 0, "x");
  story_.write_snapshot(minutes);
  story_.finish();
}

// It was forwarded, and died with its node: it comes back from its author.
TEST_F(GoodHistories, an_edit_that_nobody_acknowledged_vanishes_for_a_while) {
  story_.begin();
  const Edit edit = story_.type(1, 0, "x");
  story_.deliver(edit, 2);
  story_.tell(history::ProcessEnded{.party = node_party(1), .crashed = true});
  story_.cold_read(minutes);
  story_.tell(history::ProcessStarted{node_party(1)});
  story_.join(2, 1);
  story_.log(edit);
  story_.acknowledge(edit);
  story_.finish();
}

TEST_F(GoodHistories, an_append_whose_outcome_was_unknown_is_repeated) {
  story_.begin();
  const Edit edit = story_.save(1, 0, "x");
  story_.log(edit);
  story_.finish();
}

// Each hears of it from the other before it is saved.
TEST_F(GoodHistories, two_delete_the_same) {
  story_.begin();
  const Edit one = story_.erase(1, 6, 1);
  const Edit other = story_.erase(2, 6, 1);
  story_.deliver(one, 2);
  story_.acknowledge(other);
  story_.deliver(other, 1);
  story_.log(one);
  story_.log(other);
  story_.finish();
}

TEST_F(GoodHistories, the_buffer_is_drained) {
  story_.begin();
  const Edit edit = story_.type(1, 0, "x");
  story_.buffer(edit);
  story_.acknowledge(edit);
  story_.deliver(edit, 2);
  story_.cold_read(minutes);
  story_.log(edit);
  story_.trim(minutes, 1);
  story_.finish();
}

TEST_F(GoodHistories, the_buffer_forgets_and_is_told_again) {
  story_.begin();
  const Edit edit = story_.type(1, 0, "x");
  story_.buffer(edit);
  story_.acknowledge(edit);
  story_.deliver(edit, 2);
  story_.tell(history::BufferForgot{.document = minutes, .entries = 1});
  story_.tell(history::ProcessStarted{node_party(2)});
  story_.join(2, 2);  // Without what was forgotten.
  story_.cold_read(minutes);
  story_.tell(history::BufferAppended{.document = minutes,
                                      .lineage = 2,
                                      .offset = 1,
                                      .update = edit.update,
                                      .writer = node_party(1)});
  story_.log(edit);
  story_.tell(history::BufferTrimmed{.document = minutes, .lineage = 2, .offset = 1});
  story_.finish();
}

// The node that had appended it and the buffer fail together: client 1 is gone too.
TEST_F(GoodHistories, two_failures_at_once) {
  story_.begin();
  const OwnedState before(story_.doc(2));
  const Edit edit = story_.type(1, 0, "x");
  story_.buffer(edit);
  story_.acknowledge(edit);
  story_.tell(history::ProcessEnded{.party = node_party(1), .crashed = true});
  story_.tell(history::BufferForgot{.document = minutes, .entries = 1});
  story_.time_is_up();
  story_.cold_read(minutes, true);
}

TEST_F(GoodHistories, the_buffer_forgets_and_then_the_node_does) {
  story_.begin();
  const Edit edit = story_.type(1, 0, "x");
  story_.buffer(edit);
  story_.acknowledge(edit);
  story_.tell(history::BufferForgot{.document = minutes, .entries = 1});
  story_.tell(history::ProcessEnded{.party = node_party(1), .crashed = true});
  story_.time_is_up();
  story_.cold_read(minutes, true);
}

// A frame that the last process of the node had sent is on its way for long.
TEST_F(GoodHistories, what_a_dead_process_sent_arrives_late) {
  story_.begin();
  const OwnedState before(story_.cold(minutes));
  const Edit edit = story_.type(1, 0, "x");
  story_.tell(history::ProcessEnded{.party = node_party(1), .crashed = true});
  story_.tell(history::ProcessStarted{node_party(1)});
  story_.log(edit);
  story_.deliver(edit, 2);
  story_.connect(2, 1);
  story_.sync(2, before.state_vector);
}

// Node-2 missed client 1's "x": the "y" beside it waits there, and is not offered.
TEST_F(GoodHistories, what_a_node_was_sent_waits_there_for_what_it_missed) {
  story_.begin();
  const OwnedState before(story_.doc(1));
  story_.connect(2, 2);
  story_.sync(2, before.state_vector);
  story_.connect(2, 1);
  story_.save(1, 0, "x");
  const Edit edit = story_.type(2, 1, "y");
  story_.log(edit);
  story_.acknowledge(edit);
  story_.connect(1, 2);
  story_.sync(1, before.state_vector);
  story_.deliver(edit, 1);
  story_.connect(1, 2);
  story_.sync(1, before.state_vector);
}

TEST_F(GoodHistories, a_stale_tab_comes_back) {
  story_.begin();
  const OwnedState old(story_.doc(2));
  story_.save(1, 0, "x");
  story_.see(2);
  story_.tell(history::ClientConnected{
      .client = client_party(2), .document = minutes, .session = 99, .node = node_party(1)});
  story_.tell(
      history::ReplicaSeen{.party = client_party(2), .document = minutes, .state = old.view()});
}

// Of two values that are set for a key at once, the one that loses is deleted by whoever has both;
// no update says so. Who deletes it, too, tells the server nothing new.
TEST_F(GoodHistories, a_deletion_is_implied_by_what_is_saved) {
  story_.begin();
  const auto set = [](crdt::Doc& doc) {
    SYNCLINE_ASSERT(doc.map("m").set("key", lib0::Any(1.0)).ok());
  };
  crdt::Doc loser({.client_id = 11});
  crdt::Doc winner({.client_id = 12});
  std::uint64_t edit = 1000;
  for (crdt::Doc* doc : {&loser, &winner}) {
    const Bytes written = doc->transact(set);
    const auto written_ids = client::read_update_ids(written).value();
    story_.tell(history::ClientEdited{.client = client_party(1),
                                      .document = minutes,
                                      .edit = ++edit,
                                      .ids = written_ids,
                                      .update = written,
                                      .depends_on = crdt::empty_state_vector()});
    story_.log(minutes, written);
  }
  const Bytes update =
      loser.transact([](crdt::Doc& doc) { SYNCLINE_ASSERT(doc.map("m").remove("key").ok()); });
  const auto ids = client::read_update_ids(update).value();
  story_.tell(
      history::ClientAcknowledged{.client = client_party(1), .document = minutes, .ids = ids});
}

// It deleted what it had written offline, was cut off before it had sent that, and never came back.
TEST_F(GoodHistories, a_deletion_waits_for_what_went_with_its_author) {
  story_.begin();
  crdt::Doc author({.client_id = 11});
  const auto tell_edit = [&](std::uint64_t number, const Bytes& update) {
    const auto ids = client::read_update_ids(update).value();
    story_.tell(history::ClientEdited{.client = client_party(1),
                                      .document = minutes,
                                      .edit = number,
                                      .ids = ids,
                                      .update = update,
                                      .depends_on = crdt::empty_state_vector()});
  };
  tell_edit(1001, author.transact([](crdt::Doc& doc) {
    SYNCLINE_ASSERT(doc.map("m").set("key", lib0::Any(1.0)).ok());
  }));
  const Bytes deletion =
      author.transact([](crdt::Doc& doc) { SYNCLINE_ASSERT(doc.map("m").remove("key").ok()); });
  tell_edit(1002, deletion);
  story_.log(minutes, deletion);
  story_.time_is_up();
  story_.look_at_clients();
  story_.read_all_cold();
  story_.leave();
}

// Random edits, exchanged late and in any order; replicas that forget what is deleted and such that
// do not; seen after every step.
class Replicas {
 public:
  explicit Replicas(Story& story, std::uint64_t seed) : story_(story), state_(seed) {
    for (std::uint32_t client = 1; client <= 3; ++client) {
      docs_.push_back(crdt::Doc({.client_id = client, .gc = client != 2}));
    }
  }

  void step() {
    const std::size_t who = below(docs_.size());
    if (below(3) == 0 && !updates_.empty()) {
      apply(who, below(updates_.size()));
    } else {
      edit(who);
    }
    see(who);
  }

  void exchange_all() {
    for (std::size_t who = 0; who < docs_.size(); ++who) {
      for (std::size_t update = 0; update < updates_.size(); ++update) apply(who, update);
      see(who);
    }
    crdt::Doc cold;
    for (const Bytes& update : updates_) SYNCLINE_ASSERT(cold.apply_update(update).ok());
    const OwnedState state(cold);
    story_.tell(history::ColdRead{.document = minutes,
                                  .from_log = state.view(),
                                  .from_snapshot = state.view(),
                                  .at_end = true});
  }

 private:
  std::uint64_t below(std::uint64_t bound) {
    state_ = state_ * 6364136223846793005 + 1442695040888963407;
    return (state_ >> 33) % bound;
  }

  void apply(std::size_t who, std::size_t update) {
    SYNCLINE_ASSERT(docs_[who].apply_update(updates_[update]).ok());
  }

  void change(crdt::Doc& doc) {
    crdt::Text text = doc.text("t");
    const std::uint64_t length = text.length();
    const std::uint64_t kind = below(8);
    const std::uint64_t at = below(length + 1);
    if (kind == 0) {
      const std::string key(1, static_cast<char>('a' + below(3)));
      SYNCLINE_ASSERT(doc.map("m").set(key, lib0::Any(static_cast<double>(below(9)))).ok());
    } else if (kind < 3 && at < length) {
      SYNCLINE_ASSERT(text.remove(at, 1 + below(std::min<std::uint64_t>(length - at, 4))).ok());
    } else if (kind == 3) {
      SYNCLINE_ASSERT(text.insert(at, "😀").ok());
    } else {
      SYNCLINE_ASSERT(
          text.insert(at, std::string(1 + below(4), static_cast<char>('a' + below(26)))).ok());
    }
  }

  void edit(std::size_t who) {
    crdt::Doc& doc = docs_[who];
    const Bytes before = doc.encode_state_vector();
    updates_.push_back(doc.transact([&](crdt::Doc& open) { change(open); }));
    const auto ids = client::read_update_ids(updates_.back()).value();
    story_.tell(history::ClientEdited{.client = client_party(static_cast<std::uint32_t>(who + 1)),
                                      .document = minutes,
                                      .edit = updates_.size(),
                                      .ids = ids,
                                      .update = updates_.back(),
                                      .depends_on = before});
    story_.log(minutes, updates_.back());
  }

  void see(std::size_t who) {
    const OwnedState state(docs_[who]);
    story_.tell(history::ReplicaSeen{.party = node_party(static_cast<std::uint32_t>(who + 1)),
                                     .document = minutes,
                                     .state = state.view()});
  }

  Story& story_;
  std::uint64_t state_;
  std::vector<crdt::Doc> docs_;
  std::vector<Bytes> updates_;
};

TEST_F(GoodHistories, random_edits_in_any_order) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    Story story;
    Replicas replicas(story, seed);
    for (int i = 0; i < 80; ++i) replicas.step();
    story.tell(history::TimeIsUp{});
    replicas.exchange_all();
    for (const Violation& violation : story.violations()) {
      ADD_FAILURE() << "seed " << seed << ", " << violation.checker << ": " << violation.what;
    }
  }
}

}  // namespace
}  // namespace syncline::checkers
