// Much that was made for one place at once: what is there must not be looked at by each that comes.
// (Nothing here measures time. Walks over what conflicts would take minutes.)

#include <cstdint>
#include <string>

#include <gtest/gtest.h>

#include "server/crdt/doc.h"
#include "server/crdt/map.h"
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
  // Only the lowest, which was made right behind the first, is not among those that conflict with
  // the run.
  EXPECT_EQ(doc.text_of("t"), "." + std::string(clients, 'x') + std::string(clients, '.'));
  EXPECT_TRUE(doc.check().ok());
}

// Chains of origins through which nobody honest would write: siblings that stand among what hangs
// on the one before them.
TEST(conflicts, siblings_that_stand_among_each_others_offspring) {
  constexpr ClientId siblings = 50'000;
  Doc doc;
  Strings update(1);
  update.add(1, "o");
  take_in(doc, update.take());
  for (ClientId i = 1; i <= siblings; ++i) {
    // A sibling before what hangs on the last one; and then something that hangs on it.
    Strings sibling(1);
    if (i == 1) {
      sibling.add_after(2 * i, {1, 0}, "s");
    } else {
      sibling.add_between(2 * i, {1, 0}, {2 * i - 1, 0}, "s");
    }
    take_in(doc, sibling.take());
    Strings child(1);
    child.add_after(2 * i + 1, {2 * i, 0}, "c");
    take_in(doc, child.take());
  }
  EXPECT_EQ(doc.text_of("t").size(), 2 * siblings + 1);
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
