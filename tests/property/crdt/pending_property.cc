// What waits: merged as yjs merges encoded updates, and set free as soon as it can go on.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "server/crdt/pending_structs.h"
#include "server/lib0/encoder.h"
#include "tests/property/crdt/history.h"
#include "tests/unit/crdt/update_builder.h"

namespace syncline::crdt {
namespace {

std::size_t draw_below(std::size_t end) { return *rc::gen::inRange<std::size_t>(0, end); }

constexpr ClientId clients = 3;

// A run of one client as it stands in an update.
class Row {
 public:
  Row(ClientId client, Clock clock) : client_(client), begin_(clock), end_(clock) {}

  Clock end() const { return end_; }

  void add_gc(Clock length) {
    structs_.write_u8(0);
    add_length(length);
  }
  void add_deleted(const Id& origin, Clock length) {
    structs_.write_u8(0x81);
    write_id(origin);
    add_length(length);
  }
  void add_skip(Clock length) {
    structs_.write_u8(10);
    add_length(length);
  }
  void add_string(const Id& origin, const std::optional<Id>& right_origin, std::string_view text,
                  Clock length) {
    structs_.write_u8(right_origin ? 0xC4 : 0x84);
    write_id(origin);
    if (right_origin) write_id(*right_origin);
    structs_.write_var_string(text);
    count(length);
  }
  void write(lib0::Encoder& out) const {
    for (const std::uint64_t number : {count_, client_, begin_}) out.write_var_uint(number);
    out.write_bytes(structs_.view());
  }

 private:
  void write_id(const Id& id) {
    structs_.write_var_uint(id.client);
    structs_.write_var_uint(id.clock);
  }
  void add_length(Clock length) {
    structs_.write_var_uint(length);
    count(length);
  }
  void count(Clock length) {
    ++count_;
    end_ += length;
  }

  ClientId client_;
  Clock begin_;
  Clock end_;
  std::uint64_t count_ = 0;
  lib0::Encoder structs_;
};

Bytes update_of(const std::vector<Row>& rows) {
  lib0::Encoder out;
  out.write_var_uint(rows.size());
  for (const Row& row : rows) row.write(out);
  out.write_u8(0);
  return out.take();
}

// Structs of every length under ids that others claim as well. All wait: clock 0 never comes. Two
// GC structs in a row are one, as yjs writes them.
Row draw_claims(ClientId client) {
  Row row(client, 1 + draw_below(12));
  bool after_gc = false;
  for (std::size_t left = 1 + draw_below(5); left > 0; --left) {
    const Id origin{client + clients, draw_below(3)};
    const Clock length = 1 + draw_below(4);
    const std::size_t kind = after_gc ? 1 + draw_below(7) : draw_below(8);
    after_gc = kind == 0;
    switch (kind) {
      case 0:
        row.add_gc(length);
        break;
      case 1:
        row.add_deleted(origin, length);
        break;
      case 2:
        row.add_string(origin, Id{9, 9}, "a😀b", 4);
        break;
      case 3:
        row.add_skip(length);
        [[fallthrough]];
      default:
        row.add_string(origin, std::nullopt, std::string("abcd").substr(0, length), length);
    }
  }
  return row;
}

Bytes draw_claiming_update() {
  std::vector<Row> rows;
  for (ClientId client = clients; client > 0; --client) {
    if (draw_below(3) > 0) rows.push_back(draw_claims(client));
  }
  return update_of(rows);
}

// Without the Skips that an update may end in.
Bytes bare(const Bytes& update) { return merged({to_bytes(empty_update()), update}); }

RC_GTEST_PROP(crdt_pending, is_what_merging_one_by_one_makes_of_it, ()) {
  std::vector<Bytes> updates;
  for (std::size_t left = 1 + draw_below(8); left > 0; --left) {
    const bool again = !updates.empty() && draw_below(4) == 0;
    updates.push_back(again ? updates[draw_below(updates.size())] : draw_claiming_update());
  }
  Doc doc;
  Bytes expected = to_bytes(empty_update());
  for (const Bytes& update : updates) {
    RC_LOG() << to_hex(update) << '\n';
    const bool is_first = expected == to_bytes(empty_update());
    const Bytes before = std::exchange(expected, is_first ? update : merged({expected, update}));
    const auto applied = doc.apply_update(update, UpdateLimits::none());
    RC_ASSERT(applied.ok());
    RC_ASSERT(applied->changed == (bare(expected) != bare(before)));
    require_check(doc);
    RC_ASSERT(to_hex(whole_state(doc)) == to_hex(bare(expected)));
  }
}

RC_GTEST_PROP(crdt_pending, takes_no_more_memory_than_was_said, ()) {
  PendingStructs pending;
  const StructStore nothing_known;
  for (std::size_t left = 1 + draw_below(8); left > 0; --left) {
    const Bytes update = draw_claiming_update();
    DecodedUpdate decoded;
    RC_ASSERT(decode_update(update, UpdateLimits::none(), decoded).ok());
    const std::size_t before = pending.memory_bytes();
    const std::size_t growth = pending.growth(decoded, decoded.runs);
    pending.add(decoded, decoded.runs, nothing_known);
    RC_ASSERT(pending.check(nothing_known, false).ok());
    RC_ASSERT(pending.memory_bytes() <= before + growth);
  }
}

// Of everything that waits, given back as a whole, nothing is new.
RC_GTEST_PROP(crdt_pending, is_nothing_new_when_it_comes_back, ()) {
  Doc doc;
  for (std::size_t left = 1 + draw_below(8); left > 0; --left) {
    RC_ASSERT(doc.apply_update(draw_claiming_update(), UpdateLimits::none()).ok());
  }
  const Bytes state = whole_state(doc);
  RC_LOG() << to_hex(state) << '\n';
  RC_ASSERT(!doc.apply_update(state, UpdateLimits::none())->changed);
  RC_ASSERT(to_hex(whole_state(doc)) == to_hex(state));
  require_check(doc);
}

// A world in which each id has one struct: what a client has written, struct by struct, and what
// each refers to; not always to something that was made before it.
struct Written {
  ClientId client;
  Clock clock;
  std::optional<Id> origin;  // Else it stands at the start of a text.
  std::optional<Id> right_origin;
};

class World {
 public:
  World() {
    for (ClientId client = 1; client <= clients; ++client) {
      for (Clock clock = 0, end = 1 + draw_below(10); clock < end; ++clock) {
        Written each{client, clock, draw_reference(client, clock), std::nullopt};
        if (each.origin && draw_below(3) == 0) each.right_origin = draw_reference(client, clock);
        written_.push_back(each);
      }
    }
  }

  // Some structs that follow each other, of some clients.
  Bytes draw_update() const {
    std::vector<std::vector<Written>> rows(clients + 1);
    for (const Written& each : written_) rows[each.client].push_back(each);
    lib0::Encoder out;
    lib0::Encoder body;
    std::uint64_t count = 0;
    for (ClientId client = clients; client > 0; --client) {
      const std::vector<Written>& row = rows[client];
      const std::size_t begin = draw_below(row.size() + 1);
      const std::size_t end = begin + draw_below(row.size() - begin + 1);
      if (begin == end) continue;
      ++count;
      write_run(body, {row.begin() + static_cast<std::ptrdiff_t>(begin),
                       row.begin() + static_cast<std::ptrdiff_t>(end)});
    }
    out.write_var_uint(count);
    out.write_bytes(body.view());
    out.write_u8(0);
    return out.take();
  }

 private:
  // Rarely to what its author has not seen; never to the author's own future.
  static std::optional<Id> draw_reference(ClientId client, Clock clock) {
    const ClientId other = 1 + draw_below(clients);
    const Clock end = other == client ? clock : draw_below(10) == 0 ? 10 : clock;
    if (end == 0 || draw_below(5) == 0) return std::nullopt;
    return Id{other, draw_below(end)};
  }

  static void write_run(lib0::Encoder& out, const std::vector<Written>& run) {
    for (const std::uint64_t number : {std::uint64_t{run.size()}, run[0].client, run[0].clock}) {
      out.write_var_uint(number);
    }
    for (const Written& each : run) {
      out.write_u8(static_cast<std::uint8_t>(4U | (each.origin ? 0x80U : 0U) |
                                             (each.right_origin ? 0x40U : 0U)));
      for (const std::optional<Id>& id : {each.origin, each.right_origin}) {
        if (!id) continue;
        out.write_var_uint(id->client);
        out.write_var_uint(id->clock);
      }
      if (!each.origin && !each.right_origin) {
        out.write_u8(1);
        out.write_var_string("t");
      }
      out.write_var_string("x");
    }
  }

  std::vector<Written> written_;
};

// check() says that nothing waits which could go on.
RC_GTEST_PROP(crdt_pending, goes_on_as_soon_as_it_can, ()) {
  const World world;
  std::vector<Bytes> updates;
  for (std::size_t left = 1 + draw_below(12); left > 0; --left) {
    updates.push_back(world.draw_update());
  }
  Doc doc;
  apply_all(doc, updates);
  Doc at_once;
  apply_all(at_once, {merged(updates)});
  RC_ASSERT(doc.encode_state_vector() == at_once.encode_state_vector());
  RC_ASSERT(doc.has_pending() == at_once.has_pending());
  Doc other;
  apply_all(other, shuffled_with_repetitions(updates));
  RC_ASSERT(doc.encode_state_vector() == other.encode_state_vector());
}

}  // namespace
}  // namespace syncline::crdt
