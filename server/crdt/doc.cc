#include "server/crdt/doc.h"

#include <algorithm>

#include "server/base/assert.h"
#include "server/crdt/array.h"
#include "server/crdt/doc_state.h"
#include "server/crdt/history.h"
#include "server/crdt/map.h"
#include "server/crdt/read.h"
#include "server/crdt/text.h"
#include "server/crdt/version_view.h"
#include "server/crdt/xml.h"

namespace syncline::crdt {

Doc::Doc(DocOptions options) : state_(std::make_unique<DocState>(options)) {}
Doc::~Doc() = default;
Doc::Doc(Doc&&) noexcept = default;
Doc& Doc::operator=(Doc&&) noexcept = default;

Result<ApplyOutcome> Doc::apply_update(BytesView update, const UpdateLimits& limits,
                                       UpdateFormat format) {
  return state_->apply(update, limits, format);
}

Bytes Doc::encode_state_vector() const { return crdt::encode_state_vector(state_->state_vector()); }

Result<Bytes> Doc::encode_state_as_update(BytesView state_vector, UpdateFormat format) const {
  SYNCLINE_ASSIGN(const StateVector known, decode_state_vector(state_vector));
  return state_->encode_with_pending(known, format);
}

Result<std::vector<Bytes>> Doc::encode_state_in_chunks(BytesView state_vector,
                                                       std::size_t chunk_bytes) const {
  SYNCLINE_ASSIGN(const StateVector known, decode_state_vector(state_vector));
  return state_->encode_chunks(known, chunk_bytes);
}

bool Doc::has_pending() const { return state_->has_pending(); }

void Doc::set_pending_bytes_max(std::size_t bytes) { state_->options.pending_bytes_max = bytes; }

std::size_t Doc::memory_bytes() const {
  const DocState& doc = *state_;
  const std::size_t waiting = doc.pending ? doc.pending->update.size() : 0;
  return sizeof(DocState) + doc.store.struct_count() * (sizeof(Item) + sizeof(ItemIndex)) +
         doc.store.arena_bytes() + doc.types.size() * sizeof(Type) +
         doc.chains.size() * sizeof(Chain) + doc.positions.memory_bytes() +
         doc.store.client_count() * sizeof(ClientStructs) + waiting +
         doc.pending_deletes.size() * sizeof(IdRange);
}

std::size_t Doc::struct_count() const { return state_->store.struct_count(); }

std::vector<std::string> Doc::root_names() const {
  std::vector<std::string> names;
  for (const auto& [name, type] : state_->roots) names.push_back(name);
  return names;
}

RootKind Doc::root_kind(std::string_view name) const {
  const TypeIndex root = state_->find_root(name);
  return root == none ? RootKind::unknown : guess_kind(*state_, state_->types[root]);
}

std::string Doc::text_of(std::string_view root) const {
  const TypeIndex type = state_->find_root(root);
  return type == none ? std::string() : text_string(*state_, state_->types[type]);
}

std::string Doc::delta_json(std::string_view root) const {
  const TypeIndex type = state_->find_root(root);
  return type == none ? "[]" : crdt::delta_json(*state_, state_->types[type]);
}

std::string Doc::array_json(std::string_view root) const {
  const TypeIndex type = state_->find_root(root);
  if (type == none) return "[]";
  std::string out;
  append_array_json(out, *state_, state_->types[type]);
  return out;
}

std::string Doc::map_json(std::string_view root) const {
  const TypeIndex type = state_->find_root(root);
  if (type == none) return "{}";
  std::string out;
  append_map_json(out, *state_, state_->types[type]);
  return out;
}

std::string Doc::xml_string(std::string_view root) const {
  const TypeIndex type = state_->find_root(root);
  return type == none ? std::string() : xml_list_string(*state_, state_->types[type]);
}

std::string Doc::to_json() const {
  std::string out = "{";
  for (const auto& [name, index] : state_->roots) {
    const Type& type = state_->types[index];
    const RootKind kind = guess_kind(*state_, type);
    if (kind == RootKind::unknown) continue;
    if (out.size() > 1) out.push_back(',');
    lib0::append_json_string(out, name);
    out.push_back(':');
    switch (kind) {
      case RootKind::unknown:
        break;
      case RootKind::text:
        lib0::append_json_string(out, text_string(*state_, type));
        break;
      case RootKind::array:
        append_array_json(out, *state_, type);
        break;
      case RootKind::map:
        append_map_json(out, *state_, type);
        break;
      case RootKind::xml_fragment:
        lib0::append_json_string(out, xml_list_string(*state_, type));
        break;
    }
  }
  return out + "}";
}

Version Doc::version() const {
  Version version{state_->state_vector(), state_->delete_set()};
  std::stable_sort(version.deletes.begin(), version.deletes.end(),
                   [](const IdRange& a, const IdRange& b) { return a.client < b.client; });
  return version;
}

Result<Bytes> Doc::encode_version_as_update(const Version& version) const {
  if (state_->options.gc) {
    return Error{ErrorCode::invalid_argument, "the document collects what is deleted"};
  }
  return update_as_of(state_->encode_since({}, UpdateFormat::v1), version);
}

std::string Doc::delta_json(std::string_view root, const Comparison& comparison) const {
  const TypeIndex type = state_->find_root(root);
  return type == none ? "[]" : delta_json_at(*state_, state_->types[type], comparison);
}

std::string Doc::array_json(std::string_view root, const Version& version) const {
  const TypeIndex type = state_->find_root(root);
  return type == none ? "[]" : array_json_at(*state_, state_->types[type], version);
}

std::string Doc::map_json(std::string_view root, const Version& version) const {
  const TypeIndex type = state_->find_root(root);
  return type == none ? "{}" : map_json_at(*state_, state_->types[type], version);
}

Bytes Doc::transact(const std::function<void(Doc&)>& edit) {
  if (state_->transaction.open) {
    edit(*this);  // Part of the transaction that is open already.
    return to_bytes(empty_update());
  }
  state_->begin(true);
  edit(*this);
  state_->commit();
  return state_->encode_transaction();
}

namespace {

template <class View>
View open(DocState& doc, std::string_view name, TypeKind kind) {
  const TypeIndex root = doc.root(name);
  doc.open_root(root, kind);
  return View(doc, root);
}

}  // namespace

Text Doc::text(std::string_view name) { return open<Text>(*state_, name, TypeKind::text); }
Array Doc::array(std::string_view name) { return open<Array>(*state_, name, TypeKind::array); }
Map Doc::map(std::string_view name) { return open<Map>(*state_, name, TypeKind::map); }
XmlFragment Doc::xml_fragment(std::string_view name) {
  return open<XmlFragment>(*state_, name, TypeKind::xml_fragment);
}

Result<void> Doc::check() const { return state_->check(); }

}  // namespace syncline::crdt
