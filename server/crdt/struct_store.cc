#include "server/crdt/struct_store.h"

#include <algorithm>

#include "server/base/assert.h"
#include "server/lib0/decoder.h"
#include "server/lib0/encoder.h"

namespace syncline::crdt {

ClientSlot StructStore::look_up(ClientId client) const {
  const auto found = slots_.find(client);
  if (found == slots_.end()) return none;
  last_client_ = client;
  return last_slot_ = found->second;
}

ClientSlot StructStore::slot(ClientId client) {
  if (const ClientSlot known = find_slot(client); known != none) return known;
  const auto slot = static_cast<ClientSlot>(clients_.size());
  slots_.emplace(client, slot);
  SYNCLINE_ASSERT(clients_.size() < Item::clients_max);
  clients_.emplace_back().id = client;
  descending_.push_back(slot);
  return slot;
}

void StructStore::sort_new_clients() const {
  const auto higher = [this](ClientSlot a, ClientSlot b) {
    return clients_[a].id > clients_[b].id;
  };
  const auto added = descending_.begin() + static_cast<std::ptrdiff_t>(sorted_);
  std::sort(added, descending_.end(), higher);
  std::inplace_merge(descending_.begin(), added, descending_.end(), higher);
  sorted_ = descending_.size();
}

Clock StructStore::state(ClientId client) const {
  const ClientSlot slot = find_slot(client);
  return slot == none ? 0 : clients_[slot].state;
}

BytesView StructStore::stored(const Item& item) const {
  if (item.is_gc() || item.kind() == StructKind::deleted || item.kind() == StructKind::type) {
    return {};
  }
  const BytesView rest = BytesView(clients_[item.client()].arena).subspan(item.content_at());
  // Whoever wants all of it reads all of it: no marks are needed.
  if (item.ascii()) return rest.first(item.length());
  return rest.first(content_size(item.kind(), rest, item.length()));
}

namespace {

// Every so many elements of a long run are marked.
Clock marked_every(StructKind kind) { return kind == StructKind::string ? 256 : 64; }

bool has_lost_half(BytesView text) {
  return as_text(text).find(lost_half[0]) != std::string_view::npos;
}

}  // namespace

std::size_t StructStore::offset_in(const Item& item, Clock index, bool& cuts_pair) const {
  cuts_pair = false;
  if (index == 0) return 0;
  if (item.ascii()) return static_cast<std::size_t>(index);
  const StructKind kind = item.kind();
  const BytesView rest = BytesView(clients_[item.client()].arena).subspan(item.content_at());
  if (kind != StructKind::string && kind != StructKind::any && kind != StructKind::json) {
    return content_size(kind, rest, index);
  }
  const Clock every = marked_every(kind);
  if (item.length() <= 2 * every) return elements_size(kind, rest, index, cuts_pair);
  const Clock wanted = item.clock() + index;
  Clock clock = item.clock();
  std::size_t at = 0;
  const auto after = marks_.upper_bound({item.client(), std::min(wanted, item.end() - 1)});
  if (after != marks_.begin()) {
    const auto& [place, mark] = *std::prev(after);
    if (place.first == item.client() && place.second > clock) {
      clock = place.second;
      at = mark - item.content_at();
    }
  }
  while (wanted - clock > every) {
    at += elements_size(kind, rest.subspan(at), every, cuts_pair);
    clock += every;
    if (cuts_pair) {
      at += 4;  // The whole pair.
      ++clock;
    }
    marks_.emplace_hint(after, std::pair(item.client(), clock),
                        static_cast<std::uint32_t>(item.content_at() + at));
  }
  return at + elements_size(kind, rest.subspan(at), wanted - clock, cuts_pair);
}

BytesView StructStore::content(const Item& item) const {
  BytesView bytes = stored(item);
  if (item.kind() == StructKind::string && !item.ascii() && has_lost_half(bytes)) {
    expanded_.clear();
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      if (std::to_integer<char>(bytes[at]) != lost_half[0]) {
        expanded_.push_back(bytes[at]);
        continue;
      }
      const BytesView character = as_bytes(replacement_character);
      expanded_.insert(expanded_.end(), character.begin(), character.end());
      at += lost_half.size() - 1;
    }
    return expanded_;
  }
  if (item.kind() != StructKind::binary) return bytes;
  lib0::Decoder decoder(bytes);
  const bool read = decoder.take_var_bytes(bytes);
  SYNCLINE_ASSERT(read);
  return bytes;
}

void StructStore::reserve(ClientSlot slot, std::size_t bytes) {
  Bytes& arena = clients_[slot].arena;
  const std::size_t wanted = arena.size() + bytes;
  if (wanted > arena.capacity()) arena.reserve(std::max(wanted, 2 * arena.capacity()));
}

void StructStore::store_content(ItemIndex index, BytesView content) {
  Item& item = items[index];
  if (item.kind() == StructKind::type || item.kind() == StructKind::deleted) return;
  ClientStructs& client = clients_[item.client()];
  const std::size_t before = client.arena.size();
  item.set_content_at(static_cast<std::uint32_t>(before));
  item.set_ascii(item.kind() == StructKind::string && content.size() == item.length());
  if (item.kind() == StructKind::binary) {
    lib0::Encoder encoder;
    encoder.write_var_bytes(content);
    client.arena.insert(client.arena.end(), encoder.view().begin(), encoder.view().end());
  } else {
    client.arena.insert(client.arena.end(), content.begin(), content.end());
  }
  client.tail = index;
  arena_bytes_ += client.arena.size() - before;
}

void StructStore::extend_content(ItemIndex index, std::string_view text, Clock length) {
  Item& item = items[index];
  Bytes& arena = clients_[item.client()].arena;
  const BytesView bytes = as_bytes(text);
  arena.insert(arena.end(), bytes.begin(), bytes.end());
  arena_bytes_ += bytes.size();
  item.set_ascii(item.ascii() && bytes.size() == length);
  item.set_length(item.length() + length);
}

bool StructStore::cut_back(ItemIndex index, Clock length) {
  Item& item = items[index];
  ClientStructs& client = clients_[item.client()];
  const Clock kept = item.length() - length;
  bool cuts_pair = false;
  const std::size_t size = offset_in(item, item.length(), cuts_pair);
  const std::size_t at = offset_in(item, kept, cuts_pair);
  if (cuts_pair) return false;
  if (client.tail == index) {
    client.arena.resize(client.arena.size() - (size - at));
    arena_bytes_ -= size - at;
  } else {
    client.garbage += size - at;
  }
  item.set_length(kept);
  item.set_ascii(at == kept);
  return true;
}

bool StructStore::cut_front(ItemIndex index, Clock length) {
  Item& item = items[index];
  bool cuts_pair = false;
  const std::size_t size = offset_in(item, item.length(), cuts_pair);
  const std::size_t at = offset_in(item, length, cuts_pair);
  if (cuts_pair) return false;
  clients_[item.client()].garbage += at;
  item.set_content_at(item.content_at() + static_cast<std::uint32_t>(at));
  item.set_clock(item.clock() + length);
  item.set_length(item.length() - length);
  item.set_ascii(size - at == item.length());
  return true;
}

void StructStore::drop_content(ItemIndex index) {
  Item& item = items[index];
  ClientStructs& client = clients_[item.client()];
  client.garbage += stored(item).size();
  if (client.tail == index) client.tail = none;
  item.set_content_at(0);
  item.set_ascii(false);
}

void StructStore::join(ItemIndex left_index, ItemIndex right_index) {
  Item& left = items[left_index];
  const Item& right = items[right_index];
  ClientStructs& client = clients_[left.client()];
  if (right.kind() == StructKind::deleted || right.is_gc()) {
    left.set_length(left.length() + right.length());
    return;
  }
  left.set_length(left.length() + right.length());
  left.set_ascii(left.ascii() && right.ascii());
  if (client.tail == right_index) client.tail = left_index;
}

void StructStore::split(ItemIndex left_index, ItemIndex right_index, Clock offset) {
  Item& left = items[left_index];
  Item& right = items[right_index];
  const Clock whole = left.length();
  SYNCLINE_ASSERT(offset > 0 && offset < whole, offset, whole);
  const bool has_content = left.kind() != StructKind::deleted;
  bool cuts_pair = false;
  const std::size_t size = has_content ? offset_in(left, whole, cuts_pair) : 0;
  std::size_t at = has_content ? offset_in(left, offset, cuts_pair) : 0;
  right.set_clock(left.clock() + offset);
  right.set_length(whole - offset);
  left.set_length(offset);
  if (!has_content) return;
  ClientStructs& client = clients_[left.client()];
  if (client.tail == left_index) client.tail = right_index;
  if (cuts_pair) {
    // Each half becomes a replacement character.
    const BytesView half = as_bytes(lost_half);
    const auto pair = client.arena.begin() + left.content_at() + static_cast<std::ptrdiff_t>(at);
    std::copy(half.begin(), half.end(), std::copy(half.begin(), half.end(), pair));
    at += half.size();
  }
  const bool string = left.kind() == StructKind::string;
  right.set_content_at(left.content_at() + static_cast<std::uint32_t>(at));
  left.set_ascii(string && at == left.length());
  right.set_ascii(string && size - at == right.length());
}

void StructStore::compact(ClientSlot slot) {
  constexpr std::size_t worth_it = 4096;
  ClientStructs& client = clients_[slot];
  if (client.garbage < worth_it || client.garbage * 2 < client.arena.size()) return;
  Bytes kept;
  kept.reserve(client.arena.size() - client.garbage);
  client.tail = none;
  client.structs.for_each([&](ItemIndex index) {
    Item& item = items[index];
    const BytesView bytes = stored(item);
    if (bytes.empty()) return;
    item.set_content_at(static_cast<std::uint32_t>(kept.size()));
    kept.insert(kept.end(), bytes.begin(), bytes.end());
    client.tail = index;
  });
  marks_.erase(marks_.lower_bound({slot, 0}), marks_.lower_bound({slot + 1, 0}));
  arena_bytes_ -= client.arena.size() - kept.size();
  client.arena = std::move(kept);
  client.garbage = 0;
}

void StructStore::shrink() {
  constexpr std::size_t worth_it = 4096;
  for (ClientStructs& client : clients_) {
    const std::size_t size = client.arena.size();
    const std::size_t spare = client.arena.capacity() - size;
    if (spare >= std::max(worth_it, size / 8)) client.arena.shrink_to_fit();
  }
}

}  // namespace syncline::crdt
