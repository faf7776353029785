// Laws of the engine, on random histories of several authors.

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "server/crdt/array.h"
#include "server/crdt/doc.h"
#include "server/crdt/map.h"
#include "server/crdt/text.h"
#include "server/lib0/json.h"
#include "tests/unit/crdt/update_builder.h"

namespace syncline::crdt {
namespace {

Bytes state(const Doc& doc) { return doc.encode_state_as_update(empty_state_vector()).value(); }

// What must be the same in replicas that know the same: content, state vector and delete set. (How
// collected structs are cut into runs depends on the order of arrival, in yjs too.)
struct Known {
  std::string json;
  Bytes state_vector;
  Bytes deletes;
  friend bool operator==(const Known&, const Known&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Known& known) {
    return out << known.json << " vector " << to_hex(known.state_vector) << " deletes "
               << to_hex(known.deletes);
  }
};

Known known(const Doc& doc) {
  const Bytes vector = doc.encode_state_vector();
  std::string json = doc.text_of("text") + doc.array_json("array");
  // A map lists its keys in the order of arrival, which is no part of what is known.
  const auto map = lib0::parse_json(doc.map_json("map")).value();
  for (const char* key : {"k", "l"}) {
    const lib0::Any* value = map.find(key);
    json.append(key).append(value ? lib0::to_json(*value) : "");
  }
  return {json, vector, doc.encode_state_as_update(vector).value()};
}

// One random edit. Formats are left to the differential tests: after remote formats a replica
// tidies up, as yjs does, so that replicas need one more exchange to hold the same structs.
void edit(Doc& doc) {
  const auto in_range = [](Clock end) { return *rc::gen::inRange<Clock>(0, end + 1); };
  const int kind = *rc::gen::inRange(0, 7);
  Text text = doc.text("text");
  Array array = doc.array("array");
  Map map = doc.map("map");
  if (kind <= 2) {
    const std::string word =
        *rc::gen::element<std::string>("a", "bc", "\u00fc", "\U0001F600", "long word");
    RC_ASSERT(text.insert(in_range(text.length()), word).ok());
  } else if (kind == 3) {
    const Clock at = in_range(text.length());
    RC_ASSERT(text.remove(at, in_range(std::min<Clock>(text.length() - at, 4))).ok());
  } else if (kind == 4) {
    const std::vector<lib0::Any> values = {lib0::Any(1), lib0::Any("x")};
    RC_ASSERT(array.insert(in_range(array.length()), values).ok());
  } else if (kind == 5) {
    const Clock at = in_range(array.length());
    RC_ASSERT(array.remove(at, in_range(std::min<Clock>(array.length() - at, 2))).ok());
  } else {
    const std::string key = *rc::gen::element<std::string>("k", "l");
    if (*rc::gen::inRange(0, 3) == 0) {
      RC_ASSERT(map.remove(key).ok());
    } else {
      const auto inner = map.set_type(key, TypeKind::array);
      RC_ASSERT(inner.ok());
      const std::vector<lib0::Any> values = {lib0::Any(*rc::gen::inRange(0, 9))};
      RC_ASSERT(inner->as_array().insert(0, values).ok());
    }
  }
}

// The updates of a history in which authors now and then see each other's work.
std::vector<Bytes> history() {
  std::vector<Doc> authors;
  for (const ClientId id : {7u, 3u, 1000u}) authors.emplace_back(DocOptions{.client_id = id});
  std::vector<Bytes> updates;
  std::vector<std::size_t> seen(authors.size());
  const int steps = *rc::gen::inRange(1, 25);
  for (int i = 0; i < steps; ++i) {
    const auto who = *rc::gen::inRange<std::size_t>(0, authors.size());
    if (*rc::gen::inRange(0, 3) == 0) {
      for (; seen[who] < updates.size(); ++seen[who]) {
        RC_ASSERT(authors[who].apply_update(updates[seen[who]]).ok());
      }
    }
    updates.push_back(authors[who].transact(edit));
    RC_ASSERT(authors[who].check().ok());
  }
  return updates;
}

Doc built_from(const std::vector<Bytes>& updates) {
  Doc doc;
  for (const Bytes& update : updates) {
    const auto applied = doc.apply_update(update);
    RC_ASSERT(applied.ok());
    const auto checked = doc.check();
    if (!checked.ok()) RC_FAIL(checked.error().message());
  }
  return doc;
}

std::vector<Bytes> shuffled(std::vector<Bytes> updates) {
  for (std::size_t i = updates.size(); i > 1; --i) {
    std::swap(updates[i - 1], updates[*rc::gen::inRange<std::size_t>(0, i)]);
  }
  return updates;
}

Bytes merge(const std::vector<Bytes>& updates) {
  const std::vector<BytesView> views(updates.begin(), updates.end());
  return merge_updates(views).value();
}

RC_GTEST_PROP(crdt, any_order_and_repetition_gives_the_same_document, ()) {
  const std::vector<Bytes> updates = history();
  const Doc expected = built_from(updates);
  RC_ASSERT(!expected.has_pending());
  std::vector<Bytes> again = shuffled(updates);
  for (const Bytes& update : updates) {
    if (*rc::gen::arbitrary<bool>()) again.push_back(update);
  }
  const Doc actual = built_from(shuffled(again));
  RC_ASSERT(!actual.has_pending());
  RC_ASSERT(known(actual) == known(expected));
}

RC_GTEST_PROP(crdt, merging_first_changes_nothing, ()) {
  const std::vector<Bytes> updates = history();
  const Known expected = known(built_from(updates));
  const std::vector<Bytes> mixed = shuffled(updates);
  const auto cut = static_cast<std::ptrdiff_t>(*rc::gen::inRange<std::size_t>(0, mixed.size() + 1));
  const Bytes left = merge({mixed.begin(), mixed.begin() + cut});
  const Bytes right = merge({mixed.begin() + cut, mixed.end()});
  RC_ASSERT(known(built_from({merge(mixed)})) == expected);
  RC_ASSERT((known(built_from({merge({left, right})})) == expected));
  RC_ASSERT((known(built_from({merge({right, left, right})})) == expected));
}

RC_GTEST_PROP(crdt, what_is_encoded_is_read_again, ()) {
  const Doc doc = built_from(shuffled(history()));
  const Bytes encoded = state(doc);
  RC_ASSERT(check_update(encoded).ok());
  const Doc copy = built_from({encoded});
  RC_ASSERT(known(copy) == known(doc));
  // From then on nothing changes any more.
  RC_ASSERT((state(built_from({state(copy)})) == state(copy)));
}

RC_GTEST_PROP(crdt, a_part_that_is_missing_waits, ()) {
  std::vector<Bytes> updates = history();
  const Known expected = known(built_from(updates));
  const auto left_out = *rc::gen::inRange<std::size_t>(0, updates.size());
  const Bytes late = updates[left_out];
  updates.erase(updates.begin() + static_cast<std::ptrdiff_t>(left_out));
  Doc doc = built_from(shuffled(updates));
  // What waits travels with the state.
  Doc copy = built_from({state(doc)});
  RC_ASSERT(doc.apply_update(late).ok());
  RC_ASSERT(copy.apply_update(late).ok());
  RC_ASSERT(known(doc) == expected);
  RC_ASSERT(known(copy) == expected);
}

RC_GTEST_PROP(crdt, chunks_never_wait, ()) {
  const std::vector<Bytes> updates = history();
  const Doc doc = built_from(updates);
  const auto seen = *rc::gen::inRange<std::size_t>(0, updates.size() + 1);
  Doc follower = built_from({updates.begin(), updates.begin() + static_cast<std::ptrdiff_t>(seen)});
  const auto chunk_bytes = *rc::gen::inRange<std::size_t>(1, 200);
  const auto chunks = doc.encode_state_in_chunks(follower.encode_state_vector(), chunk_bytes);
  RC_ASSERT(chunks.ok());
  RC_ASSERT(!chunks->empty());
  for (const Bytes& chunk : *chunks) {
    const auto applied = follower.apply_update(chunk);
    RC_ASSERT(applied.ok());
    RC_ASSERT(!applied->pending);
  }
  RC_ASSERT(known(follower) == known(doc));
}

RC_GTEST_PROP(crdt, what_is_refused_changes_nothing, ()) {
  const std::vector<Bytes> updates = history();
  Doc doc = built_from(updates);
  const Bytes before = state(doc);
  Bytes damaged = updates[*rc::gen::inRange<std::size_t>(0, updates.size())];
  const auto at = *rc::gen::inRange<std::size_t>(0, damaged.size());
  damaged[at] = static_cast<std::byte>(*rc::gen::inRange(0, 256));
  const auto applied = doc.apply_update(damaged);
  if (!applied.ok() || !applied->changed) RC_ASSERT((state(doc) == before));
  const auto checked = doc.check();
  if (!checked.ok()) RC_FAIL(checked.error().message());
}

}  // namespace
}  // namespace syncline::crdt
