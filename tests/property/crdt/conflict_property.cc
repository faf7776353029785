// Structs go where a walk over what conflicts with them ends, with an index of it or without,
// whatever origins they claim: also such that no client would ever write.

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "server/lib0/encoder.h"
#include "tests/property/crdt/history.h"
#include "tests/property/crdt/known.h"

namespace syncline::crdt {
namespace {

constexpr std::size_t never = std::numeric_limits<std::size_t>::max();

std::size_t draw_below(std::size_t end) { return *rc::gen::inRange<std::size_t>(0, end); }

// Clients that write into lists, keys and types, and what each has written.
class Writers {
 public:
  Writers() {
    const std::size_t count = 1 + draw_below(12);
    for (std::size_t i = 0; i < count; ++i) clients_.push_back({3 + (i * 7) % 13, 0});
  }

  // One to three structs of one client, each between any two elements, in this order or not; now
  // and then some of them twice, of which the second time says more.
  std::vector<Bytes> write() {
    Client& client = clients_[draw_below(clients_.size())];
    const std::size_t count = 1 + draw_below(3);
    const Clock begin = client.clock;
    std::vector<Bytes> structs;
    Bytes beginning;
    for (std::size_t i = 0; i < count; ++i) structs.push_back(draw_struct(client, beginning));
    std::vector<Bytes> updates;
    const auto update_of = [&](Clock clock, const std::vector<Bytes>& written) {
      lib0::Encoder encoder;
      for (const std::uint64_t number :
           {std::uint64_t{1}, std::uint64_t{written.size()}, client.id, clock}) {
        encoder.write_var_uint(number);
      }
      for (const Bytes& each : written) encoder.write_bytes(each);
      encoder.write_u8(0);
      return encoder.take();
    };
    if (count == 1 && !beginning.empty()) updates.push_back(update_of(begin, {beginning}));
    updates.push_back(update_of(begin, structs));
    return updates;
  }

  // Deletes some of the elements of one client.
  Bytes erase() {
    const Client& client = clients_[draw_below(clients_.size())];
    lib0::Encoder encoder;
    if (client.clock == 0) {
      encoder.write_bytes(Bytes(2));
      return encoder.take();
    }
    const Clock from = draw_below(client.clock);
    const Clock length = 1 + draw_below(client.clock - from);
    for (const std::uint64_t number :
         {std::uint64_t{0}, std::uint64_t{1}, client.id, std::uint64_t{1}, from, length}) {
      encoder.write_var_uint(number);
    }
    return encoder.take();
  }

 private:
  struct Client {
    ClientId id;
    Clock clock;
  };

  // A string of one to three letters, or a type. Of a longer string `beginning` becomes its front.
  Bytes draw_struct(Client& client, Bytes& beginning) {
    constexpr std::uint8_t string_kind = 4;
    constexpr std::uint8_t type_kind = 7;
    constexpr std::uint8_t text_type = 2;
    const bool is_type = draw_below(8) == 0;
    const bool has_origin = elements_ > 0 && draw_below(5) > 0;
    const bool has_right_origin = elements_ > 0 && draw_below(2) > 0;
    const bool has_parent = !has_origin && !has_right_origin;
    const bool has_key = has_parent && draw_below(4) == 0;
    lib0::Encoder encoder;
    encoder.write_u8(
        static_cast<std::uint8_t>((is_type ? type_kind : string_kind) | (has_origin ? 0x80U : 0U) |
                                  (has_right_origin ? 0x40U : 0U) | (has_key ? 0x20U : 0U)));
    if (has_origin) write_element(encoder);
    if (has_right_origin) write_element(encoder);
    if (has_parent) write_parent(encoder);
    if (has_key) encoder.write_var_string(draw_below(2) == 0 ? "k" : "l");
    if (is_type) {
      encoder.write_u8(text_type);
      types_.push_back({client.id, client.clock});
      ++client.clock;
      ++elements_;
      return encoder.take();
    }
    std::string text;
    for (std::size_t letters = 1 + draw_below(3); letters > 0; --letters) {
      text += static_cast<char>('a' + letter_++ % 26);
    }
    if (text.size() > 1) {
      lib0::Encoder front;
      front.write_bytes(encoder.view());
      front.write_var_string(text.substr(0, 1));
      beginning = front.take();
    }
    encoder.write_var_string(text);
    client.clock += text.size();
    elements_ += text.size();
    return encoder.take();
  }

  // Few at the front, so that many structs have the same origin.
  void write_element(lib0::Encoder& encoder) {
    const bool near_front = draw_below(2) == 0;
    std::size_t element = draw_below(near_front ? std::min<std::size_t>(elements_, 4) : elements_);
    for (const Client& client : clients_) {
      if (element < client.clock) {
        encoder.write_var_uint(client.id);
        encoder.write_var_uint(element);
        return;
      }
      element -= client.clock;
    }
  }

  // Mostly one of two roots, else a type among the elements.
  void write_parent(lib0::Encoder& encoder) {
    if (types_.empty() || draw_below(3) > 0) {
      encoder.write_u8(1);
      encoder.write_var_string(draw_below(4) == 0 ? "u" : "t");
      return;
    }
    const Id& type = types_[draw_below(types_.size())];
    encoder.write_u8(0);
    encoder.write_var_uint(type.client);
    encoder.write_var_uint(type.clock);
  }

  std::vector<Client> clients_;
  std::vector<Id> types_;
  std::size_t elements_ = 0;
  std::size_t letter_ = 0;
};

void take_in(Doc& doc, const Bytes& update) {
  const auto applied = doc.apply_update(update, UpdateLimits::none());
  if (!applied.ok()) RC_FAIL(applied.error().message());
  require_check(doc);
}

RC_GTEST_PROP(crdt_conflicts, any_origins_lead_to_the_same_place_with_an_index_and_without, ()) {
  Writers writers;
  const bool gc = *rc::gen::arbitrary<bool>();
  Doc walking(DocOptions{.gc = gc, .conflict_steps_per_item = never});
  Doc indexed(DocOptions{.gc = gc, .conflict_steps_per_item = 0});
  Doc late(DocOptions{.gc = gc, .conflict_steps_per_item = 1});
  for (std::size_t steps = 1 + draw_below(80); steps > 0; --steps) {
    const auto updates = draw_below(8) == 0 ? std::vector<Bytes>{writers.erase()} : writers.write();
    for (const Bytes& update : updates) {
      take_in(walking, update);
      take_in(indexed, update);
      take_in(late, update);
    }
    RC_ASSERT(known(indexed) == known(walking));
    RC_ASSERT(known(late) == known(walking));
  }
}

// All that an author may do, with indexes that come at once and with such that never come.
RC_GTEST_PROP(crdt_conflicts, an_index_changes_nothing_for_honest_authors, ()) {
  const bool formats = *rc::gen::arbitrary<bool>();
  const bool crowded = *rc::gen::arbitrary<bool>();
  const std::vector<Bytes> updates = shuffled_with_repetitions(
      draw_history({.formats = formats, .crowded = crowded, .steps_max = 60}));
  const bool gc = *rc::gen::arbitrary<bool>();
  Doc walking(DocOptions{.gc = gc, .conflict_steps_per_item = never});
  Doc indexed(DocOptions{.gc = gc, .conflict_steps_per_item = 0});
  for (const Bytes& update : updates) {
    apply_all(walking, {update});
    apply_all(indexed, {update});
    RC_ASSERT(known(indexed) == known(walking));
  }
}

}  // namespace
}  // namespace syncline::crdt
