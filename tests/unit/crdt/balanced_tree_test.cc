#include "server/crdt/balanced_tree.h"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace syncline::crdt {
namespace {

// Numbers in a row, each subtree knowing its largest: what a vector must agree with.
struct Forest {
  struct Node {
    TreeLinks links;
    int value = 0;
    int largest = 0;
  };
  std::vector<Node> nodes;
};

struct Access {
  Forest* forest;
  TreeLinks& links(NodeIndex node) const { return forest->nodes[node].links; }
  void summarize(NodeIndex node) const {
    Forest::Node& mine = forest->nodes[node];
    mine.largest = mine.value;
    for (const NodeIndex child : mine.links.children) {
      if (child != none) mine.largest = std::max(mine.largest, forest->nodes[child].largest);
    }
  }
};

std::size_t draw_below(std::size_t end) { return *rc::gen::inRange<std::size_t>(0, end); }

void expect_agreement(const BalancedTree<Access>& tree, const Forest& forest,
                      const std::vector<NodeIndex>& order) {
  RC_ASSERT(tree.check());
  RC_ASSERT(tree.end(Side::before) == (order.empty() ? none : order.front()));
  RC_ASSERT(tree.end(Side::after) == (order.empty() ? none : order.back()));
  const int bound = *rc::gen::inRange(0, 100);
  const auto here = [&](NodeIndex node) { return forest.nodes[node].value >= bound; };
  const auto below = [&](NodeIndex node) { return forest.nodes[node].largest >= bound; };
  NodeIndex before = none;  // The last so far for which `here` holds.
  NodeIndex last = none;
  for (const NodeIndex node : order) {
    RC_ASSERT(tree.beside(node, Side::before) == last);
    if (last != none) RC_ASSERT(tree.beside(last, Side::after) == node);
    RC_ASSERT(tree.nearest(node, Side::before, here, below) == before);
    if (before == none && here(node)) {
      RC_ASSERT(tree.outermost(Side::before, here, below) == node);
    }
    if (here(node)) before = node;
    last = node;
  }
  if (last != none) RC_ASSERT(tree.beside(last, Side::after) == none);
  RC_ASSERT(tree.outermost(Side::after, here, below) == before);
  NodeIndex after = none;
  for (auto node = order.rbegin(); node != order.rend(); ++node) {
    RC_ASSERT(tree.nearest(*node, Side::after, here, below) == after);
    if (here(*node)) after = *node;
  }
}

RC_GTEST_PROP(balanced_tree, is_a_row_that_stays_balanced, ()) {
  Forest forest;
  NodeIndex root = none;
  BalancedTree<Access> tree({&forest}, root);
  std::vector<NodeIndex> order;
  // All at one end, all at the other, or anywhere.
  const std::size_t where = draw_below(3);
  for (std::size_t steps = draw_below(200); steps > 0; --steps) {
    if (!order.empty() && draw_below(3) == 0) {
      const auto at = order.begin() + static_cast<std::ptrdiff_t>(draw_below(order.size()));
      tree.erase(*at);
      order.erase(at);
    } else {
      const std::size_t at = where == 0   ? 0
                             : where == 1 ? order.size()
                                          : draw_below(order.size() + 1);
      const auto node = static_cast<NodeIndex>(forest.nodes.size());
      forest.nodes.push_back({.links = {}, .value = *rc::gen::inRange(0, 100)});
      tree.insert(node, at == 0 ? none : order[at - 1]);
      order.insert(order.begin() + static_cast<std::ptrdiff_t>(at), node);
    }
    expect_agreement(tree, forest, order);
  }
}

RC_GTEST_PROP(balanced_tree, is_in_order_when_filled_by_order, ()) {
  Forest forest;
  NodeIndex root = none;
  BalancedTree<Access> tree({&forest}, root);
  const auto values = *rc::gen::unique<std::vector<int>>(rc::gen::inRange(0, 1000));
  std::vector<NodeIndex> order;
  for (const int value : values) {
    const auto node = static_cast<NodeIndex>(forest.nodes.size());
    forest.nodes.push_back({.links = {}, .value = value});
    const auto goes_before = [&](NodeIndex other) { return value < forest.nodes[other].value; };
    tree.insert_by(node, goes_before);
    order.insert(std::ranges::find_if(order, goes_before), node);
    expect_agreement(tree, forest, order);
  }
  for (const int value : values) {
    const auto holds = [&](NodeIndex node) { return forest.nodes[node].value >= value; };
    RC_ASSERT(forest.nodes[tree.first_from(holds)].value == value);
  }
}

}  // namespace
}  // namespace syncline::crdt
