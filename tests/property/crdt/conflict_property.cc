// Structs go where a walk over what conflicts with them ends, with an index of it or without,
// whatever origins they claim: also such that no client would ever write.

#include <limits>
#include <string>

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

// Clients that write into one list, and what each has written.
class Writers {
 public:
  Writers() {
    const std::size_t count = 1 + draw_below(12);
    for (std::size_t i = 0; i < count; ++i) clients_.push_back({3 + (i * 7) % 13, 0});
  }

  // A string of one to three letters between any two elements, in this order or not; now and then
  // the value of a key instead.
  Bytes write() {
    Client& client = clients_[draw_below(clients_.size())];
    const bool has_origin = elements_ > 0 && draw_below(5) > 0;
    const bool has_right_origin = elements_ > 0 && draw_below(2) > 0;
    lib0::Encoder encoder;
    for (const std::uint64_t number :
         {std::uint64_t{1}, std::uint64_t{1}, client.id, client.clock}) {
      encoder.write_var_uint(number);
    }
    const std::uint8_t info = 4U | (has_origin ? 0x80U : 0U) | (has_right_origin ? 0x40U : 0U);
    encoder.write_u8(info);
    if (has_origin) write_element(encoder);
    if (has_right_origin) write_element(encoder);
    if (!has_origin && !has_right_origin) {
      encoder.write_u8(1);
      encoder.write_var_string("t");
    }
    std::string text;
    for (std::size_t letters = 1 + draw_below(3); letters > 0; --letters) {
      text += static_cast<char>('a' + letter_++ % 26);
    }
    encoder.write_var_string(text);
    encoder.write_u8(0);
    client.clock += text.size();
    elements_ += text.size();
    return encoder.take();
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

  // Few at the list's front, so that many structs have the same origin.
  void write_element(lib0::Encoder& encoder) {
    std::size_t element =
        draw_below(draw_below(2) == 0 ? std::min<std::size_t>(elements_, 4) : elements_);
    for (const Client& client : clients_) {
      if (element < client.clock) {
        encoder.write_var_uint(client.id);
        encoder.write_var_uint(element);
        return;
      }
      element -= client.clock;
    }
  }

  std::vector<Client> clients_;
  std::size_t elements_ = 0;
  std::size_t letter_ = 0;
};

RC_GTEST_PROP(crdt_conflicts, any_origins_lead_to_the_same_place_with_an_index_and_without, ()) {
  Writers writers;
  Doc walking(DocOptions{.conflict_steps_per_item = never});
  Doc indexed(DocOptions{.conflict_steps_per_item = 0});
  Doc late(DocOptions{.conflict_steps_per_item = 1 + draw_below(4)});
  for (std::size_t steps = 1 + draw_below(80); steps > 0; --steps) {
    const Bytes update = draw_below(8) == 0 ? writers.erase() : writers.write();
    apply_all(walking, {update});
    apply_all(indexed, {update});
    apply_all(late, {update});
    RC_ASSERT(indexed.text_of("t") == walking.text_of("t"));
    RC_ASSERT(late.text_of("t") == walking.text_of("t"));
  }
  RC_ASSERT(known(indexed) == known(walking));
}

// All that an author may do, with indexes that come at once and with such that never come.
RC_GTEST_PROP(crdt_conflicts, an_index_changes_nothing_for_honest_authors, ()) {
  const bool formats = *rc::gen::arbitrary<bool>();
  const std::vector<Bytes> updates = shuffled_with_repetitions(
      draw_history({.formats = formats, .crowded = true, .steps_max = 60}));
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
