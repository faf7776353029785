#include "server/crdt/conflict_index.h"

#include <algorithm>

#include "server/base/assert.h"

namespace syncline::crdt {
namespace {

constexpr std::uint64_t label_end = std::uint64_t{1} << 63U;
constexpr std::uint64_t roomy = std::uint64_t{1} << 32U;

}  // namespace

ConflictIndex::Element ConflictIndex::origin_of(const Item& item) {
  if (!item.has_origin()) return {none, item.chain()};
  return {item.origin_client(), item.origin_clock()};
}

ConflictIndex::Pair ConflictIndex::pair_of(const Item& item) {
  if (!item.has_right_origin()) return {origin_of(item), {}};
  return {origin_of(item), {item.right_origin_client(), item.right_origin_clock()}};
}

ConflictIndex::Place ConflictIndex::place_of(const Element& element) const {
  if (element.client == none) return {beginning, 0};
  const NodeIndex node = node_of_[store_.find(element.client, element.clock)];
  return {nodes_[node].label, element.clock};
}

template <>
void ConflictIndex::Access<ConflictIndex::sequence, ConflictIndex>::summarize(
    NodeIndex node) const {
  NodeIndex leftmost = node;
  for (const NodeIndex child : links(node).children) {
    if (child == none) continue;
    const NodeIndex other = index->nodes_[child].leftmost;
    if (index->origin_place(other) < index->origin_place(leftmost)) leftmost = other;
  }
  index->nodes_[node].leftmost = leftmost;
}

template <>
void ConflictIndex::Access<ConflictIndex::siblings, ConflictIndex>::summarize(
    NodeIndex node) const {
  Node& mine = index->nodes_[node];
  mine.lowest = mine.client;
  mine.covered_last = mine.covered_by;
  for (const NodeIndex child : links(node).children) {
    if (child == none) continue;
    const Node& other = index->nodes_[child];
    mine.lowest = std::min(mine.lowest, other.lowest);
    if (mine.covered_last != none && index->stands_before(mine.covered_last, other.covered_last)) {
      mine.covered_last = other.covered_last;
    }
  }
}

template <>
void ConflictIndex::Access<ConflictIndex::peers, ConflictIndex>::summarize(NodeIndex node) const {
  Node& mine = index->nodes_[node];
  mine.highest = mine.client;
  for (const NodeIndex child : links(node).children) {
    if (child != none) mine.highest = std::max(mine.highest, index->nodes_[child].highest);
  }
}

NodeIndex ConflictIndex::allocate(ItemIndex item) {
  NodeIndex node = none;
  if (free_.empty()) {
    node = static_cast<NodeIndex>(nodes_.size());
    nodes_.emplace_back();
  } else {
    node = free_.back();
    free_.pop_back();
    nodes_[node] = Node();
  }
  if (item >= node_of_.size()) node_of_.resize(store_.items.size(), none);
  SYNCLINE_ASSERT(node_of_[item] == none, item);
  node_of_[item] = node;
  nodes_[node].item = item;
  nodes_[node].client = store_.client(store_.items[item].client()).id;
  return node;
}

void ConflictIndex::release(NodeIndex node) {
  node_of_[nodes_[node].item] = none;
  free_.push_back(node);
}

// Labels keep order in the manner of Bender and others, "Two simplified algorithms for maintaining
// order in a list" (2002): where there is no room left, they are spread over the smallest range
// around that is not too full. O(log n) an insertion, amortized.
void ConflictIndex::set_label(NodeIndex node, NodeIndex before, NodeIndex after, NodeIndex root) {
  for (;;) {
    const std::uint64_t low = before == none ? beginning : nodes_[before].label;
    const std::uint64_t high = after == none ? label_end : nodes_[after].label;
    if (high - low < 2) {
      spread_labels(before == none ? after : before, root);
      continue;
    }
    std::uint64_t step = (high - low) / 2;
    if (before == none && after != none) step = high - low - std::min(step, roomy);
    if (before != none && after == none) step = std::min(step, roomy);
    nodes_[node].label = low + step;
    return;
  }
}

void ConflictIndex::spread_labels(NodeIndex around, NodeIndex root) {
  constexpr double growth = 2 / 1.3;
  constexpr std::uint64_t gap = 4;
  const auto tree = tree_of<sequence>(root);
  NodeIndex first = around;
  NodeIndex last = around;
  std::uint64_t count = 1;
  double bearable = 1;
  for (unsigned bits = 1; bits < 64; ++bits) {
    bearable *= growth;
    const std::uint64_t size = std::uint64_t{1} << bits;
    const std::uint64_t base = nodes_[around].label & ~(size - 1);
    const auto extend = [&](NodeIndex& edge, Side side) {
      for (;;) {
        const NodeIndex next = tree.beside(edge, side);
        if (next == none || nodes_[next].label - base >= size) return;  // Also if it is below.
        edge = next;
        ++count;
      }
    };
    extend(first, Side::before);
    extend(last, Side::after);
    if (bits < 63 && (static_cast<double>(count) > bearable || size / (count + 1) < gap)) continue;
    const std::uint64_t step = size / (count + 1);
    std::uint64_t label = base;
    for (NodeIndex node = first;; node = tree.beside(node, Side::after)) {
      nodes_[node].label = label += step;
      if (node == last) return;
    }
  }
}

// REQUIRES: it has its label, and its origin, too.
void ConflictIndex::note_origin(NodeIndex node) {
  nodes_[node].stands_before_origin = place_of(origin_of(item_of(node))) > place_of(node);
}

void ConflictIndex::add_to_siblings(NodeIndex node) {
  if (nodes_[node].stands_before_origin) return;
  const auto goes_before = [&](NodeIndex other) { return stands_before(node, other); };
  const Item& item = item_of(node);
  NodeIndex& siblings_root = siblings_.try_emplace(origin_of(item), none).first->second;
  tree_of<siblings>(siblings_root).insert_by(node, goes_before);
  NodeIndex& peers_root = peers_.try_emplace(pair_of(item), none).first->second;
  tree_of<peers>(peers_root).insert_by(node, goes_before);
}

void ConflictIndex::insert_into(ItemIndex index, ItemIndex left, Insertion how) {
  const Item& item = store_.items[index];
  const auto chain = chains_.find(item.chain());
  if (chain == chains_.end()) return;
  auto tree = tree_of<sequence>(chain->second.root);
  const NodeIndex before = left == none ? none : node_of_[left];
  const NodeIndex after =
      before == none ? tree.end(Side::before) : tree.beside(before, Side::after);
  const NodeIndex node = allocate(index);
  set_label(node, before, after, chain->second.root);
  note_origin(node);
  tree.insert(node, before);
  const std::uint32_t size = nodes_[chain->second.root].links[sequence].size;
  chain->second.most = std::max(chain->second.most, size);
  // Nothing has its origin in a new struct. So if the next one is a sibling, what covers that one
  // covers this one, too; otherwise that one itself does, if its origin stands behind that of this
  // one. (Else it ends the walks from there. And the end of a struct that is cut stands right
  // behind its origin: there is no room for what would cover it.)
  if (how == Insertion::made && after != none && !nodes_[node].stands_before_origin) {
    if (item_of(after).same_origin(item)) {
      nodes_[node].covered_by = nodes_[after].covered_by;
    } else if (origin_place(after) > origin_place(node)) {
      nodes_[node].covered_by = after;
    }
  }
  add_to_siblings(node);
}

void ConflictIndex::erase_from(ItemIndex index) {
  const NodeIndex node = node_of_[index];
  const Item& item = store_.items[index];
  const auto forget = [&]<Tree tree>(auto& roots, const auto& key) {
    const auto at = roots.find(key);
    SYNCLINE_ASSERT(at != roots.end());
    tree_of<tree>(at->second).erase(node);
    if (at->second == none) roots.erase(at);
  };
  // (What stands before its origin does not get here: it is the end of no run.)
  forget.operator()<siblings>(siblings_, origin_of(item));
  forget.operator()<peers>(peers_, pair_of(item));
  const auto chain = chains_.find(item.chain());
  tree_of<sequence>(chain->second.root).erase(node);
  release(node);
  constexpr std::uint32_t worth_it = 4;
  const std::uint32_t left = nodes_[chain->second.root].links[sequence].size;
  if (left < chain->second.most / worth_it) drop(chain->first);
}

void ConflictIndex::build(ChainIndex chain, ItemIndex first) {
  std::vector<NodeIndex> nodes;
  for (ItemIndex at = first; at != none; at = store_.items[at].right()) {
    nodes.push_back(allocate(at));
  }
  SYNCLINE_ASSERT(!nodes.empty());
  const std::uint64_t step = label_end / (nodes.size() + 1);
  for (std::size_t i = 0; i < nodes.size(); ++i) nodes_[nodes[i]].label = step * (i + 1);
  for (const NodeIndex node : nodes) note_origin(node);
  Chain& indexed = chains_[chain];
  indexed.most = static_cast<std::uint32_t>(nodes.size());
  auto tree = tree_of<sequence>(indexed.root);
  const std::vector<NodeIndex> covers = find_covers(nodes);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    nodes_[nodes[i]].covered_by = covers[i];
    tree.insert(nodes[i], i == 0 ? none : nodes[i - 1]);
    add_to_siblings(nodes[i]);
  }
}

// What covers each of the nodes, which are those of a whole chain in order. From the last to the
// first, with a tree over all origins that tells where the first struct is whose origin is in a
// range, among those that have been passed.
std::vector<NodeIndex> ConflictIndex::find_covers(const std::vector<NodeIndex>& nodes) const {
  std::vector<Place> origins;
  origins.reserve(nodes.size());
  for (const NodeIndex node : nodes) origins.push_back(origin_place(node));
  std::sort(origins.begin(), origins.end());
  origins.erase(std::unique(origins.begin(), origins.end()), origins.end());
  const std::size_t count = origins.size();
  std::vector<std::size_t> firsts(2 * count, nodes.size());
  const auto rank = [&](auto bound) { return static_cast<std::size_t>(bound - origins.begin()); };
  std::vector<NodeIndex> covers(nodes.size(), none);
  for (std::size_t i = nodes.size(); i-- > 0;) {
    if (nodes_[nodes[i]].stands_before_origin) continue;
    const Place origin = origin_place(nodes[i]);
    const Place place = place_of(nodes[i]);
    std::size_t first = nodes.size();
    std::size_t low = count + rank(std::upper_bound(origins.begin(), origins.end(), origin));
    std::size_t high = count + rank(std::lower_bound(origins.begin(), origins.end(), place));
    for (; low < high; low /= 2, high /= 2) {
      if (low % 2 == 1) first = std::min(first, firsts[low++]);
      if (high % 2 == 1) first = std::min(first, firsts[--high]);
    }
    if (first < nodes.size()) covers[i] = nodes[first];
    std::size_t at = count + rank(std::lower_bound(origins.begin(), origins.end(), origin));
    for (; at > 0; at /= 2) firsts[at] = i;
  }
  return covers;
}

void ConflictIndex::drop(ChainIndex chain) {
  if (!has(chain)) return;
  const auto found = chains_.find(chain);
  std::vector<NodeIndex> nodes;
  const auto tree = tree_of<sequence>(found->second.root);
  for (NodeIndex node = tree.end(Side::before); node != none;
       node = tree.beside(node, Side::after)) {
    nodes.push_back(node);
  }
  for (const NodeIndex node : nodes) {
    siblings_.erase(origin_of(item_of(node)));
    peers_.erase(pair_of(item_of(node)));
    release(node);
  }
  chains_.erase(found);
  if (!chains_.empty()) return;
  nodes_ = std::vector<Node>();
  free_ = std::vector<NodeIndex>();
  node_of_ = std::vector<NodeIndex>();
}

// The first struct behind `start` (none: from the chain's beginning on) whose origin stands before
// `origin`; none if there is none.
NodeIndex ConflictIndex::end_of_offspring(const Element& origin, NodeIndex start,
                                          NodeIndex root) const {
  const Place place = place_of(origin);
  const auto hangs_before = [&](NodeIndex node) {
    // Most are siblings, whose origin need not be looked for.
    if (nodes_[node].stands_before_origin) return true;
    return origin_of(item_of(node)) != origin && origin_place(node) < place;
  };
  const auto has_such = [&](NodeIndex node) { return hangs_before(nodes_[node].leftmost); };
  const auto tree = tree_of<sequence>(root);
  return start == none ? tree.outermost(Side::before, hangs_before, has_such)
                       : tree.nearest(start, Side::after, hangs_before, has_such);
}

// Where the walk from `start` for `item` ends; none: with the chain.
NodeIndex ConflictIndex::end_of_walk(const Item& item, NodeIndex start, ItemIndex right,
                                     NodeIndex root) const {
  NodeIndex end = end_of_offspring(origin_of(item), start, root);
  if (right != none && store_.items[right].chain() == item.chain()) {
    const NodeIndex wanted = node_of_[right];
    const bool is_ahead = start == none || stands_before(start, wanted);
    if (is_ahead && stands_before(wanted, end)) end = wanted;
  }
  const auto found = peers_.find(pair_of(item));
  if (found == peers_.end()) return end;
  const ClientId client = store_.client(item.client()).id;
  const auto is_no_lower = [&](NodeIndex node) { return nodes_[node].client >= client; };
  const auto has_no_lower = [&](NodeIndex node) { return nodes_[node].highest >= client; };
  const NodeIndex peer =
      tree_of<peers>(found->second).outermost(Side::before, is_no_lower, has_no_lower);
  return peer != none && stands_before(peer, end) ? peer : end;
}

ItemIndex ConflictIndex::find_place(const Item& item, ItemIndex left, ItemIndex right) const {
  const auto found = siblings_.find(origin_of(item));
  if (found == siblings_.end()) return left;
  const NodeIndex root = chains_.find(item.chain())->second.root;
  const NodeIndex start = left == none ? none : node_of_[left];
  NodeIndex end = end_of_walk(item, start, right, root);
  const auto tree = tree_of<siblings>(found->second);
  const ClientId client = store_.client(item.client()).id;
  const auto is_lower = [&](NodeIndex node) { return nodes_[node].client < client; };
  const auto has_lower = [&](NodeIndex node) { return nodes_[node].lowest < client; };
  const NodeIndex beyond =
      tree.first_from([&](NodeIndex node) { return !stands_before(node, end); });
  const NodeIndex lower = beyond == none ? tree.outermost(Side::after, is_lower, has_lower)
                                         : tree.nearest(beyond, Side::before, is_lower, has_lower);
  if (lower == none) return left;
  const auto is_bare = [&](NodeIndex node) { return !is_covered(nodes_[node].covered_by, end); };
  const auto has_bare = [&](NodeIndex node) { return !is_covered(nodes_[node].covered_last, end); };
  const NodeIndex next = tree.nearest(lower, Side::after, is_bare, has_bare);
  if (next != none && stands_before(next, end)) end = next;
  const auto chain = tree_of<sequence>(root);
  return nodes_[end == none ? chain.end(Side::after) : chain.beside(end, Side::before)].item;
}

std::size_t ConflictIndex::memory_bytes() const {
  constexpr std::size_t map_node = 5 * sizeof(void*);  // With what malloc adds.
  return nodes_.capacity() * sizeof(Node) +
         (node_of_.capacity() + free_.capacity()) * sizeof(NodeIndex) +
         siblings_.size() * (map_node + sizeof(Element) + sizeof(NodeIndex)) +
         peers_.size() * (map_node + sizeof(Pair) + sizeof(NodeIndex));
}

// Whether the trees of siblings and peers hold `nodes`, and nothing else beside them, each in its
// order, and summaries are what they are made of.
bool ConflictIndex::check_trees(const std::vector<NodeIndex>& nodes) const {
  std::map<Element, std::vector<NodeIndex>> by_origin;
  std::map<Pair, std::vector<NodeIndex>> by_pair;
  for (const NodeIndex node : nodes) {
    if (nodes_[node].stands_before_origin) continue;
    by_origin[origin_of(item_of(node))].push_back(node);
    by_pair[pair_of(item_of(node))].push_back(node);
  }
  const auto holds = [&]<Tree which>(const auto& roots, const auto& groups, auto is_sound) {
    for (const auto& [key, group] : groups) {
      const auto found = roots.find(key);
      if (found == roots.end()) return false;
      const auto tree = tree_of<which>(found->second);
      if (!tree.check()) return false;
      NodeIndex at = tree.end(Side::before);
      for (const NodeIndex node : group) {
        if (at != node || !is_sound(nodes_[node])) return false;
        at = tree.beside(node, Side::after);
      }
      if (at != none) return false;
    }
    return true;
  };
  const auto over = [&](const Node& node, Tree tree, auto value, auto better) {
    auto best = value(node, false);
    for (const NodeIndex child : node.links[tree].children) {
      if (child != none) best = better(best, value(nodes_[child], true));
    }
    return best == value(node, true);
  };
  const auto siblings_sound = [&](const Node& node) {
    const auto lowest = [](const Node& n, bool all) { return all ? n.lowest : n.client; };
    const auto least = [](ClientId a, ClientId b) { return std::min(a, b); };
    const auto cover = [](const Node& n, bool all) { return all ? n.covered_last : n.covered_by; };
    const auto last = [&](NodeIndex a, NodeIndex b) {
      return a == none || (b != none && stands_before(b, a)) ? a : b;
    };
    return over(node, siblings, lowest, least) && over(node, siblings, cover, last);
  };
  const auto peers_sound = [&](const Node& node) {
    const auto highest = [](const Node& n, bool all) { return all ? n.highest : n.client; };
    return over(node, peers, highest, [](ClientId a, ClientId b) { return std::max(a, b); });
  };
  return holds.operator()<siblings>(siblings_, by_origin, siblings_sound) &&
         holds.operator()<peers>(peers_, by_pair, peers_sound);
}

bool ConflictIndex::check(ChainIndex chain, ItemIndex first) const {
  if (!has(chain)) return true;
  const NodeIndex root = chains_.find(chain)->second.root;
  const auto tree = tree_of<sequence>(root);
  if (!tree.check()) return false;
  std::vector<NodeIndex> nodes;
  NodeIndex node = tree.end(Side::before);
  for (ItemIndex at = first; at != none; at = store_.items[at].right()) {
    if (node == none || nodes_[node].item != at || node_of_[at] != node ||
        nodes_[node].client != store_.client(store_.items[at].client()).id) {
      return false;
    }
    if (!nodes.empty() && nodes_[nodes.back()].label >= nodes_[node].label) return false;
    nodes.push_back(node);
    node = tree.beside(node, Side::after);
  }
  if (node != none) return false;
  const std::vector<NodeIndex> covers = find_covers(nodes);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const bool before_origin = place_of(origin_of(item_of(nodes[i]))) > place_of(nodes[i]);
    if (before_origin != nodes_[nodes[i]].stands_before_origin) return false;
    const NodeIndex end = end_of_offspring(origin_of(item_of(nodes[i])), nodes[i], root);
    const auto within = [&](NodeIndex cover) { return is_covered(cover, end) ? cover : none; };
    if (within(covers[i]) != within(nodes_[nodes[i]].covered_by)) return false;
    Place leftmost = origin_place(nodes[i]);
    for (const NodeIndex child : nodes_[nodes[i]].links[sequence].children) {
      if (child != none) leftmost = std::min(leftmost, origin_place(nodes_[child].leftmost));
    }
    if (leftmost != origin_place(nodes_[nodes[i]].leftmost)) return false;
  }
  return check_trees(nodes);
}

}  // namespace syncline::crdt
