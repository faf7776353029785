// What waits for structs that have not come.

#include <initializer_list>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "server/crdt/doc.h"
#include "server/crdt/text.h"
#include "server/lib0/encoder.h"
#include "tests/unit/crdt/update_builder.h"

namespace syncline::crdt {
namespace {

Bytes whole(const Doc& doc) { return doc.encode_state_as_update(empty_state_vector()).value(); }

void write_numbers(lib0::Encoder& out, std::initializer_list<std::uint64_t> numbers) {
  for (const std::uint64_t number : numbers) out.write_var_uint(number);
}

// An update of one string, made after `origin`.
Bytes text_after(const Id& origin, const Id& id, std::string_view text) {
  lib0::Encoder out;
  write_numbers(out, {1, 1, id.client, id.clock});
  out.write_u8(0x84);
  write_numbers(out, {origin.client, origin.clock});
  out.write_var_string(text);
  out.write_u8(0);
  return out.take();
}

Bytes gc(const Id& id, Clock length) {
  lib0::Encoder out;
  write_numbers(out, {1, 1, id.client, id.clock, 0, length, 0});
  return out.take();
}

// One letter of a client that nobody else refers to, and deletions of what has not come.
Bytes letter_and_deletes(ClientId client, ClientId of, std::uint64_t ranges) {
  lib0::Encoder out;
  write_numbers(out, {1, 1, client, 0});
  out.write_u8(4);
  out.write_u8(1);
  out.write_var_string("t");
  out.write_var_string("x");
  write_numbers(out, {1, of, ranges});
  for (std::uint64_t i = 0; i < ranges; ++i) write_numbers(out, {2 * i, 1});
  return out.take();
}

TEST(pending, that_was_cut_is_nothing_new_when_it_comes_again) {
  // The pair of surrogates is cut as well.
  for (const std::string_view text : {"abcdef", "ab\U0001F600ef"}) {
    Doc doc;
    ASSERT_TRUE(doc.apply_update(text_after({9, 0}, {5, 2}, text))->changed);
    ASSERT_TRUE(doc.apply_update(text_after({9, 0}, {5, 1}, "xyzz"))->changed);
    const Bytes state = whole(doc);
    EXPECT_FALSE(doc.apply_update(state)->changed);
    EXPECT_EQ(to_hex(whole(doc)), to_hex(state));
    const auto checked = doc.check();
    EXPECT_TRUE(checked.ok()) << checked.error().detail;
  }
}

// yjs, too, looks at what waits when it is given the next update.
TEST(pending, goes_on_with_the_update_after_a_local_edit) {
  Doc doc({.client_id = 1});
  ASSERT_TRUE(doc.apply_update(text_after({1, 0}, {5, 0}, "b"))->pending);
  ASSERT_TRUE(doc.apply_update(from_hex("00 01 01 01 00 01"))->pending);
  ASSERT_TRUE(doc.text("t").insert(0, "a").ok());
  EXPECT_TRUE(doc.check().ok());
  const auto applied = doc.apply_update(from_hex("01 01 06 00 04 01 01 75 01 71 00"));
  ASSERT_TRUE(applied.ok());
  EXPECT_FALSE(applied->pending);
  EXPECT_EQ(doc.text_of("t"), "b");
  EXPECT_TRUE(doc.check().ok());
}

// A client that has collected says so before it is known what others' word of it refers to.
TEST(pending, waits_behind_what_is_known_until_that_can_be_understood) {
  Doc doc;
  ASSERT_TRUE(doc.apply_update(gc({5, 0}, 2)).ok());
  ASSERT_TRUE(doc.apply_update(text_after({7, 0}, {5, 0}, "ab"))->pending);
  const auto applied = doc.apply_update(from_hex("01 01 07 00 04 01 01 74 01 63 00"));
  ASSERT_TRUE(applied.ok());
  EXPECT_FALSE(applied->pending);
  EXPECT_TRUE(doc.check().ok());
}

TEST(pending, is_bounded_when_large_structs_replace_small_ones) {
  Doc doc({.pending_bytes_max = std::size_t{1} << 20});
  const std::string large(100'000, 'x');
  std::size_t refused = 0;
  for (ClientId client = 1; client <= 30; ++client) {
    ASSERT_TRUE(doc.apply_update(gc({client, 1}, 1)).ok());
    const auto applied = doc.apply_update(text_after({99, 0}, {client, 1}, large));
    if (applied.ok()) continue;
    EXPECT_EQ(applied.error().code, ErrorCode::too_many_pending);
    ++refused;
  }
  EXPECT_GT(refused, 10u);
  EXPECT_LT(doc.memory_bytes(), std::size_t{2} << 20);
}

TEST(pending, deletes_are_bounded_beside_what_is_good) {
  constexpr std::size_t max = std::size_t{1} << 20;
  Doc doc({.pending_bytes_max = max});
  std::size_t taken = 0;
  Result<ApplyOutcome> last = ApplyOutcome{};
  for (ClientId client = 1; client <= 100 && last.ok(); ++client) {
    last = doc.apply_update(letter_and_deletes(client, 1000 + client, 1000));
    taken += last.ok() ? 1 : 0;
  }
  ASSERT_FALSE(last.ok());
  EXPECT_EQ(last.error().code, ErrorCode::too_many_pending);
  EXPECT_GT(taken * 1000 * sizeof(IdRange), max / 2);
  EXPECT_LT(doc.memory_bytes(), 3 * max);
}

// A whole document may delete more in itself than may wait.
TEST(pending, deletes_of_what_comes_with_them_do_not_wait) {
  lib0::Encoder out;
  constexpr std::uint64_t ranges = 10'000;
  write_numbers(out, {1, 1, 7, 0});
  out.write_u8(4);
  out.write_u8(1);
  out.write_var_string("t");
  out.write_var_string(std::string(2 * ranges, 'x'));
  write_numbers(out, {1, 7, ranges});
  for (std::uint64_t i = 0; i < ranges; ++i) write_numbers(out, {2 * i, 1});
  Doc doc({.pending_bytes_max = 1000});
  const auto applied = doc.apply_update(out.take());
  ASSERT_TRUE(applied.ok()) << applied.error().detail;
  EXPECT_FALSE(applied->pending);
  EXPECT_EQ(doc.text_of("t").size(), ranges);
}

}  // namespace
}  // namespace syncline::crdt
