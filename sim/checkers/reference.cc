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
    if (element->deleted || element->content.kind == reference::Kind::format) continue;
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

// Sorted, and joined where they touch.
std::vector<reference::Range> ranges_of(const std::vector<client::ScannedRange>& scanned) {
  client::IdRanges ids;
  for (const client::ScannedRange& range : scanned) {
    ids.add(range.client, range.clock, range.length);
  }
  std::vector<reference::Range> out;
  for (const auto& [client, ranges] : ids.by_client()) {
    for (const auto& [begin, end] : ranges) out.push_back({client, begin, end - begin});
  }
  return out;
}

// "1:0 more", "2:3-4 less".
std::string difference(const std::vector<client::ScannedRange>& scanned,
                       const std::vector<reference::Range>& expected) {
  client::IdRanges has;
  for (const auto& range : scanned) has.add(range.client, range.clock, range.length);
  client::IdRanges should;
  for (const auto& range : expected) should.add(range.client, range.clock, range.length);
  std::string text;
  if (const auto more = has.without(should); !more.empty()) text = more.to_string({}) + " more";
  if (const auto less = should.without(has); !less.empty()) {
    text += (text.empty() ? "" : ", ") + less.to_string({}) + " less";
  }
  return text;
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
  if (!twin.allows_delete_set(ranges_of(scan_.deleted))) {
    violate("the log of " + to_text(document) +
            " has deleted something else than the naive engine: " +
            difference(scan_.deleted, twin.delete_set()));
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
