#include "sim/checkers/reference.h"

#include <algorithm>

#include "server/lib0/json.h"
#include "sim/checkers/state_vector.h"
#include "sim/reference/canonical.h"
#include "sim/reference/document.h"

namespace syncline::checkers {

using history::to_text;

namespace {

enum class Shape : std::uint8_t { unknown, text, array, map, xml };

Shape shape_of(const reference::Element& element) {
  switch (element.content.kind) {
    case reference::Kind::unit:
    case reference::Kind::format:
    case reference::Kind::embed:
      return Shape::text;
    case reference::Kind::type: {
      const reference::TypeKind kind = element.content.type;
      const bool xml = kind == reference::TypeKind::xml_element ||
                       kind == reference::TypeKind::xml_text ||
                       kind == reference::TypeKind::xml_hook;
      return xml ? Shape::xml : Shape::array;
    }
    default:
      return Shape::array;
  }
}

// What a root looks like: nothing says what it is. A type may be embedded in a text, and says less
// than what stands beside it.
Shape shape_of(const reference::Type& root) {
  Shape shape = Shape::unknown;
  for (const reference::Element* element : root.list) {
    if (element->deleted) continue;
    const bool is_type = element->content.kind == reference::Kind::type;
    if (shape == Shape::unknown || !is_type) shape = shape_of(*element);
    if (!is_type) return shape;
  }
  if (shape != Shape::unknown) return shape;
  const bool has_entry = std::ranges::any_of(
      root.entries, [](const auto& entry) { return !entry.second.back()->deleted; });
  return has_entry ? Shape::map : Shape::unknown;
}

std::string json_of(const reference::Document& document, const std::string& root, Shape shape) {
  std::string json;
  switch (shape) {
    case Shape::unknown:
      break;
    case Shape::text:
      lib0::append_json_string(json, document.text(root));
      break;
    case Shape::array:
      return document.array_json(root);
    case Shape::map:
      return document.map_json(root);
    case Shape::xml:
      lib0::append_json_string(json, document.xml_string(root));
      break;
  }
  return json;
}

// As Doc::to_json.
std::string reading_of(const reference::Document& document) {
  std::string json = "{";
  for (const std::string& root : document.root_names()) {
    const Shape shape = shape_of(*document.root(root));
    if (shape == Shape::unknown) continue;
    if (json.size() > 1) json += ',';
    lib0::append_json_string(json, root);
    json += ':' + json_of(document, root, shape);
  }
  return json + "}";
}

}  // namespace

void Reference::on(const history::ClientEdited& event) {
  edits_[event.document].push_back({.ids = event.ids, .update = to_bytes(event.update)});
}

void Reference::on(const history::ColdRead& event) {
  if (!event.at_end || event.from_log.pending) return;
  StateVector vector;
  if (!vector.read(event.from_log.state_vector)) return;
  std::uint64_t elements = 0;
  for (const Known& known : vector.entries()) elements += known.clock;
  if (elements > elements_max_) return;
  reference::Document twin;
  if (!apply_logged_edits(event.document, event.from_log, twin)) return;
  ++compared_;
  compare(event.document, event.from_log, twin);
}

bool Reference::apply_logged_edits(history::DocumentNumber document,
                                   const history::ReplicaState& state, reference::Document& twin) {
  if (!client::scan_update(state.encoded, scan_).ok()) return false;
  EditSet logged;
  logged.add(scan_);
  for (const Edit& edit : edits_[document]) {
    if (!missing_in(edit.ids, {&logged}).empty()) continue;
    if (const auto applied = twin.apply_update(edit.update); !applied.ok()) {
      violate("the naive engine does not take what was written to " + to_text(document) + ": " +
              applied.error().message());
      return false;
    }
  }
  return true;
}

void Reference::compare(history::DocumentNumber document, const history::ReplicaState& state,
                        const reference::Document& twin) {
  StateVector vector;
  vector.read(state.state_vector);
  bool same = vector.entries().size() == twin.state_vector().size();
  for (const auto& [client, clock] : twin.state_vector()) {
    same = same && vector.clock_of(client) == clock;
  }
  if (!same || twin.has_pending()) {
    return violate("the log of " + to_text(document) + " has " +
                   client::state_vector_text(state.state_vector, {}) +
                   ", and the naive engine something else");
  }
  IdSet deleted;
  deleted.add(scan_.deleted);
  IdSet expected;
  for (const reference::Range& range : twin.delete_set()) {
    expected.add(range.client, {range.clock, range.end()});
  }
  const auto more = deleted.without({&expected});
  const auto less = expected.without({&deleted});
  if (!more.empty() || !less.empty()) {
    violate("the log of " + to_text(document) + " has deleted " +
            (more.empty() ? less : more).to_string({}) +
            (more.empty() ? " not, unlike" : ", unlike") + " the naive engine");
  }
  const std::string reading = reference::canonical_json(state.reading);
  const std::string twin_reading = reference::canonical_json(reading_of(twin));
  if (reading == twin_reading) return;
  const auto apart = std::ranges::mismatch(reading, twin_reading).in1 - reading.begin();
  const auto at = static_cast<std::size_t>(std::max<std::ptrdiff_t>(apart - 20, 0));
  violate("the log of " + to_text(document) + " reads ..." + reading.substr(at, 60) +
          "..., and to the naive engine ..." + twin_reading.substr(at, 60) + "...");
}

}  // namespace syncline::checkers
