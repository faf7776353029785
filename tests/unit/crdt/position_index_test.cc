#include "server/crdt/position_index.h"

#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace syncline::crdt {
namespace {

constexpr ChainIndex list = 3;

// A list that is nothing but a vector: what the tree must agree with.
struct Model {
  ItemSlab items;
  std::vector<ItemIndex> order;

  void link() {
    for (std::size_t i = 0; i < order.size(); ++i) {
      items[order[i]].set_right(i + 1 < order.size() ? order[i + 1] : none);
    }
  }
  ItemIndex first() const { return order.empty() ? none : order[0]; }
  ItemIndex add(std::size_t at, Clock length) {
    const ItemIndex item = items.allocate();
    items[item].set_kind(StructKind::string);
    items[item].set_length(length);
    order.insert(order.begin() + static_cast<std::ptrdiff_t>(at), item);
    link();
    return item;
  }
  Clock width(ItemIndex item) const { return items[item].visible() ? items[item].length() : 0; }
};

void expect_agreement(const PositionIndex& index, const Model& model) {
  RC_ASSERT(index.check(list, model.first(), model.items));
  Clock before = 0;
  for (const ItemIndex item : model.order) {
    RC_ASSERT(index.before(item) == before);
    const Clock width = model.width(item);
    for (const Clock inside : {Clock{1}, width}) {
      if (width == 0) continue;
      const PositionIndex::Place place = index.find(list, before + inside);
      RC_ASSERT(place.item == item);
      RC_ASSERT(place.before == before);
    }
    before += width;
  }
}

RC_GTEST_PROP(PositionIndex, agrees_with_a_walk_after_any_change, ()) {
  Model model;
  PositionIndex index;
  const auto built_with = *rc::gen::inRange<std::size_t>(0, 60);
  for (std::size_t i = 0; i < built_with; ++i) model.add(i, *rc::gen::inRange<Clock>(1, 5));
  index.build(list, model.first(), model.items);
  const auto steps = *rc::gen::inRange(0, 120);
  for (int i = 0; i < steps; ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, model.order.size() + 1);
    const bool is_item = at < model.order.size();
    switch (*rc::gen::weightedElement<int>({{4, 0}, {2, 1}, {2, 2}})) {
      case 0: {
        const ItemIndex item = model.add(at, *rc::gen::inRange<Clock>(1, 5));
        index.insert(list, item, at == 0 ? none : model.order[at - 1], model.width(item));
        break;
      }
      case 1:
        if (!is_item) break;
        model.items[model.order[at]].set_deleted();
        index.resize(model.order[at], 0);
        break;
      default: {
        if (!is_item) break;
        const ItemIndex item = model.order[at];
        model.order.erase(model.order.begin() + static_cast<std::ptrdiff_t>(at));
        model.link();
        index.erase(item);
        model.items.release(item);
      }
    }
  }
  expect_agreement(index, model);
  index.drop(list);
  RC_ASSERT(!index.has(list));
}

}  // namespace
}  // namespace syncline::crdt
