// What can only be judged in the document: whether an update's parents can hold anything, and how
// deep its types would lie.

#include <algorithm>

#include "server/crdt/doc_state.h"

namespace syncline::crdt {
namespace {

class ReferenceCheck {
 public:
  ReferenceCheck(const DocState& doc, const DecodedUpdate& update) : doc_(doc), update_(update) {}

  Result<void> check() {
    bool makes_types = false;
    for (const DecodedStruct& value : update_.structs) {
      makes_types |= value.kind == StructKind::type;
      if (value.parent == ParentKind::item && !can_hold(value.parent_item)) {
        return Error{ErrorCode::malformed, "a parent that is no type"};
      }
    }
    if (!makes_types) return {};
    depths_.assign(update_.structs.size(), unresolved);
    for (std::size_t i = 0; i < update_.structs.size(); ++i) {
      if (update_.structs[i].kind != StructKind::type) continue;
      if (!resolve(i)) return Error{ErrorCode::malformed, "structs that refer to each other"};
      if (depths_[i] >= doc_.options.nesting_depth_max) return ErrorCode::too_deep;
    }
    return {};
  }

 private:
  static constexpr std::uint32_t unresolved = none;
  static constexpr std::uint32_t in_progress = none - 1;

  // The struct of the update that covers an id; its number of structs if there is none.
  std::size_t find(const Id& id) {
    if (sorted_.size() != update_.runs.size()) {
      sorted_ = update_.runs;
      std::sort(sorted_.begin(), sorted_.end(),
                [](const ClientRun& a, const ClientRun& b) { return a.client < b.client; });
    }
    const auto run =
        std::lower_bound(sorted_.begin(), sorted_.end(), id.client,
                         [](const ClientRun& a, ClientId client) { return a.client < client; });
    if (run == sorted_.end() || run->client != id.client) return update_.structs.size();
    const auto begin = update_.structs.begin() + static_cast<std::ptrdiff_t>(run->begin);
    const auto end = update_.structs.begin() + static_cast<std::ptrdiff_t>(run->end);
    const auto after = std::upper_bound(begin, end, id.clock, [](Clock clock, const auto& value) {
      return clock < value.id.clock;
    });
    if (after == begin || (after - 1)->end() <= id.clock) return update_.structs.size();
    return static_cast<std::size_t>(after - 1 - update_.structs.begin());
  }

  // A collected type is a deleted run or GC; what is not known yet may be a type.
  bool can_hold(const Id& id) {
    StructKind kind = StructKind::type;
    if (const Item* item = doc_.find_item(id)) {
      kind = item->kind();
    } else if (const std::size_t at = find(id); at < update_.structs.size()) {
      kind = update_.structs[at].kind;
    }
    return kind == StructKind::type || kind == StructKind::deleted || !is_item(kind);
  }

  // Of a struct's parent. What it hangs on: an item of the document, one of the update (`next`), or
  // something unknown, which counts as the ground.
  struct Link {
    std::uint32_t depth = 0;
    std::size_t next = 0;
    bool in_update = false;
    bool is_parent = false;  // `next` holds it, rather than stands beside it.
  };

  Link link(const DecodedStruct& value) {
    Link link;
    if (!is_item(value.kind)) return link;
    if (value.parent == ParentKind::root) {
      link.depth = 1;
      return link;
    }
    link.is_parent = value.parent == ParentKind::item;
    const Id& id = link.is_parent     ? value.parent_item
                   : value.has_origin ? value.origin
                                      : value.right_origin;
    if (const Item* item = doc_.find_item(id)) {
      const TypeIndex type = !link.is_parent                    ? doc_.parent_of(*item)
                             : item->kind() == StructKind::type ? item->type()
                                                                : none;
      link.depth = type == none ? 0 : doc_.types[type].depth;
    } else {
      link.next = find(id);
      link.in_update = link.next < update_.structs.size();
    }
    return link;
  }

  // Fills depths_[at]: how deep the type lies that holds the struct. False for a circle.
  bool resolve(std::size_t at) {
    struct Step {
      std::size_t index;
      bool is_parent;
    };
    std::vector<Step> path;
    std::uint32_t depth = 0;
    while (true) {
      if (depths_[at] == in_progress) return false;
      if (depths_[at] != unresolved) {
        depth = depths_[at];
        break;
      }
      const Link next = link(update_.structs[at]);
      if (!next.in_update) {
        depths_[at] = depth = next.depth;
        break;
      }
      depths_[at] = in_progress;
      path.push_back({at, next.is_parent});
      at = next.next;
    }
    for (auto step = path.rbegin(); step != path.rend(); ++step) {
      if (step->is_parent) ++depth;
      depths_[step->index] = depth;
    }
    return true;
  }

  const DocState& doc_;
  const DecodedUpdate& update_;
  std::vector<ClientRun> sorted_;  // By client; filled when first needed.
  std::vector<std::uint32_t> depths_;
};

}  // namespace

Result<void> DocState::check_references(const DecodedUpdate& update) const {
  return ReferenceCheck(*this, update).check();
}

}  // namespace syncline::crdt
