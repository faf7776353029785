#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "server/crdt/item.h"

namespace syncline::crdt {

// Where in a list an element stands: a B-tree over a list's items that counts visible elements, so
// that edits and reads by index cost O(log n). A list gets its tree when first somebody looks for
// an index far from its start; a document that is only stored and forwarded has none.
class PositionIndex {
 public:
  // An item, and how many visible elements stand before it.
  struct Place {
    ItemIndex item = none;
    Clock before = 0;
  };

  bool has(ChainIndex list) const { return roots_.contains(list); }

  // Makes the list's tree. REQUIRES: it has none.
  void build(ChainIndex list, ItemIndex first, const ItemSlab& items);
  void drop(ChainIndex list);

  // The first item with which the list counts at least `index` visible elements.
  // REQUIRES: has(list), 0 < index <= the list's length.
  Place find(ChainIndex list, Clock index) const;
  // How many visible elements stand before the item. REQUIRES: its list has a tree.
  Clock before(ItemIndex item) const;

  // What has happened to items. Nothing is to be done for lists without a tree.

  // `item` stands after `left` now, at the start if that is none.
  void insert(ChainIndex list, ItemIndex item, ItemIndex left, Clock visible) {
    if (!roots_.empty()) insert_into(list, item, left, visible);
  }
  // The item's number of visible elements has changed.
  void resize(ItemIndex item, Clock visible) {
    if (is_indexed(item)) set_width(item, visible);
  }
  void erase(ItemIndex item) {
    if (is_indexed(item)) erase_from(item);
  }

  std::size_t memory_bytes() const {
    return nodes_.capacity() * sizeof(Node) + leaf_of_.capacity() * sizeof(NodeIndex);
  }

  // Every invariant of a list's tree, against the list itself. True if it holds.
  bool check(ChainIndex list, ItemIndex first, const ItemSlab& items) const;

 private:
  static constexpr std::uint32_t fan_out = 16;

  struct Node {
    NodeIndex parent = none;
    std::uint32_t count = 0;
    bool leaf = true;
    std::array<std::uint32_t, fan_out> children;  // Nodes; in a leaf items.
    std::array<Clock, fan_out> widths;            // Visible elements in each child.
  };

  bool is_indexed(ItemIndex item) const { return item < leaf_of_.size() && leaf_of_[item] != none; }
  NodeIndex allocate(bool leaf);
  void release(NodeIndex node);
  std::uint32_t slot_of(const Node& node, std::uint32_t child) const;
  Clock width_of(const Node& node) const;
  void add_to_parents(NodeIndex node, Clock more);
  void adopt(NodeIndex node, std::uint32_t from);
  void insert_child(ChainIndex list, NodeIndex node, std::uint32_t slot, std::uint32_t child,
                    Clock width);
  NodeIndex split(ChainIndex list, NodeIndex node);
  void insert_into(ChainIndex list, ItemIndex item, ItemIndex left, Clock visible);
  void set_width(ItemIndex item, Clock visible);
  void erase_from(ItemIndex item);
  bool check_node(NodeIndex node, std::vector<std::uint32_t>& items) const;

  std::vector<Node> nodes_;
  std::vector<NodeIndex> free_;
  std::vector<NodeIndex> leaf_of_;                   // By item; none: its list has no tree.
  std::unordered_map<ChainIndex, NodeIndex> roots_;  // Never iterated.
};

}  // namespace syncline::crdt
