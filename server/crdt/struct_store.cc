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
  if (item.ascii()) return rest.first(item.length());
  return rest.first(content_size(item.kind(), rest, item.length()));
}

BytesView StructStore::content(const Item& item) const {
  BytesView bytes = stored(item);
  if (item.kind() != StructKind::binary) return bytes;
  lib0::Decoder decoder(bytes);
  const bool read = decoder.take_var_bytes(bytes);
  SYNCLINE_ASSERT(read);
  return bytes;
}

void StructStore::append_bytes(ItemIndex index, BytesView content) {
  Item& item = items[index];
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

void StructStore::reserve(ClientSlot slot, std::size_t bytes) {
  Bytes& arena = clients_[slot].arena;
  const std::size_t wanted = arena.size() + bytes;
  if (wanted > arena.capacity()) arena.reserve(std::max(wanted, 2 * arena.capacity()));
}

void StructStore::store_content(ItemIndex index, BytesView content) {
  Item& item = items[index];
  const ClientStructs& client = clients_[item.client()];
  if (item.kind() == StructKind::type || item.kind() == StructKind::deleted) return;
  item.set_detached(client.structs.empty() || client.structs.back() != client.tail);
  append_bytes(index, content);
}

void StructStore::move_content(ItemIndex index, BytesView content) {
  items[index].set_detached(true);
  append_bytes(index, content);
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
  const BytesView content = stored(item);
  const Clock kept = item.length() - length;
  bool cuts_pair = false;
  const std::size_t at = content_offset(item.kind(), content, item.length(), kept, cuts_pair);
  if (cuts_pair) return false;
  if (client.tail == index) {
    client.arena.resize(client.arena.size() - (content.size() - at));
    arena_bytes_ -= content.size() - at;
  } else {
    client.garbage += content.size() - at;
  }
  item.set_length(kept);
  item.set_ascii(at == kept);
  return true;
}

bool StructStore::cut_front(ItemIndex index, Clock length) {
  Item& item = items[index];
  const BytesView content = stored(item);
  bool cuts_pair = false;
  const std::size_t at = content_offset(item.kind(), content, item.length(), length, cuts_pair);
  if (cuts_pair) return false;
  clients_[item.client()].garbage += at;
  item.set_content_at(item.content_at() + static_cast<std::uint32_t>(at));
  item.set_clock(item.clock() + length);
  item.set_length(item.length() - length);
  item.set_ascii(content.size() - at == item.length());
  item.set_detached(true);
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
  if (right.detached()) {
    // Only after a surrogate pair was cut do neighbours lie apart.
    Bytes both = to_bytes(content(left));
    const BytesView rest = content(right);
    both.insert(both.end(), rest.begin(), rest.end());
    client.garbage += both.size();
    left.set_length(left.length() + right.length());
    if (left.end() < client.state) items[find(left.client(), left.end())].set_detached(true);
    return move_content(left_index, both);
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
  const BytesView content = stored(left);
  right.set_clock(left.clock() + offset);
  right.set_length(whole - offset);
  left.set_length(offset);
  if (content.empty()) return;
  bool cuts_pair = false;
  const std::size_t at = content_offset(left.kind(), content, whole, offset, cuts_pair);
  ClientStructs& client = clients_[left.client()];
  if (client.tail == left_index) client.tail = right_index;
  right.set_detached(cuts_pair);
  const bool string = left.kind() == StructKind::string;
  if (!cuts_pair) {
    right.set_content_at(left.content_at() + static_cast<std::uint32_t>(at));
    left.set_ascii(string && at == left.length());
    right.set_ascii(string && content.size() - at == right.length());
    return;
  }
  // Both halves of the pair become replacement characters. The right one fits into the four bytes
  // of the pair; the left part has to move.
  Bytes moved = to_bytes(content.first(at));
  const BytesView replacement = as_bytes(replacement_character);
  moved.insert(moved.end(), replacement.begin(), replacement.end());
  std::copy(replacement.begin(), replacement.end(),
            client.arena.begin() + left.content_at() + static_cast<std::ptrdiff_t>(at) + 1);
  right.set_content_at(left.content_at() + static_cast<std::uint32_t>(at) + 1);
  client.garbage += at + 1;
  move_content(left_index, moved);
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
    item.set_detached(false);
    kept.insert(kept.end(), bytes.begin(), bytes.end());
    client.tail = index;
  });
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
