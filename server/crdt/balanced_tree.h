#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "server/crdt/item.h"

namespace syncline::crdt {

// Before (0) and after (1): the child there, the neighbour there.
enum class Side : std::uint8_t { before = 0, after = 1 };

constexpr Side opposite(Side side) { return side == Side::before ? Side::after : Side::before; }

// What a node needs to be in one tree. A node may be in several: it has one of these for each.
struct TreeLinks {
  NodeIndex parent = none;
  std::array<NodeIndex, 2> children{none, none};
  std::uint32_t size = 1;  // Of the subtree.

  NodeIndex child(Side side) const { return children[static_cast<std::size_t>(side)]; }
  NodeIndex& child(Side side) { return children[static_cast<std::size_t>(side)]; }
};

// A sequence as a tree balanced by weight, each of whose nodes keeps a summary of its subtree. It
// owns nothing: `Access` has
//   TreeLinks& links(NodeIndex) const;  // Or const TreeLinks&, to look only.
//   void summarize(NodeIndex) const;    // From the node and the summaries of its children.
// and all that is said of costs counts calls of these. The weights are those of Hirai and Yamamoto,
// "Balancing weight-balanced trees" (2011). It is not balanced by chance: every run has to do the
// same, and whoever knows the chances can choose an order of insertions that makes a tree deep.
template <class Access, class Root = NodeIndex&>
class BalancedTree {
 public:
  // `root` is none for an empty tree; whoever keeps it finds it changed. To look only, `Root` is
  // NodeIndex.
  BalancedTree(Access access, Root root) : access_(access), root_(root) {}

  // O(log n): puts `node` after `left`, none for the beginning.
  void insert(NodeIndex node, NodeIndex left) {
    if (left == none) return attach(node, edge(root_, Side::before), Side::before);
    const NodeIndex right = links(left).child(Side::after);
    if (right == none) return attach(node, left, Side::after);
    attach(node, edge(right, Side::before), Side::before);
  }

  // O(log n): puts `node` where order says. `goes_before(other)`: whether it stands before.
  template <class GoesBefore>
  void insert_by(NodeIndex node, GoesBefore goes_before) {
    NodeIndex parent = none;
    Side side = Side::before;
    for (NodeIndex at = root_; at != none; at = links(at).child(side)) {
      parent = at;
      side = goes_before(at) ? Side::before : Side::after;
    }
    attach(node, parent, side);
  }

  // O(log n).
  void erase(NodeIndex node) {
    const TreeLinks mine = links(node);
    if (mine.child(Side::before) == none || mine.child(Side::after) == none) {
      const bool has_before = mine.child(Side::before) != none;
      replace(node, mine.child(has_before ? Side::before : Side::after));
      return mend(mine.parent);
    }
    const NodeIndex next = edge(mine.child(Side::after), Side::before);
    NodeIndex lowest = next;
    if (const NodeIndex above = links(next).parent; above != node) {
      lowest = above;
      replace(next, links(next).child(Side::after));
      adopt(next, Side::after, mine.child(Side::after));
    }
    adopt(next, Side::before, mine.child(Side::before));
    replace(node, next);
    mend(lowest);
  }

  // The neighbour of a node; none at the end. O(log n), and O(1) on average over a whole walk.
  NodeIndex beside(NodeIndex node, Side side) const {
    const auto any = [](NodeIndex) { return true; };
    return nearest(node, side, any, any);
  }
  // The first (`Side::before`) or last node; none if there is none.
  NodeIndex end(Side side) const { return edge(root_, side); }

  // The first node for which `holds`, which then holds for all behind it. O(log n).
  template <class Holds>
  NodeIndex first_from(Holds holds) const {
    NodeIndex first = none;
    for (NodeIndex at = root_; at != none;) {
      const bool held = holds(at);
      if (held) first = at;
      at = links(at).child(held ? Side::before : Side::after);
    }
    return first;
  }

  // The nearest to `from` on that side for which `here` holds. `below` says of a subtree, by its
  // summary, whether it holds for some node in it. O(log n).
  template <class Here, class Below>
  NodeIndex nearest(NodeIndex from, Side side, Here here, Below below) const {
    for (NodeIndex node = from;;) {
      const NodeIndex next = links(node).child(side);
      if (next != none && below(next)) return search(next, opposite(side), here, below);
      NodeIndex child = none;
      do {
        child = node;
        node = links(node).parent;
        if (node == none) return none;
      } while (links(node).child(side) == child);
      if (here(node)) return node;
    }
  }
  // The outermost on that side of all (`Side::before`: the first) for which `here` holds. The same.
  template <class Here, class Below>
  NodeIndex outermost(Side side, Here here, Below below) const {
    return root_ == none || !below(root_) ? none : search(root_, side, here, below);
  }

  // Whether the tree is one, with its sizes and balance. O(n), recursive to its depth.
  bool check() const { return root_ == none || (links(root_).parent == none && check(root_)); }

 private:
  decltype(auto) links(NodeIndex node) const { return access_.links(node); }

  static constexpr std::uint64_t lopsided = 3;

  bool check(NodeIndex node) const {
    std::uint64_t sum = 0;
    std::uint64_t largest = 0;
    for (const NodeIndex child : links(node).children) {
      if (child != none && (links(child).parent != node || !check(child))) return false;
      sum += weight(child);
      largest = std::max(largest, weight(child));
    }
    return links(node).size + 1 == sum && largest <= lopsided * (sum - largest);
  }

  std::uint64_t weight(NodeIndex node) const {
    return node == none ? 1 : std::uint64_t{links(node).size} + 1;
  }

  NodeIndex edge(NodeIndex node, Side side) const {
    if (node == none) return none;
    while (links(node).child(side) != none) node = links(node).child(side);
    return node;
  }

  // REQUIRES: `below(node)`.
  template <class Here, class Below>
  NodeIndex search(NodeIndex node, Side side, Here here, Below below) const {
    for (;;) {
      const NodeIndex first = links(node).child(side);
      if (first != none && below(first)) {
        node = first;
        continue;
      }
      if (here(node)) return node;
      node = links(node).child(opposite(side));
    }
  }

  void adopt(NodeIndex parent, Side side, NodeIndex child) {
    links(parent).child(side) = child;
    if (child != none) links(child).parent = parent;
  }

  // Puts `by` (none: nothing) where `node` hangs.
  void replace(NodeIndex node, NodeIndex by) {
    const NodeIndex parent = links(node).parent;
    if (by != none) links(by).parent = parent;
    if (parent == none) {
      root_ = by;
    } else {
      const bool before = links(parent).child(Side::before) == node;
      links(parent).child(before ? Side::before : Side::after) = by;
    }
  }

  void attach(NodeIndex node, NodeIndex parent, Side side) {
    links(node) = TreeLinks();
    access_.summarize(node);
    if (parent == none) {
      root_ = node;
      return;
    }
    adopt(parent, side, node);
    mend(parent);
  }

  void update(NodeIndex node) {
    TreeLinks& mine = links(node);
    mine.size = static_cast<std::uint32_t>(weight(mine.child(Side::before)) +
                                           weight(mine.child(Side::after)) - 1);
    access_.summarize(node);
  }

  // Sizes, summaries and balance from `node` up to the root.
  void mend(NodeIndex node) {
    for (; node != none; node = links(node).parent) {
      update(node);
      node = balance(node);
    }
  }

  // Returns the node that is the top now.
  NodeIndex balance(NodeIndex node) {
    constexpr std::uint64_t twice = 2;
    for (const Side side : {Side::before, Side::after}) {
      const NodeIndex heavy = links(node).child(side);
      const std::uint64_t light = weight(links(node).child(opposite(side)));
      if (weight(heavy) <= lopsided * light) continue;
      const NodeIndex inner = links(heavy).child(opposite(side));
      if (weight(inner) < twice * weight(links(heavy).child(side))) {
        lift(heavy, side);
        return heavy;
      }
      lift(inner, opposite(side));
      lift(inner, side);
      return inner;
    }
    return node;
  }

  // Turns the edge above `node`, which is its parent's child on that side.
  void lift(NodeIndex node, Side side) {
    const NodeIndex parent = links(node).parent;
    replace(parent, node);
    adopt(parent, side, links(node).child(opposite(side)));
    adopt(node, opposite(side), parent);
    update(parent);
    update(node);
  }

  Access access_;
  Root root_;
};

}  // namespace syncline::crdt
