// Writing a document, or a part of it, as updates.

#include <algorithm>
#include <set>

#include "server/base/assert.h"
#include "server/crdt/doc_state.h"
#include "server/crdt/update_v1.h"
#include "server/crdt/update_v2.h"
#include "server/crdt/update_writer.h"

namespace syncline::crdt {
namespace {

using lib0::Encoder;

// A client's structs from the one that covers `clock` on.
struct Part {
  ClientSlot slot;
  Clock clock;
};

Clock known_clock(const StateVector& known, ClientId client) {
  const auto entry = known.find(client);
  return entry == known.end() ? 0 : entry->second;
}

// What somebody lacks, highest client first.
std::vector<Part> missing_parts(const StructStore& store, const StateVector& known) {
  std::vector<Part> parts;
  for (const ClientSlot slot : store.descending()) {
    const ClientStructs& client = store.client(slot);
    const Clock clock = known_clock(known, client.id);
    if (client.state > clock) parts.push_back({slot, clock});
  }
  return parts;
}

// A struct of the document, to be written.
class ItemView {
 public:
  ItemView(const DocState& doc, const Item& item)
      : doc_(doc), item_(item), chain_(item.is_gc() ? nullptr : &doc.chains[item.chain()]) {}

  StructKind kind() const { return item_.kind(); }
  Id id() const { return id_of(item_.client(), item_.clock()); }
  bool has_origin() const { return item_.has_origin(); }
  bool has_right_origin() const { return item_.has_right_origin(); }
  bool has_sub() const { return chain_->key != none; }
  Id origin() const { return id_of(item_.origin_client(), item_.origin_clock()); }
  Id right_origin() const { return id_of(item_.right_origin_client(), item_.right_origin_clock()); }
  bool parent_is_root() const { return parent().item == none; }
  std::string_view root() const { return doc_.name(parent().name); }
  Id parent_item() const {
    const Item& holder = doc_.store.items[parent().item];
    return id_of(holder.client(), holder.clock());
  }
  std::string_view sub() const { return doc_.name(chain_->key); }

  template <class Writer>
  void write_content(Writer& writer, Clock offset) const {
    if (item_.kind() == StructKind::type) {
      const Type& type = doc_.types[item_.type()];
      const bool named = has_name(type.kind);
      return writer.write_type(type.kind, named ? doc_.name(type.name) : std::string_view());
    }
    writer.write_content(item_.kind(), doc_.store.content(item_), item_.length(), offset);
  }

 private:
  Id id_of(ClientSlot client, Clock clock) const { return {doc_.store.client(client).id, clock}; }
  const Type& parent() const { return doc_.types[chain_->type]; }

  const DocState& doc_;
  const Item& item_;
  const Chain* chain_;  // Null for a GC.
};

template <class Writer>
void write_parts(Writer& writer, const DocState& doc, const std::vector<Part>& parts) {
  Encoder& rest = writer.rest();
  rest.write_var_uint(parts.size());
  for (const Part& part : parts) {
    const ClientStructs& client = doc.store.client(part.slot);
    StructIndex::Position at = doc.store.position(client, part.clock);
    rest.write_var_uint(client.structs.count_from(at));
    writer.write_client(client.id);
    rest.write_var_uint(part.clock);
    Clock offset = part.clock - doc.store.items[client.structs[at]].clock();
    for (; !client.structs.at_end(at); at = client.structs.next(at)) {
      write_struct(writer, ItemView(doc, doc.store.items[client.structs[at]]), offset);
      offset = 0;
    }
  }
}

template <class Writer>
Bytes write_state(const DocState& doc, const StateVector& known) {
  Encoder encoder;
  // A whole state is long: space for it at once costs less than growing. (About: it may grow.)
  constexpr std::size_t struct_bytes = 19;
  if (known.empty()) {
    encoder.reserve(doc.store.arena_bytes() + doc.store.struct_count() * struct_bytes);
  }
  Writer writer(encoder);
  write_parts(writer, doc, missing_parts(doc.store, known));
  write_delete_set(writer, doc.delete_set());
  return writer.finish();
}

Bytes without_structs(const std::vector<IdRange>& deletes) {
  Encoder encoder;
  encoder.write_var_uint(0);
  write_delete_set(encoder, deletes);
  return encoder.take();
}

}  // namespace

void DocState::write_item(Encoder& encoder, const Item& item, Clock offset) const {
  WriterV1 writer(encoder);
  write_struct(writer, ItemView(*this, item), offset);
}

std::vector<IdRange> DocState::delete_set() const {
  std::vector<IdRange> ranges;
  for (const ClientSlot slot : store.descending()) {
    const ClientStructs& client = store.client(slot);
    bool extends = false;
    client.structs.for_each([&](ItemIndex index) {
      const Item& item = store.items[index];
      if (item.deleted() && extends) {
        ranges.back().length += item.length();
      } else if (item.deleted()) {
        ranges.push_back({client.id, item.clock(), item.length()});
      }
      extends = item.deleted();
    });
  }
  return ranges;
}

Bytes DocState::encode_since(const StateVector& known, UpdateFormat format) const {
  return format == UpdateFormat::v1 ? write_state<WriterV1>(*this, known)
                                    : write_state<WriterV2>(*this, known);
}

// An update, and what waits of which somebody lacks.
Bytes DocState::merge_with_pending(Bytes update, const StateVector& known) const {
  std::vector<Bytes> parts;
  parts.push_back(std::move(update));
  if (!pending_deletes.empty()) parts.push_back(without_structs(pending_deletes.list()));
  if (!pending.empty()) {
    DecodedUpdate waiting;
    pending.view(waiting);
    parts.push_back(diff_update(waiting, known));
  }
  const std::vector<BytesView> views(parts.begin(), parts.end());
  return merge_updates(views).value();
}

Bytes DocState::encode_with_pending(const StateVector& known, UpdateFormat format) const {
  if (!has_pending()) return encode_since(known, format);
  Bytes merged = merge_with_pending(encode_since(known, UpdateFormat::v1), known);
  if (format == UpdateFormat::v1) return merged;
  return convert_update(merged, UpdateFormat::v1, format).value();
}

Bytes DocState::encode_transaction(UpdateFormat format) {
  std::vector<Part> parts;
  for (const ClientSlot slot : transaction.touched) {
    const ClientStructs& client = store.client(slot);
    if (client.state > client.state_before) parts.push_back({slot, client.state_before});
  }
  if (parts.empty() && transaction.deleted.empty()) return to_bytes(empty_update(format));
  std::sort(parts.begin(), parts.end(), [&](const Part& a, const Part& b) {
    return store.client(a.slot).id > store.client(b.slot).id;
  });
  std::vector<IdRange> deletes;
  for (const DeletedRun& run : transaction.deleted) {
    deletes.push_back({store.client(run.client).id, run.clock, run.length});
  }
  constexpr std::size_t usual_bytes = 64;
  Encoder encoder(usual_bytes);
  const auto write = [&](auto writer) {
    write_parts(writer, *this, parts);
    write_delete_set(writer, std::move(deletes));
    return writer.finish();
  };
  return format == UpdateFormat::v1 ? write(WriterV1(encoder)) : write(WriterV2(encoder));
}

namespace {

// Walks over all structs so that each one follows what it depends on, and cuts the walk into
// updates.
class Chunker {
 public:
  Chunker(const DocState& doc, const StateVector& known, std::size_t chunk_bytes)
      : doc_(doc), chunk_bytes_(chunk_bytes), cursors_(doc.store.client_count()) {
    for (const Part& part : missing_parts(doc.store, known)) {
      const ClientStructs& client = doc.store.client(part.slot);
      Cursor& cursor = cursors_[part.slot];
      cursor.next = doc.store.position(client, part.clock);
      cursor.clock = part.clock;
      cursor.wanted = true;
      order_.push_back(part.slot);
    }
  }

  std::vector<Bytes> cut() {
    for (const ClientSlot slot : order_) {
      while (!finished(slot)) {
        stack_.push_back(slot);
        while (!stack_.empty()) step();
      }
    }
    return std::move(chunks_);
  }

  // The structs that are left over, to be sent with the delete set.
  void write_last(Encoder& encoder) { write_runs(encoder); }

 private:
  struct Cursor {
    StructIndex::Position next;
    Clock clock = 0;  // Written up to here.
    bool wanted = false;
    // The run of the current chunk.
    Encoder run;
    std::size_t written = 0;
    Clock run_clock = 0;
  };

  bool finished(ClientSlot slot) const {
    const Cursor& cursor = cursors_[slot];
    return !cursor.wanted || doc_.store.client(slot).structs.at_end(cursor.next);
  }

  bool lacks(ClientSlot slot, Clock clock) const {
    return slot != none && !finished(slot) && clock >= cursors_[slot].clock;
  }

  // Writes the next struct of the client on top of the stack, or puts a client on top whose structs
  // must go first. Dependencies between clients have no circles: they were integrated in some
  // order.
  void step() {
    const ClientSlot slot = stack_.back();
    const Item& item = doc_.store.items[doc_.store.client(slot).structs[cursors_[slot].next]];
    const bool whole = cursors_[slot].clock == item.clock();
    if (whole && item.origin_client() != slot && lacks(item.origin_client(), item.origin_clock())) {
      stack_.push_back(item.origin_client());
    } else if (item.right_origin_client() != slot &&
               lacks(item.right_origin_client(), item.right_origin_clock())) {
      stack_.push_back(item.right_origin_client());
    } else if (const ClientSlot holder = missing_holder(item, slot); holder != none) {
      stack_.push_back(holder);
    } else {
      write(slot, item);
      stack_.pop_back();
    }
  }

  ClientSlot missing_holder(const Item& item, ClientSlot slot) const {
    const TypeIndex parent = doc_.parent_of(item);
    if (parent == none || doc_.types[parent].item == none) return none;
    const Item& holder = doc_.store.items[doc_.types[parent].item];
    const bool missing = holder.client() != slot && lacks(holder.client(), holder.clock());
    return missing ? holder.client() : none;
  }

  void write(ClientSlot slot, const Item& item) {
    Cursor& cursor = cursors_[slot];
    if (cursor.written == 0) {
      cursor.run_clock = cursor.clock;
      in_chunk_.push_back(slot);
    }
    const std::size_t before = cursor.run.size();
    doc_.write_item(cursor.run, item, cursor.clock - item.clock());
    size_ += cursor.run.size() - before;
    ++cursor.written;
    cursor.next = doc_.store.client(slot).structs.next(cursor.next);
    cursor.clock = item.end();
    if (size_ >= chunk_bytes_) close();
  }

  void write_runs(Encoder& encoder) {
    const auto& store = doc_.store;
    std::sort(in_chunk_.begin(), in_chunk_.end(),
              [&](ClientSlot a, ClientSlot b) { return store.client(a).id > store.client(b).id; });
    encoder.write_var_uint(in_chunk_.size());
    for (const ClientSlot slot : in_chunk_) {
      Cursor& cursor = cursors_[slot];
      encoder.write_var_uint(cursor.written);
      encoder.write_var_uint(store.client(slot).id);
      encoder.write_var_uint(cursor.run_clock);
      encoder.write_bytes(cursor.run.view());
      cursor.run.clear();
      cursor.written = 0;
    }
    in_chunk_.clear();
    size_ = 0;
  }

  void close() {
    Encoder encoder(size_ + 64);
    write_runs(encoder);
    encoder.write_var_uint(0);
    chunks_.push_back(encoder.take());
  }

  const DocState& doc_;
  const std::size_t chunk_bytes_;
  std::vector<Cursor> cursors_;  // By slot.
  std::vector<ClientSlot> order_;
  std::vector<ClientSlot> stack_;
  std::vector<ClientSlot> in_chunk_;
  std::size_t size_ = 0;
  std::vector<Bytes> chunks_;
};

}  // namespace

std::vector<Bytes> DocState::encode_chunks(const StateVector& known,
                                           std::size_t chunk_bytes) const {
  Chunker chunker(*this, known, chunk_bytes);
  std::vector<Bytes> chunks = chunker.cut();
  Encoder encoder;
  chunker.write_last(encoder);
  write_delete_set(encoder, delete_set());
  chunks.push_back(merge_with_pending(encoder.take(), known));
  return chunks;
}

}  // namespace syncline::crdt
