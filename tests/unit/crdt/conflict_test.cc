// Much that was made for one place at once: what is there must not be looked at by each that comes.
// (Nothing here measures time. Walks over what conflicts would take minutes.)

#include <cstdint>
#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "server/crdt/doc.h"
#include "server/crdt/text.h"
#include "server/lib0/encoder.h"

namespace syncline::crdt {
namespace {

constexpr std::uint8_t string_struct = 4;
constexpr std::uint8_t with_origin = 0x80;
constexpr std::uint8_t with_right_origin = 0x40;

struct Element {
  ClientId client;
  Clock clock;
};

// An update that holds nothing but strings, each of another client.
class Strings {
 public:
  explicit Strings(std::uint64_t count) { encoder_.write_var_uint(count); }

  void add(ClientId client, std::string_view text) {
    begin(client, 0);
    encoder_.write_u8(1);
    encoder_.write_var_string("t");
    encoder_.write_var_string(text);
  }
  void add_after(ClientId client, Element origin, std::string_view text) {
    begin(client, with_origin);
    write(origin);
    encoder_.write_var_string(text);
  }
  void add_between(ClientId client, Element origin, Element right_origin, std::string_view text) {
    begin(client, with_origin | with_right_origin);
    write(origin);
    write(right_origin);
    encoder_.write_var_string(text);
  }

  Bytes take() {
    encoder_.write_u8(0);
    return encoder_.take();
  }

 private:
  void begin(ClientId client, std::uint8_t info) {
    encoder_.write_var_uint(1);
    encoder_.write_var_uint(client);
    encoder_.write_var_uint(0);
    encoder_.write_u8(string_struct | info);
  }
  void write(Element element) {
    encoder_.write_var_uint(element.client);
    encoder_.write_var_uint(element.clock);
  }

  lib0::Encoder encoder_;
};

void take_in(Doc& doc, const Bytes& update) {
  ASSERT_TRUE(doc.apply_update(update, UpdateLimits::none()).ok());
}

// Each goes behind all that are there, which would be 2 * 10^10 steps.
TEST(conflicts, a_crowd_that_wrote_at_one_place_comes_one_by_one) {
  constexpr ClientId clients = 200'000;
  Doc doc;
  std::string expected;
  for (ClientId client = 1; client <= clients; ++client) {
    const std::string text(1, static_cast<char>('a' + client % 26));
    Strings update(1);
    update.add(client, text);
    take_in(doc, update.take());
    expected += text;
  }
  EXPECT_EQ(doc.text_of("t"), expected);
  EXPECT_TRUE(doc.check().ok());
}

// Each of these was made before another element of a run, and after the same.
TEST(conflicts, one_origin_and_as_many_right_origins) {
  constexpr ClientId clients = 100'000;
  Doc doc;
  Strings run(1);
  run.add(clients + 1, std::string(clients + 1, '.'));
  take_in(doc, run.take());
  Strings update(clients);
  for (ClientId client = clients; client >= 1; --client) {
    update.add_between(client, {clients + 1, 0}, {clients + 1, clients + 1 - client}, "x");
  }
  take_in(doc, update.take());
  EXPECT_EQ(doc.text_of("t"), "." + std::string(clients, 'x') + std::string(clients, '.'));
  EXPECT_TRUE(doc.check().ok());
}

// Origins that nobody honest would claim: siblings that stand among what hangs on the one before.
void write_among_offspring(Doc& doc, ClientId siblings) {
  Strings update(1);
  update.add(1, "o");
  take_in(doc, update.take());
  for (ClientId i = 1; i <= siblings; ++i) {
    Strings sibling(1);
    const std::string text(1, static_cast<char>('a' + i % 26));
    if (i == 1) {
      sibling.add_after(2 * i, {1, 0}, text);
    } else {
      sibling.add_between(2 * i, {1, 0}, {2 * i - 1, 0}, text);
    }
    take_in(doc, sibling.take());
    Strings child(1);
    child.add_after(2 * i + 1, {2 * i, 0}, "-");
    take_in(doc, child.take());
  }
}

TEST(conflicts, siblings_that_stand_among_each_others_offspring) {
  Doc walking(DocOptions{.conflict_steps_per_item = std::numeric_limits<std::size_t>::max()});
  Doc indexed(DocOptions{.conflict_steps_per_item = 0});
  write_among_offspring(walking, 200);
  write_among_offspring(indexed, 200);
  EXPECT_EQ(indexed.text_of("t"), walking.text_of("t"));
  Doc doc;
  write_among_offspring(doc, 50'000);
  EXPECT_EQ(doc.text_of("t").size(), 100'001u);
  EXPECT_TRUE(doc.check().ok());
}

// A crowd; and then somebody deletes all of it, and what was the index's is given back.
TEST(conflicts, an_index_goes_with_what_it_was_for) {
  constexpr ClientId clients = 2'000;
  Doc doc(DocOptions{.conflict_steps_per_item = 0});
  Strings run(1);
  run.add(1, std::string(clients, '.'));
  take_in(doc, run.take());
  const std::size_t before = doc.memory_bytes();
  lib0::Encoder cuts;  // Every other element.
  for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1}}) {
    cuts.write_var_uint(number);
  }
  cuts.write_var_uint(clients / 2);
  for (Clock clock = 0; clock < clients; clock += 2) {
    cuts.write_var_uint(clock);
    cuts.write_var_uint(1);
  }
  take_in(doc, cuts.take());
  for (ClientId client = 2; client < 5; ++client) {  // Conflicts.
    Strings update(1);
    update.add(client, "x");
    take_in(doc, update.take());
  }
  const std::size_t indexed = doc.memory_bytes();
  EXPECT_GT(indexed, before + clients * 200);
  lib0::Encoder rest;
  for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1},
                                     std::uint64_t{1}, std::uint64_t{0}, clients}) {
    rest.write_var_uint(number);
  }
  take_in(doc, rest.take());
  EXPECT_EQ(doc.text_of("t"), "xxx");
  EXPECT_EQ(doc.struct_count(), 4u);
  EXPECT_LT(doc.memory_bytes(), before + 2'000);
  EXPECT_TRUE(doc.check().ok());
}

// A list that was short when something first conflicted, and is long now: a few more conflicts are
// no reason to index all of it.
TEST(conflicts, what_was_counted_of_a_short_list_does_not_hold_for_a_long_one) {
  constexpr ClientId few = 40;
  Doc doc;
  for (ClientId client = 1; client <= few; ++client) {
    Strings update(1);
    update.add(client, "x");
    take_in(doc, update.take());
  }
  for (ClientId client = few + 1; client <= 20'000; ++client) {  // Nothing conflicts with these.
    Strings update(1);
    update.add_after(client, {client - 1, 0}, "y");
    take_in(doc, update.take());
  }
  const std::size_t before = doc.memory_bytes();
  for (ClientId client = 20'001; client <= 20'200; ++client) {
    Strings update(1);
    update.add_between(client, {few - 30, 0}, {few, 0}, "z");
    take_in(doc, update.take());
  }
  EXPECT_LT(doc.memory_bytes(), before + 200 * 400);
  EXPECT_TRUE(doc.check().ok());
}

TEST(conflicts, a_key_that_everybody_set) {
  constexpr ClientId clients = 200'000;
  Doc doc;
  for (ClientId client = 1; client <= clients; ++client) {
    lib0::Encoder encoder;
    for (const std::uint64_t number : {std::uint64_t{1}, std::uint64_t{1}, client}) {
      encoder.write_var_uint(number);
    }
    encoder.write_var_uint(0);
    encoder.write_u8(0x20 | string_struct);
    encoder.write_u8(1);
    encoder.write_var_string("m");
    encoder.write_var_string("key");
    encoder.write_var_string("v");
    encoder.write_u8(0);
    take_in(doc, encoder.take());
  }
  EXPECT_EQ(doc.struct_count(), clients);
  EXPECT_TRUE(doc.check().ok());
}

}  // namespace
}  // namespace syncline::crdt
