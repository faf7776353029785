#include "sim/reference/document.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace syncline::reference {
namespace {

constexpr char16_t replacement = 0xFFFD;

bool is_high_surrogate(char16_t unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_low_surrogate(char16_t unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

// Where `element` stands in `list`, its size if it does not.
std::size_t position(const std::vector<Element*>& list, const Element* element) {
  return static_cast<std::size_t>(
      std::distance(list.begin(), std::find(list.begin(), list.end(), element)));
}

}  // namespace

std::uint64_t Document::state(std::uint64_t client) const {
  const auto found = elements_.find(client);
  return found == elements_.end() ? 0 : found->second.size();
}

Element* Document::find(const Id& id) const {
  return id.clock < state(id.client) ? elements_.at(id.client)[id.clock].get() : nullptr;
}

Result<void> Document::apply_update(BytesView bytes) {
  SYNCLINE_ASSIGN(Update update, read_update(bytes));
  std::move(update.structs.begin(), update.structs.end(), std::back_inserter(waiting_));
  waiting_deletes_.insert(waiting_deletes_.end(), update.deletes.begin(), update.deletes.end());
  for (bool moved = true; moved;) {
    moved = false;
    for (std::size_t i = 0; i < waiting_.size();) {
      SYNCLINE_ASSIGN(const bool done, try_struct(waiting_[i]));
      if (done) waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
      if (!done) ++i;
      moved = moved || done;
    }
  }
  std::erase_if(waiting_deletes_, [this](Range& range) { return try_delete(range); });
  return {};
}

// Whether one of the elements that it refers to has not come yet.
bool Document::misses(const Struct& one) const {
  const auto unknown = [this](const std::optional<Id>& id) { return id && !find(*id); };
  return unknown(one.origin) || unknown(one.right_origin) || unknown(one.parent);
}

// True once nothing of it waits any more: it was known, or is integrated now.
Result<bool> Document::try_struct(const Struct& one) {
  const std::uint64_t known = state(one.id.client);
  if (one.end() <= known) return true;
  if (one.id.clock > known || misses(one)) return false;
  SYNCLINE_TRY(integrate(one, known - one.id.clock));
  return true;
}

// A run is its elements one after the other: each but the first was made to the right of the one
// before it.
Result<void> Document::integrate(const Struct& one, std::uint64_t offset) {
  if (one.origin) cut_before({one.origin->client, one.origin->clock + 1});
  if (one.right_origin) cut_before(*one.right_origin);
  std::optional<std::string> key = one.key;
  Type* parent = parent_of(one, key);
  for (std::uint64_t i = offset; i < one.length; ++i) {
    auto element = std::make_unique<Element>();
    element->id = {one.id.client, one.id.clock + i};
    element->content = one.content(i);
    if (!parent) element->content.kind = Kind::collected;
    if (element->collected()) {
      element->deleted = true;
      append(std::move(element));
      continue;
    }
    if (i > 0 && i == offset && is_low_surrogate(element->content.unit)) {
      element->content.unit = replacement;  // Its first half was known, and came without it.
    }
    element->origin = i == 0 ? one.origin : Id{one.id.client, one.id.clock + i - 1};
    element->right_origin = one.right_origin;
    element->parent = parent;
    element->key = key;
    Element& placed = *element;
    append(std::move(element));
    SYNCLINE_TRY(place(placed));
  }
  return {};
}

// Whose list or map it goes to: what the update says, or else where its neighbours are. Unknown if
// one of those was collected, which happens to what was in something that has been deleted.
Type* Document::parent_of(const Struct& one, std::optional<std::string>& key) {
  const Element* left = one.origin ? find(*one.origin) : nullptr;
  const Element* right = one.right_origin ? find(*one.right_origin) : nullptr;
  if ((left && left->collected()) || (right && right->collected())) return nullptr;
  if (one.root) return &roots_[*one.root];
  if (one.parent) return find(*one.parent)->type.get();
  const Element* neighbour = left ? left : right;
  if (!neighbour) return nullptr;  // A collected run: it says nothing.
  key = neighbour->key;
  return neighbour->parent;
}

void Document::append(std::unique_ptr<Element> element) {
  if (element->content.kind == Kind::type) {
    element->type = std::make_unique<Type>();
    element->type->kind = element->content.type;
    element->type->name = element->content.name;
    element->type->holder = element.get();
  }
  elements_[element->id.client].push_back(std::move(element));
}

// YATA's rule, as yjs' Item.integrate has it. Between the element's two neighbours others may have
// come that its author did not know. It goes to the right of
//   - those with the same left neighbour that a lower client made, and what hangs on them;
//   - those whose left neighbour is further right than its own, if they hang on such a one.
// The walk ends at the first whose left neighbour stands before ours.
Result<void> Document::place(Element& element) {
  std::vector<Element*>& list =
      element.key ? element.parent->entries[*element.key] : element.parent->list;
  std::size_t from = 0;
  if (element.origin) from = position(list, find(*element.origin)) + 1;
  std::size_t to = list.size();
  if (element.right_origin) to = position(list, find(*element.right_origin));
  if (from > list.size() || (element.right_origin && to == list.size())) {
    return Error{ErrorCode::malformed, "a neighbour in another list"};
  }
  std::size_t destination = from;
  std::set<const Element*> passed;     // All that the walk has seen.
  std::set<const Element*> undecided;  // Those of them that may still go to the right of it.
  for (std::size_t at = from; at < to; ++at) {
    const Element& other = *list[at];
    passed.insert(&other);
    undecided.insert(&other);
    const Element* other_origin = other.origin ? find(*other.origin) : nullptr;
    if (other.origin == element.origin) {
      if (other.id.client < element.id.client) {
        destination = at + 1;
        undecided.clear();
      } else if (other.right_origin == element.right_origin) {
        break;  // The very same place: the lower client's stands to the left.
      }
    } else if (other_origin && passed.contains(other_origin)) {
      if (!undecided.contains(other_origin)) {
        destination = at + 1;
        undecided.clear();
      }
    } else {
      break;
    }
  }
  list.insert(list.begin() + static_cast<std::ptrdiff_t>(destination), &element);
  if (element.key) {
    // Of a key's values the last one counts; the others are deleted.
    const bool is_last = list.back() == &element;
    if (is_last && list.size() > 1) delete_element(*list[list.size() - 2]);
    if (!is_last) delete_element(element);
  }
  const Element* holder = element.parent->holder;
  if (element.content.kind == Kind::deleted || (holder && holder->deleted)) {
    delete_element(element);
  }
  return {};
}

// What is in something deleted is deleted.
void Document::delete_element(Element& element) {
  if (element.deleted) return;
  element.deleted = true;
  if (!element.type) return;
  for (Element* child : element.type->list) delete_element(*child);
  for (auto& [key, values] : element.type->entries) {
    for (Element* value : values) delete_element(*value);
  }
}

// Deletes what is known of the range, and leaves the rest of it in `range`. True if none is left.
bool Document::try_delete(Range& range) {
  const std::uint64_t known = state(range.client);
  const std::uint64_t end = std::min(range.end(), known);
  if (range.clock < end) {
    if (!find({range.client, range.clock})->deleted) cut_before({range.client, range.clock});
    if (end < known && !find({range.client, end})->deleted) cut_before({range.client, end});
    for (std::uint64_t at = range.clock; at < end; ++at) delete_element(*find({range.client, at}));
    range = {range.client, end, range.end() - end};
  }
  return range.length == 0;
}

// Something refers to the place before this element. Where that is inside a surrogate pair, both
// halves become replacement characters: alone they are no text, and yjs cannot send them.
void Document::cut_before(const Id& id) {
  if (id.clock == 0) return;
  Element* left = find({id.client, id.clock - 1});
  Element* right = find(id);
  if (!left || !right) return;
  if (!is_high_surrogate(left->content.unit) || !is_low_surrogate(right->content.unit)) return;
  left->content.unit = replacement;
  right->content.unit = replacement;
}

std::map<std::uint64_t, std::uint64_t> Document::state_vector() const {
  std::map<std::uint64_t, std::uint64_t> vector;
  for (const auto& [client, elements] : elements_) vector[client] = elements.size();
  return vector;
}

std::vector<Range> Document::delete_set() const {
  std::vector<Range> ranges;
  for (const auto& [client, elements] : elements_) {
    for (const auto& element : elements) {
      if (!element->deleted) continue;
      const std::uint64_t clock = element->id.clock;
      if (!ranges.empty() && ranges.back().client == client && ranges.back().end() == clock) {
        ++ranges.back().length;
      } else {
        ranges.push_back({client, clock, 1});
      }
    }
  }
  return ranges;
}

bool Document::allows_delete_set(const std::vector<Range>& deleted) const {
  const auto contains = [&](const Id& id) {
    return std::any_of(deleted.begin(), deleted.end(), [&](const Range& range) {
      return range.client == id.client && range.clock <= id.clock && id.clock < range.end();
    });
  };
  for (const auto& [client, elements] : elements_) {
    for (const auto& element : elements) {
      const bool there = contains(element->id);
      if (there == element->deleted) continue;
      if (!there || element->content.kind != Kind::format) return false;
    }
  }
  return std::all_of(deleted.begin(), deleted.end(),
                     [&](const Range& range) { return range.end() <= state(range.client); });
}

std::vector<std::string> Document::root_names() const {
  std::vector<std::string> names;
  for (const auto& [name, type] : roots_) names.push_back(name);
  return names;
}

const Type* Document::root(std::string_view name) const {
  const auto found = roots_.find(name);
  return found == roots_.end() ? nullptr : &found->second;
}

}  // namespace syncline::reference
