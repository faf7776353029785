#include "tests/property/crdt/known.h"

#include <algorithm>
#include <utility>

#include <rapidcheck.h>

#include "server/lib0/decoder.h"
#include "sim/reference/canonical.h"
#include "tests/property/crdt/history.h"

namespace syncline::crdt {
namespace {

using reference::canonical_delta;
using reference::canonical_json;

std::map<std::uint64_t, std::uint64_t> read_state_vector(BytesView bytes) {
  std::map<std::uint64_t, std::uint64_t> vector;
  lib0::Decoder decoder(bytes);
  for (auto left = decoder.read_var_uint().value(); left > 0; --left) {
    const auto client = decoder.read_var_uint().value();
    vector[client] = decoder.read_var_uint().value();
  }
  return vector;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Known& known) {
  out << "\n  text " << known.text << "\n  delta " << known.delta << "\n  array " << known.array
      << "\n  map " << known.map << "\n  xml " << known.xml << "\n  state vector";
  for (const auto& [client, clock] : known.state_vector) out << " " << client << ":" << clock;
  out << "\n  deletes";
  for (const auto& range : known.deletes) {
    out << " " << range.client << ":" << range.clock << "+" << range.length;
  }
  return out << (known.pending ? "\n  pending\n" : "\n");
}

Known known(const Doc& doc) {
  const Bytes vector = doc.encode_state_vector();
  const Bytes difference = doc.encode_state_as_update(vector).value();
  auto deletes = reference::read_update(difference).value().deletes;  // Highest client first.
  std::stable_sort(deletes.begin(), deletes.end(),
                   [](const auto& left, const auto& right) { return left.client < right.client; });
  return {doc.text_of(root_text),
          canonical_delta(doc.delta_json(root_text)),
          canonical_json(doc.array_json(root_array)),
          canonical_json(doc.map_json(root_map)),
          doc.xml_string(root_xml),
          read_state_vector(vector),
          std::move(deletes),
          doc.has_pending()};
}

Known known(const reference::Document& document) {
  return {document.text(root_text),        document.delta_json(root_text),
          document.array_json(root_array), document.map_json(root_map),
          document.xml_string(root_xml),   document.state_vector(),
          document.delete_set(),           document.has_pending()};
}

void require_same(const Doc& doc, reference::Document& document) {
  Known actual = known(doc);
  // Deletes that wait are encoded with the others, so that they can be told apart only at the end.
  if (!actual.pending && actual.deletes != document.delete_set()) {
    RC_ASSERT(document.allows_delete_set(actual.deletes));
    const Bytes tidied = doc.encode_state_as_update(doc.encode_state_vector()).value();
    RC_ASSERT(document.apply_update(tidied).ok());
  }
  Known expected = known(document);
  actual.deletes.clear();
  expected.deletes.clear();
  RC_ASSERT(actual == expected);
  reference::Document copy;
  RC_ASSERT(copy.apply_update(whole_state(doc)).ok());
  Known reread = known(copy);
  reread.deletes.clear();
  RC_ASSERT(reread == expected);
}

reference::Document reference_of(const std::vector<Bytes>& updates) {
  reference::Document document;
  for (const Bytes& update : updates) RC_ASSERT(document.apply_update(update).ok());
  return document;
}

}  // namespace syncline::crdt
