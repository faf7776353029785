#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/crdt/conflict_index.h"
#include "server/crdt/doc.h"
#include "server/crdt/id_ranges.h"
#include "server/crdt/item.h"
#include "server/crdt/pending_structs.h"
#include "server/crdt/position_index.h"
#include "server/crdt/struct_store.h"
#include "server/crdt/update_ops.h"
#include "server/crdt/update_v1.h"

namespace syncline::crdt {

// Elements of one client that the current transaction has deleted.
struct DeletedRun {
  ClientSlot client;
  Clock clock;
  Clock length;
};

// One atomic change. It is only ever open within one call into the engine.
struct Transaction {
  std::uint64_t number = 0;  // Counts transactions from 1; marks what the current one has touched.
  bool open = false;
  bool local = false;
  std::vector<DeletedRun> deleted;
  std::vector<ClientSlot> touched;  // Clients that got structs.
  // Where structs were cut or may join otherwise: looked at again when the transaction ends.
  struct Place {
    ClientSlot client;
    Clock clock;
  };
  std::vector<Place> seams;
  std::vector<TypeIndex> changed;  // Only those that a formatting clean-up could concern.

  // Gives back the memory of a large one that is over.
  void release() {
    deleted = std::vector<DeletedRun>();
    touched = std::vector<ClientSlot>();
    seams = std::vector<Place>();
    changed = std::vector<TypeIndex>();
  }
};

// What of an update can be integrated now, and in which order. It follows from clocks alone, so it
// is known, and can be refused, before anything changes.
struct IntegrationPlan {
  // Structs that stand in a row in the update.
  struct Step {
    std::size_t begin;  // Indexes into DecodedUpdate::structs.
    std::size_t end;
    Clock offset;  // So many elements of the first are known already; maybe all, see Planner.
  };
  std::vector<Step> steps;
  std::vector<ClientRun> rest;  // What has to wait, highest client first.
};

// A replica: its structs and types, what waits, and the current transaction. All of server/crdt
// works on it; nothing outside sees it.
class DocState {
 public:
  explicit DocState(const DocOptions& doc_options) : options(doc_options) {}
  DocState(const DocState&) = delete;
  DocState& operator=(const DocState&) = delete;

  // Types and names.

  StringIndex intern(std::string_view text);
  // none if no type or key has that name.
  StringIndex find_name(std::string_view text) const;
  std::string_view name(StringIndex index) const { return names_[index]; }
  TypeIndex root(std::string_view root_name);  // Made on first use.
  TypeIndex find_root(std::string_view root_name) const;
  // Gives a root its kind when somebody opens it as such. Like yjs, forgets about earlier formats.
  void open_root(TypeIndex index, TypeKind kind);
  bool type_deleted(const Type& type) const {
    return type.item != none && store.items[type.item].deleted();
  }
  // The type that an item says it is part of; none for a GC struct.
  TypeIndex parent_of(const Item& item) const {
    const ChainIndex chain = item.chain();
    return chain == none ? none : chains[chain].type;
  }
  // The first item of a type's list.
  ItemIndex start(const Type& type) const { return chains[type.list].first; }
  // The chain of a key, made on first use.
  ChainIndex key_chain(TypeIndex type, StringIndex key);
  // The item that was set last under a key; none if none ever was.
  ItemIndex newest(TypeIndex type, StringIndex key) const;
  // The type that `holder`, which has its chain already, is to be: `content` as in content.h.
  TypeIndex add_type(ItemIndex holder, BytesView content);

  // The first item with which a list counts `index` visible elements.
  // REQUIRES: 0 < index <= the type's length.
  PositionIndex::Place find_position(TypeIndex type, Clock index);
  // How many visible elements stand before an item in its list, or among the values of its key.
  Clock visible_before(ItemIndex item);

  // integrate.cc: YATA.

  // Cuts the item so that one begins at `offset`, and returns that one.
  ItemIndex split(ItemIndex index, Clock offset);
  // The same, where the item's position in the store is known.
  ItemIndex split(ItemIndex index, Clock offset, StructIndex::Position position);
  ItemIndex clean_start(ClientSlot client, Clock clock);
  ItemIndex clean_end(ClientSlot client, Clock clock);
  // REQUIRES: everything that the struct depends on is there.
  void integrate(const DecodedStruct& value, Clock offset);
  // Links an item into its chain, after `left` unless others have come between them since (none: at
  // the start), and takes it into the store. Its `right` says before which item it was made.
  void place(ItemIndex index, ItemIndex left);

  // typing.cc

  bool apply_typing(BytesView update);
  bool extend_run(ClientSlot slot, ItemIndex left, ItemIndex next, std::string_view text);
  bool shrink_run(ClientSlot slot, StructIndex::Position at, Clock from, Clock length);

  // transaction.cc

  void begin(bool local);
  // Collects, joins, and cleans up formats; the transaction is over.
  void commit();
  void touch(ClientSlot slot) {
    ClientStructs& client = store.client(slot);
    if (client.touched_in == transaction.number) return;
    client.touched_in = transaction.number;
    client.state_before = client.state;
    transaction.touched.push_back(slot);
  }
  Clock state_before(ClientSlot client) const;
  void mark_changed(TypeIndex type);
  void delete_item(ItemIndex index);
  // Deletes what of the range is known; returns the rest (length 0 if there is none).
  IdRange apply_delete(const IdRange& range);
  // Joins the struct at `position` with those before it; moves `position` to what they are now, and
  // returns how many went away.
  std::size_t join_lefts(ClientSlot client, StructIndex::Position& position);

  // gc.cc

  void collect_deleted();

  // formatting.cc: what yjs does after a remote change of a formatted text.

  bool needs_formatting_cleanup() const;
  void cleanup_formatting(const std::vector<DeletedRun>& deleted,
                          const std::vector<Transaction::Place>& inserted);

  // pending.cc

  Result<ApplyOutcome> apply(BytesView update, const UpdateLimits& limits, UpdateFormat format);
  Result<void> check_capacity(const DecodedUpdate& update) const;
  Result<void> check_references(const DecodedUpdate& update) const;
  Result<void> check_continuations(const DecodedUpdate& update,
                                   const IntegrationPlan& integration) const;
  // The item or GC that holds an id; nullptr if it has not come.
  const Item* find_item(const Id& id) const;
  IntegrationPlan plan(const DecodedUpdate& update) const;
  bool has_pending() const { return !pending.empty() || !pending_deletes.empty(); }

  // encode.cc

  void write_item(lib0::Encoder& encoder, const Item& item, Clock offset) const;
  std::vector<IdRange> delete_set() const;
  Bytes encode_since(const StateVector& known, UpdateFormat format) const;
  Bytes merge_with_pending(Bytes update, const StateVector& known) const;
  Bytes encode_with_pending(const StateVector& known, UpdateFormat format) const;
  // The update that the current transaction makes. REQUIRES: it is local and about to end.
  Bytes encode_transaction(UpdateFormat format);
  std::vector<Bytes> encode_chunks(const StateVector& known, std::size_t chunk_bytes) const;
  StateVector state_vector() const;

  Result<void> check() const;

  DocOptions options;
  StructStore store;
  std::deque<Type> types;
  std::vector<Chain> chains;
  PositionIndex positions;
  ConflictIndex conflicts{store};
  std::map<std::string, TypeIndex, std::less<>> roots;
  PendingStructs pending;
  IdRanges pending_deletes;
  Transaction transaction;

 private:
  ChainIndex add_chain(TypeIndex type, StringIndex key);
  bool apply_typed(lib0::Decoder& decoder);
  bool apply_erased(lib0::Decoder& decoder);
  void integrate_gc(ClientSlot client, Clock clock, Clock length);
  // The items that the author of a struct saw beside it, and who made them.
  struct Neighbours {
    ItemIndex left = none;
    ItemIndex right = none;
    ClientSlot left_client = none;
    ClientSlot right_client = none;
  };

  Neighbours find_neighbours(const DecodedStruct& value);
  ChainIndex chain_of(const DecodedStruct& value, const Neighbours& beside);
  void add(const DecodedStruct& value, ClientSlot client, const Neighbours& beside,
           ChainIndex chain);
  bool joins(ItemIndex left, ItemIndex right) const;
  void join(ItemIndex left, ItemIndex right);
  ItemIndex find_place(const Item& item, ItemIndex left, ItemIndex right);
  void note_walk(ChainIndex chain, std::size_t steps);
  void join_down(ClientSlot slot, StructIndex::Position position, Clock clock);
  void join_around(Transaction::Place place);
  void join_deleted(const std::vector<DeletedRun>& runs);
  void join_inserted();
  void sort_deleted();
  void finish_structures();
  void collect(ItemIndex index, bool parent_collected, std::vector<ItemIndex>& work);
  void apply_decoded(DecodedUpdate& update, const IntegrationPlan& integration);
  void apply_pending_deletes(std::vector<ClientSlot> advanced);
  std::size_t count_early_deletes(const DecodedUpdate& update,
                                  const IntegrationPlan& integration) const;
  Result<void> check_pending(const DecodedUpdate& update, const IntegrationPlan& integration) const;

  // What walks over conflicts in a chain have cost.
  struct Walks {
    std::uint64_t steps = 0;
    std::uint64_t items = 0;  // Of the chain, when they were counted last.
  };

  std::deque<std::string> names_;
  std::unordered_map<ChainIndex, Walks> walks_;           // Never iterated.
  std::map<std::string_view, StringIndex> name_indexes_;  // Not by hashes: they could collide.
  bool formats_seen_ = false;                             // Some text has had a format.
  // By local edits since the last update: as in yjs, what waits for them goes on with the next one.
  std::vector<ClientSlot> touched_locally_;
  bool pending_changed_ = false;  // By the update that is being applied.
  DecodedUpdate decoded_;         // Scratch, kept for its memory.
};

}  // namespace syncline::crdt
