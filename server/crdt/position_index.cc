#include "server/crdt/position_index.h"

#include <algorithm>
#include <utility>

#include "server/base/assert.h"

namespace syncline::crdt {

NodeIndex PositionIndex::allocate(bool leaf) {
  NodeIndex index = none;
  if (free_.empty()) {
    index = static_cast<NodeIndex>(nodes_.size());
    nodes_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
    nodes_[index] = Node();
  }
  nodes_[index].leaf = leaf;
  return index;
}

void PositionIndex::release(NodeIndex node) { free_.push_back(node); }

std::uint32_t PositionIndex::slot_of(const Node& node, std::uint32_t child) const {
  const auto* at = std::find(node.children.data(), node.children.data() + node.count, child);
  SYNCLINE_ASSERT(at != node.children.data() + node.count);
  return static_cast<std::uint32_t>(at - node.children.data());
}

Clock PositionIndex::width_of(const Node& node) const {
  Clock sum = 0;
  for (std::uint32_t i = 0; i < node.count; ++i) sum += node.widths[i];
  return sum;
}

// `more` may stand for less: the numbers wrap.
void PositionIndex::add_to_parents(NodeIndex node, Clock more) {
  for (NodeIndex parent = nodes_[node].parent; parent != none; parent = nodes_[node].parent) {
    Node& above = nodes_[parent];
    above.widths[slot_of(above, node)] += more;
    node = parent;
  }
}

// Tells the children from slot `from` on whose they are.
void PositionIndex::adopt(NodeIndex node, std::uint32_t from) {
  const Node& mine = nodes_[node];
  for (std::uint32_t i = from; i < mine.count; ++i) {
    if (mine.leaf) {
      leaf_of_[mine.children[i]] = node;
    } else {
      nodes_[mine.children[i]].parent = node;
    }
  }
}

// From the leaves upwards, each level filled to three quarters.
void PositionIndex::build(ChainIndex list, ItemIndex first, const ItemSlab& items) {
  constexpr std::uint32_t fill = fan_out * 3 / 4;
  leaf_of_.resize(std::max<std::size_t>(leaf_of_.size(), items.size()), none);
  std::vector<NodeIndex> level{allocate(true)};
  const auto append = [&](std::vector<NodeIndex>& to, std::uint32_t child, Clock width, bool leaf) {
    if (nodes_[to.back()].count == fill) to.push_back(allocate(leaf));
    Node& node = nodes_[to.back()];
    node.children[node.count] = child;
    node.widths[node.count++] = width;
  };
  for (ItemIndex at = first; at != none; at = items[at].right()) {
    append(level, at, items[at].visible() ? items[at].length() : 0, true);
  }
  while (level.size() > 1) {
    std::vector<NodeIndex> above{allocate(false)};
    for (const NodeIndex node : level) append(above, node, width_of(nodes_[node]), false);
    for (const NodeIndex node : level) adopt(node, 0);
    level = std::move(above);
  }
  adopt(level[0], 0);
  roots_.emplace(list, level[0]);
}

void PositionIndex::drop(ChainIndex list) {
  const auto root = roots_.find(list);
  if (root == roots_.end()) return;
  std::vector<NodeIndex> work{root->second};
  roots_.erase(root);
  while (!work.empty()) {
    const NodeIndex index = work.back();
    const Node& node = nodes_[index];
    work.pop_back();
    for (std::uint32_t i = 0; i < node.count; ++i) {
      if (node.leaf) {
        leaf_of_[node.children[i]] = none;
      } else {
        work.push_back(node.children[i]);
      }
    }
    release(index);
  }
}

PositionIndex::Place PositionIndex::find(ChainIndex list, Clock index) const {
  NodeIndex at = roots_.at(list);
  Clock before = 0;
  while (true) {
    const Node& node = nodes_[at];
    std::uint32_t slot = 0;
    while (slot < node.count && index - before > node.widths[slot]) before += node.widths[slot++];
    SYNCLINE_ASSERT(slot < node.count, index, before);
    at = node.children[slot];
    if (node.leaf) return {at, before};
  }
}

Clock PositionIndex::before(ItemIndex item) const {
  Clock sum = 0;
  std::uint32_t child = item;
  for (NodeIndex at = leaf_of_[item]; at != none; at = nodes_[at].parent) {
    const Node& node = nodes_[at];
    for (std::uint32_t i = 0; node.children[i] != child; ++i) sum += node.widths[i];
    child = at;
  }
  return sum;
}

// Moves the upper half of a full node into a new one beside it. Returns that.
NodeIndex PositionIndex::split(ChainIndex list, NodeIndex node) {
  if (nodes_[node].parent == none) {
    const NodeIndex root = allocate(false);
    nodes_[root].children[0] = node;
    nodes_[root].widths[0] = width_of(nodes_[node]);
    nodes_[root].count = 1;
    nodes_[node].parent = root;
    roots_[list] = root;
  }
  const NodeIndex other = allocate(nodes_[node].leaf);
  Node& left = nodes_[node];
  Node& right = nodes_[other];
  constexpr std::uint32_t half = fan_out / 2;
  std::copy(left.children.begin() + half, left.children.end(), right.children.begin());
  std::copy(left.widths.begin() + half, left.widths.end(), right.widths.begin());
  left.count = half;
  right.count = fan_out - half;
  adopt(other, 0);
  const Clock moved = width_of(right);
  const NodeIndex parent = left.parent;
  add_to_parents(node, -moved);
  insert_child(list, parent, slot_of(nodes_[parent], node) + 1, other, moved);
  add_to_parents(nodes_[other].parent, moved);
  return other;
}

// The widths above `node` do not count the child yet.
void PositionIndex::insert_child(ChainIndex list, NodeIndex node, std::uint32_t slot,
                                 std::uint32_t child, Clock width) {
  if (nodes_[node].count == fan_out) {
    const NodeIndex other = split(list, node);
    if (slot > nodes_[node].count) {
      slot -= nodes_[node].count;
      node = other;
    }
  }
  Node& mine = nodes_[node];
  for (std::uint32_t i = mine.count; i > slot; --i) {
    mine.children[i] = mine.children[i - 1];
    mine.widths[i] = mine.widths[i - 1];
  }
  mine.children[slot] = child;
  mine.widths[slot] = width;
  ++mine.count;
  if (mine.leaf) {
    leaf_of_[child] = node;
  } else {
    nodes_[child].parent = node;
  }
}

void PositionIndex::insert_into(ChainIndex list, ItemIndex item, ItemIndex left, Clock visible) {
  NodeIndex leaf = none;
  std::uint32_t slot = 0;
  if (left != none) {
    if (!is_indexed(left)) return;
    leaf = leaf_of_[left];
    slot = slot_of(nodes_[leaf], left) + 1;
  } else {
    const auto root = roots_.find(list);
    if (root == roots_.end()) return;
    for (leaf = root->second; !nodes_[leaf].leaf;) leaf = nodes_[leaf].children[0];
  }
  if (item >= leaf_of_.size()) leaf_of_.resize(std::size_t{item} + item / 2 + 1, none);
  insert_child(list, leaf, slot, item, visible);
  if (visible > 0) add_to_parents(leaf_of_[item], visible);
}

void PositionIndex::set_width(ItemIndex item, Clock visible) {
  const NodeIndex leaf = leaf_of_[item];
  Clock& width = nodes_[leaf].widths[slot_of(nodes_[leaf], item)];
  const Clock more = visible - width;
  if (more == 0) return;
  width = visible;
  add_to_parents(leaf, more);
}

// A node that has become empty goes, its parent's place for it too; a root stays. Nodes that have
// become sparse are not joined: the tree is never higher than it was when it held the most.
void PositionIndex::erase_from(ItemIndex item) {
  set_width(item, 0);
  std::uint32_t child = item;
  NodeIndex at = std::exchange(leaf_of_[item], none);
  while (true) {
    Node& node = nodes_[at];
    const std::uint32_t slot = slot_of(node, child);
    --node.count;
    for (std::uint32_t i = slot; i < node.count; ++i) {
      node.children[i] = node.children[i + 1];
      node.widths[i] = node.widths[i + 1];
    }
    if (node.count > 0) return;
    if (node.parent == none) {
      node.leaf = true;
      return;
    }
    child = at;
    at = node.parent;
    release(child);
  }
}

bool PositionIndex::check_node(NodeIndex index, std::vector<std::uint32_t>& items) const {
  const Node& node = nodes_[index];
  for (std::uint32_t i = 0; i < node.count; ++i) {
    const std::uint32_t child = node.children[i];
    if (node.leaf) {
      if (leaf_of_[child] != index) return false;
      items.push_back(child);
    } else {
      const bool holds = nodes_[child].parent == index && nodes_[child].count > 0 &&
                         node.widths[i] == width_of(nodes_[child]);
      if (!holds || !check_node(child, items)) return false;
    }
  }
  return true;
}

bool PositionIndex::check(ChainIndex list, ItemIndex first, const ItemSlab& items) const {
  const auto root = roots_.find(list);
  if (root == roots_.end()) return true;
  std::vector<std::uint32_t> indexed;
  if (nodes_[root->second].parent != none || !check_node(root->second, indexed)) return false;
  std::size_t count = 0;
  for (ItemIndex at = first; at != none; at = items[at].right(), ++count) {
    if (count == indexed.size() || indexed[count] != at) return false;
    const Node& leaf = nodes_[leaf_of_[at]];
    if (leaf.widths[slot_of(leaf, at)] != (items[at].visible() ? items[at].length() : 0))
      return false;
  }
  return count == indexed.size();
}

}  // namespace syncline::crdt
