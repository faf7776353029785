#include "tests/bench/crdt/histories.h"

#include <algorithm>
#include <array>
#include <random>
#include <string>

#include "server/crdt/content.h"
#include "server/crdt/item.h"
#include "server/lib0/encoder.h"

namespace syncline::bench {
namespace {

using lib0::Encoder;

constexpr std::uint32_t nothing = Made::nothing;

// The same numbers on every machine: the engine's own output is defined, its results are not used.
std::size_t below(std::mt19937_64& random, std::size_t bound) { return random() % bound; }

// `clients` take turns at the end of one text.
GrownHistory grow_turns(std::size_t count, std::size_t clients) {
  GrownHistory history;
  for (std::uint32_t i = 0; i < count; ++i) {
    history.structs.push_back({.client = static_cast<std::uint32_t>(i % clients),
                               .clock = static_cast<std::uint32_t>(i / clients),
                               .origin = i == 0 ? nothing : i - 1});
  }
  return history;
}

GrownHistory grow_turns_of_two(std::size_t count) { return grow_turns(count, 2); }

GrownHistory grow_turns_of_many(std::size_t count) { return grow_turns(count, count / 10); }

// One client types a letter here and a letter there.
GrownHistory grow_scattered(std::size_t count) {
  std::mt19937_64 random(1);
  GrownHistory history;
  std::vector<std::uint32_t> right_of;  // By place in the history: who stands to the right.
  for (std::uint32_t i = 0; i < count; ++i) {
    Made made{.client = 0, .clock = i};
    if (i > 0) {
      made.origin = static_cast<std::uint32_t>(below(random, i));
      made.right_origin = right_of[made.origin];
      right_of[made.origin] = i;
    }
    right_of.push_back(made.right_origin);
    history.structs.push_back(made);
  }
  return history;
}

// One client types a long text in one go; then single letters are deleted, in no order.
GrownHistory grow_deleted(std::size_t count) {
  std::mt19937_64 random(2);
  GrownHistory history;
  history.structs.push_back({.length = static_cast<std::uint32_t>(2 * count)});
  for (std::size_t i = 0; i < count / 2; ++i) history.deletes.push_back({0, i * 4 + 1, 1});
  std::shuffle(history.deletes.begin(), history.deletes.end(), random);
  return history;
}

// One client sets the keys of a map, ten times each on average.
GrownHistory grow_map(std::size_t count) {
  std::mt19937_64 random(3);
  GrownHistory history;
  std::vector<std::uint32_t> newest(count / 10, nothing);
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto key = static_cast<std::uint32_t>(below(random, newest.size()));
    history.structs.push_back({.client = 0, .clock = i, .origin = newest[key], .key = key});
    newest[key] = i;
  }
  return history;
}

// As many clients as structs write at the start of an empty text at once, none knowing of another.
GrownHistory grow_crowd(std::size_t count) {
  GrownHistory history;
  for (std::uint32_t i = 0; i < count; ++i) history.structs.push_back({.client = i});
  return history;
}

constexpr auto shapes = std::to_array<Shape>({
    {"turns", grow_turns_of_two},
    {"scattered", grow_scattered},
    {"deleted", grow_deleted},
    {"clients", grow_turns_of_many},
    {"map", grow_map},
    {"crowd", grow_crowd, crdt::Item::clients_max - 1},
});

void write_struct(Encoder& out, const GrownHistory& history, const Made& made) {
  const bool has_origin = made.origin != nothing;
  const bool has_right_origin = made.right_origin != nothing;
  const bool in_map = made.key != nothing;
  const auto kind = in_map ? crdt::StructKind::any : crdt::StructKind::string;
  out.write_u8(static_cast<std::uint8_t>(static_cast<unsigned>(kind) | (has_origin ? 0x80U : 0U) |
                                         (has_right_origin ? 0x40U : 0U) | (in_map ? 0x20U : 0U)));
  const auto write_id = [&](std::uint32_t place) {
    out.write_var_uint(history.structs[place].client);
    out.write_var_uint(history.structs[place].clock);
  };
  if (has_origin) write_id(made.origin);
  if (has_right_origin) write_id(made.right_origin);
  if (!has_origin && !has_right_origin) {
    out.write_u8(1);
    out.write_var_string(grown_root);
    if (in_map) out.write_var_string(std::to_string(made.key));
  }
  if (in_map) {
    constexpr std::uint8_t any_true = 120;
    out.write_var_uint(1);
    out.write_u8(any_true);
  } else {
    out.write_var_string(std::string(made.length, 'x'));
  }
}

void write_deletes(Encoder& out, std::span<const crdt::IdRange> deletes) {
  // All of one client.
  out.write_var_uint(deletes.empty() ? 0 : 1);
  if (deletes.empty()) return;
  out.write_var_uint(deletes[0].client);
  out.write_var_uint(deletes.size());
  std::vector<crdt::IdRange> sorted(deletes.begin(), deletes.end());
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return a.clock < b.clock; });
  for (const crdt::IdRange& range : sorted) {
    out.write_var_uint(range.clock);
    out.write_var_uint(range.length);
  }
}

// Structs of the history from `begin` to `end`, by client, highest first.
void write_update(Encoder& out, const GrownHistory& history, std::size_t begin, std::size_t end,
                  std::span<const crdt::IdRange> deletes) {
  std::vector<std::uint32_t> order;
  for (std::size_t i = begin; i < end; ++i) order.push_back(static_cast<std::uint32_t>(i));
  const auto client = [&](std::uint32_t place) { return history.structs[place].client; };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return client(a) > client(b); });
  std::size_t runs = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    runs += i == 0 || client(order[i]) != client(order[i - 1]) ? 1 : 0;
  }
  out.write_var_uint(runs);
  for (std::size_t i = 0; i < order.size();) {
    std::size_t last = i;
    while (last < order.size() && client(order[last]) == client(order[i])) ++last;
    out.write_var_uint(last - i);
    out.write_var_uint(client(order[i]));
    out.write_var_uint(history.structs[order[i]].clock);
    for (; i < last; ++i) write_struct(out, history, history.structs[order[i]]);
  }
  write_deletes(out, deletes);
}

}  // namespace

std::span<const Shape> all_shapes() { return shapes; }

Bytes encode_whole(const GrownHistory& history) {
  Encoder out;
  write_update(out, history, 0, history.structs.size(), history.deletes);
  return out.take();
}

std::vector<BytesView> EncodedParts::views() const {
  std::vector<BytesView> views;
  std::size_t begin = 0;
  for (const std::size_t end : ends) {
    views.push_back(BytesView(bytes).subspan(begin, end - begin));
    begin = end;
  }
  return views;
}

EncodedParts encode_parts(const GrownHistory& history, std::size_t parts) {
  Encoder out;
  EncodedParts encoded;
  const auto write_rows = [&](std::size_t rows, auto write) {
    const std::size_t size = (rows + parts - 1) / parts;
    for (std::size_t at = 0; at < rows; at += size) {
      write(at, std::min(at + size, rows));
      encoded.ends.push_back(out.size());
    }
  };
  write_rows(history.structs.size(), [&](std::size_t begin, std::size_t end) {
    write_update(out, history, begin, end, {});
  });
  write_rows(history.deletes.size(), [&](std::size_t begin, std::size_t end) {
    write_update(out, history, 0, 0, std::span(history.deletes).subspan(begin, end - begin));
  });
  encoded.bytes = out.take();
  return encoded;
}

Bytes half_state_vector(const GrownHistory& history) {
  std::vector<crdt::Clock> states;
  for (const Made& made : history.structs) {
    if (made.client >= states.size()) states.resize(made.client + 1);
    states[made.client] = std::max<crdt::Clock>(states[made.client], made.clock + made.length);
  }
  Encoder out;
  out.write_var_uint(states.size());
  for (std::size_t client = states.size(); client-- > 0;) {
    out.write_var_uint(client);
    out.write_var_uint(states[client] / 2);
  }
  return out.take();
}

}  // namespace syncline::bench
