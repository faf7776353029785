#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "server/crdt/balanced_tree.h"
#include "server/crdt/struct_store.h"

namespace syncline::crdt {

// Where in a chain a struct goes, for chains in which so much conflicts that walking over it
// (DocState::find_place) would be quadratic. The same place as by walking, for whatever origins
// structs may claim. An insertion, a removal and a search compare O(log n) places; of an origin
// that takes a search by clock (StructIndex).
//
// The walk from an origin O looks at what stands behind it, up to the first of
//   - the right origin,
//   - a struct whose own origin stands before O,
//   - a sibling (a struct with the same origin) that has the same right origin, too (a peer), and
//     no lower client.
// Within that range it goes behind the last sibling of a lower client, and behind all that hangs on
// it. What hangs on a sibling ends where the next one begins, unless that one is covered: some
// struct behind it has its origin before it (but behind O). What honest clients write covers
// nothing. For the rest, what first covers a sibling is known when the sibling comes, and stays: a
// struct never goes to where it would cover one that is there, since that one's origin, standing
// before its own, would have ended its walk.
//
// A struct may also stand before its own origin: where it claims to have been made after an element
// of a run and before another one to the left of that, the run is cut, and it stands between the
// parts. It ends every walk that meets it, and is nobody's sibling.
//
// So there are three trees: the chain, with the leftmost origin in each subtree; the siblings of
// each origin, with the lowest client and what covers last; the peers of each pair of origins,
// with the highest client.
class ConflictIndex {
 public:
  // `store` is the one that the indexed items are in, and outlives the index.
  explicit ConflictIndex(const StructStore& store) : store_(store) {}

  bool has(ChainIndex chain) const { return !chains_.empty() && chains_.contains(chain); }

  // Makes the chain's index. O(n log n). REQUIRES: it has none; all of its items are in the store.
  void build(ChainIndex chain, ItemIndex first);
  void drop(ChainIndex chain);

  // The item after which `item`, which was made between `left` and `right`, goes; none for the
  // start of the chain. REQUIRES: has(item.chain()); `item` is not linked into it yet.
  ItemIndex find_place(const Item& item, ItemIndex left, ItemIndex right) const;

  // What has happened to items, when the store knows it. Nothing is to be done for chains without
  // an index.

  // `item` stands after `left` now (none: at the start); it was not there before.
  void insert(ItemIndex item, ItemIndex left) {
    if (!chains_.empty()) insert_into(item, left, Insertion::made);
  }
  // `right`, which stands after `left` now, was the end of it until now.
  void insert_cut(ItemIndex right, ItemIndex left) {
    if (!chains_.empty()) insert_into(right, left, Insertion::cut);
  }
  // `item` is about to become the end of the one before it. A chain of which little is left loses
  // its index.
  void erase(ItemIndex item) {
    if (is_indexed(item)) erase_from(item);
  }

  std::size_t memory_bytes() const;

  // Every invariant of a chain's index, against the chain itself. True if it holds.
  bool check(ChainIndex chain, ItemIndex first) const;

 private:
  enum class Insertion : std::uint8_t { made, cut };
  enum Tree : std::uint8_t { sequence, siblings, peers };
  static constexpr std::size_t tree_count = 3;

  struct Node {
    ItemIndex item = none;
    // Ascends along the chain, with room between.
    std::uint64_t label = 0;
    ClientId client = 0;
    // The first struct behind this one whose origin stands between this one's origin and this one.
    // Behind what ends the walks from this one's origin it does not matter, and may be missing.
    NodeIndex covered_by = none;
    bool stands_before_origin = false;
    std::array<TreeLinks, tree_count> links;
    NodeIndex leftmost = none;      // In the chain's tree: whose origin stands first.
    ClientId lowest = 0;            // Among siblings.
    NodeIndex covered_last = none;  // Among siblings: the last `covered_by`; none: one has none.
    ClientId highest = 0;           // Among peers.
  };

  struct Chain {
    NodeIndex root = none;
    std::uint32_t most = 0;  // So many nodes it has had.
  };

  // Where an element stands in its chain. Before all of them are the beginning of the chain and,
  // still before that, where those count as hanging that end every walk.
  struct Place {
    std::uint64_t label = 0;
    Clock clock = 0;
    friend auto operator<=>(const Place&, const Place&) = default;
  };
  static constexpr std::uint64_t outside = 0;
  static constexpr std::uint64_t beginning = 1;

  // An element; with client none, as an origin the beginning of the chain that `clock` then is, as
  // a right origin the end.
  struct Element {
    ClientSlot client = none;
    Clock clock = 0;
    friend auto operator<=>(const Element&, const Element&) = default;
  };
  struct Pair {
    Element origin;
    Element right_origin;
    friend auto operator<=>(const Pair&, const Pair&) = default;
  };

  // `Index` is const to look only.
  template <Tree tree, class Index>
  struct Access {
    Index* index;
    auto& links(NodeIndex node) const { return index->nodes_[node].links[tree]; }
    void summarize(NodeIndex node) const;
  };
  template <Tree tree>
  auto tree_of(NodeIndex& root) {
    return BalancedTree<Access<tree, ConflictIndex>>({this}, root);
  }
  template <Tree tree>
  auto tree_of(NodeIndex root) const {
    return BalancedTree<Access<tree, const ConflictIndex>, NodeIndex>({this}, root);
  }

  bool is_indexed(ItemIndex item) const { return item < node_of_.size() && node_of_[item] != none; }
  const Item& item_of(NodeIndex node) const { return store_.items[nodes_[node].item]; }
  static Element origin_of(const Item& item);
  static Pair pair_of(const Item& item);
  Place place_of(const Element& element) const;
  Place place_of(NodeIndex node) const { return {nodes_[node].label, item_of(node).clock()}; }
  // Where its origin stands, outside for those that end every walk.
  Place origin_place(NodeIndex node) const {
    if (nodes_[node].stands_before_origin) return {outside, 0};
    return place_of(origin_of(item_of(node)));
  }
  // `b` may be none: the end of the chain.
  bool stands_before(NodeIndex a, NodeIndex b) const {
    return b == none || nodes_[a].label < nodes_[b].label;
  }

  NodeIndex allocate(ItemIndex item);
  void release(NodeIndex node);
  void insert_into(ItemIndex item, ItemIndex left, Insertion how);
  void erase_from(ItemIndex item);
  void note_origin(NodeIndex node);
  void add_to_siblings(NodeIndex node);
  void set_label(NodeIndex node, NodeIndex before, NodeIndex after, NodeIndex root);
  void spread_labels(NodeIndex around, NodeIndex root);
  std::vector<NodeIndex> find_covers(const std::vector<NodeIndex>& nodes) const;
  NodeIndex end_of_walk(const Item& item, NodeIndex start, ItemIndex right, NodeIndex root) const;
  NodeIndex end_of_offspring(const Element& origin, NodeIndex start, NodeIndex root) const;
  bool is_covered(NodeIndex covered_by, NodeIndex end) const {
    return covered_by != none && stands_before(covered_by, end);
  }
  bool check_trees(const std::vector<NodeIndex>& nodes) const;

  const StructStore& store_;
  std::vector<Node> nodes_;
  std::vector<NodeIndex> free_;
  std::vector<NodeIndex> node_of_;  // By item; none: its chain has no index.
  std::map<ChainIndex, Chain> chains_;
  // Ordered, for hashes of numbers that clients choose could be made to collide.
  std::map<Element, NodeIndex> siblings_;
  std::map<Pair, NodeIndex> peers_;
};

}  // namespace syncline::crdt
