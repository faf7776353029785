#include "tests/property/crdt/history.h"

#include <algorithm>
#include <string>
#include <utility>

#include <rapidcheck.h>

#include "server/crdt/array.h"
#include "server/crdt/map.h"
#include "server/crdt/text.h"
#include "server/crdt/xml.h"

namespace syncline::crdt {
namespace {

using lib0::Any;

std::size_t below(std::size_t end) { return *rc::gen::inRange<std::size_t>(0, end); }
bool one_in(std::size_t n) { return below(n) == 0; }

struct Span {
  Clock index;
  Clock length;
};

// Mostly short, and never beyond the end.
Span draw_span(Clock length) {
  const Clock index = below(length + 1);
  return {index, std::min<Clock>(length - index, below(5))};
}

std::string draw_word(bool surrogate_pairs = true) {
  if (surrogate_pairs && one_in(4)) return one_in(2) ? "\U0001F600" : "x\U0001F600y";
  return *rc::gen::element<std::string>("a", "bc", "\u00fc", "long word", "\n");
}

std::string draw_key() { return *rc::gen::element<std::string>("k", "l", "10", "\u00fc"); }

Any draw_value() {
  switch (below(6)) {
    case 0:
      return Any(static_cast<int>(below(200)) - 100);
    case 1:
      return Any(0.25);
    case 2:
      return Any::null();
    case 3:
      return Any(Any::Array{Any(true), Any(draw_word())});
    case 4:
      return Any::object({{"b", Any(1)}, {"a", Any()}, {"7", Any(draw_word())}});
    default:
      return Any(draw_word());
  }
}

Any draw_attributes() {
  const auto value = [](Any some) { return one_in(3) ? Any::null() : some; };
  switch (below(3)) {
    case 0:
      return Any::object({{"bold", value(Any(true))}});
    case 1:
      return Any::object({{"color", value(Any(one_in(2) ? "red" : "blue"))}});
    default:
      return Any::object({{"bold", value(Any(true))}, {"color", value(Any("red"))}});
  }
}

Result<void> edit_text(Text text, const HistoryShape& shape) {
  const Span span = draw_span(text.length());
  switch (below(shape.formats ? 8 : 4)) {
    case 0:
      return text.remove(span.index, span.length);
    case 4:
      return text.insert(span.index, draw_word(shape.surrogate_pairs), draw_attributes());
    case 5:
    case 6:
      return text.format(span.index, span.length, draw_attributes());
    case 7:
      return text.insert_embed(span.index, Any::object({{"image", Any(draw_word())}}),
                               one_in(2) ? draw_attributes() : Any::object({}));
    default:
      return text.insert(shape.crowded ? std::min<Clock>(span.index, 2) : span.index,
                         draw_word(shape.surrogate_pairs));
  }
}

TypeKind draw_type() { return *rc::gen::element(TypeKind::text, TypeKind::array, TypeKind::map); }

Result<void> edit_array(Array array) {
  const Span span = draw_span(array.length());
  switch (below(4)) {
    case 0:
      return array.remove(span.index, span.length);
    case 1:
      SYNCLINE_TRY(array.insert_type(span.index, draw_type()));
      return {};
    default: {
      std::vector<Any> values(1 + below(3));
      for (Any& value : values) value = draw_value();
      return array.insert(span.index, values);
    }
  }
}

Result<void> edit_map(Map map) {
  const std::string key = draw_key();
  switch (below(4)) {
    case 0:
      return map.remove(key);
    case 1:
      SYNCLINE_TRY(map.set_type(key, draw_type()));
      return {};
    default:
      return map.set(key, draw_value());
  }
}

Result<void> edit_xml(XmlFragment fragment) {
  const Span span = draw_span(fragment.length());
  switch (below(4)) {
    case 0:
      return fragment.remove(span.index, span.length);
    case 1:
      SYNCLINE_TRY(fragment.insert_text(span.index));
      return {};
    default:
      SYNCLINE_TRY(fragment.insert_element(span.index, one_in(2) ? "p" : "H1"));
      return {};
  }
}

Result<void> edit_element(XmlElement element) {
  if (!one_in(3)) return edit_xml(element);
  if (one_in(3)) return element.remove_attribute(draw_key());
  return element.set_attribute(draw_key(), Any(draw_word()));
}

Result<void> edit_type(SharedType type, const HistoryShape& shape) {
  switch (type.kind()) {
    case TypeKind::text:
      return edit_text(type.as_text(), shape);
    case TypeKind::xml_text:
      // The reference reads those without their formats.
      return edit_text(type.as_text(), {.crowded = shape.crowded});
    case TypeKind::array:
      return edit_array(type.as_array());
    case TypeKind::map:
      return edit_map(type.as_map());
    case TypeKind::xml_element:
      return edit_element(type.as_xml_element());
    default:
      return edit_xml(type.as_xml_fragment());
  }
}

// A child of the type, if the draw hits one.
std::optional<SharedType> draw_child(SharedType type) {
  if (type.kind() == TypeKind::text || type.kind() == TypeKind::xml_text) return std::nullopt;
  if (type.kind() == TypeKind::map) return type.child(draw_key());
  return type.length() == 0 ? std::nullopt : type.child(below(type.length()));
}

SharedType draw_root(Doc& doc, const HistoryShape& shape) {
  switch (shape.crowded ? 0 : below(5)) {
    case 0:
    case 1:
      return doc.text(root_text);
    case 2:
      return doc.array(root_array);
    case 3:
      return doc.map(root_map);
    default:
      return doc.xml_fragment(root_xml);
  }
}

}  // namespace

void edit_randomly(Doc& doc, const HistoryShape& shape) {
  SharedType type = draw_root(doc, shape);
  while (!one_in(3)) {
    const auto child = draw_child(type);
    if (!child) break;
    type = *child;
  }
  const auto edited = edit_type(type, shape);
  if (!edited.ok()) RC_FAIL(edited.error().message());
}

std::vector<Author> draw_authors() {
  // Neither in order nor of one size: an id's rank decides who stands first.
  std::vector<Author> authors;
  const std::size_t count = 2 + below(3);
  for (const ClientId id : {7U, 3U, 1000U, 4'000'000'000U}) {
    if (authors.size() == count) break;
    authors.push_back({Doc(DocOptions{
        .client_id = id, .gc = !one_in(3), .conflict_steps_per_item = one_in(2) ? 0U : 256U})});
  }
  return authors;
}

std::vector<Bytes> draw_history(const HistoryShape& shape) {
  std::vector<Author> authors = draw_authors();
  std::vector<Bytes> updates;
  const std::size_t steps = 1 + below(shape.steps_max);
  for (std::size_t i = 0; i < steps; ++i) {
    Author& author = authors[below(authors.size())];
    if (one_in(3)) {
      apply_all(author.doc,
                {updates.begin() + static_cast<std::ptrdiff_t>(author.seen), updates.end()});
      author.seen = updates.size();
    }
    updates.push_back(author.doc.transact([&](Doc& doc) {
      for (std::size_t edits = 1 + below(3); edits > 0; --edits) edit_randomly(doc, shape);
    }));
    require_check(author.doc);
  }
  return updates;
}

void apply_all(Doc& doc, const std::vector<Bytes>& updates) {
  for (const Bytes& update : updates) {
    const auto applied = doc.apply_update(update);
    if (!applied.ok()) RC_FAIL(applied.error().message());
    require_check(doc);
  }
}

Doc built_from(const std::vector<Bytes>& updates, bool gc) {
  Doc doc(DocOptions{.gc = gc});
  apply_all(doc, updates);
  return doc;
}

std::vector<Bytes> shuffled(std::vector<Bytes> updates) {
  for (std::size_t i = updates.size(); i > 1; --i) std::swap(updates[i - 1], updates[below(i)]);
  return updates;
}

std::vector<Bytes> shuffled_with_repetitions(std::vector<Bytes> updates) {
  const std::size_t once = updates.size();
  for (std::size_t i = 0; i < once; ++i) {
    if (one_in(2)) updates.push_back(updates[i]);
  }
  return shuffled(std::move(updates));
}

Bytes merged(const std::vector<Bytes>& updates, UpdateFormat format) {
  const std::vector<BytesView> views(updates.begin(), updates.end());
  return merge_updates(views, format).value();
}

Bytes whole_state(const Doc& doc, UpdateFormat format) {
  return doc.encode_state_as_update(empty_state_vector(), format).value();
}

Bytes as_v2(const Bytes& update) {
  return convert_update(update, UpdateFormat::v1, UpdateFormat::v2).value();
}

void require_check(const Doc& doc) {
  const auto checked = doc.check();
  if (!checked.ok()) RC_FAIL(checked.error().message());
}

}  // namespace syncline::crdt
