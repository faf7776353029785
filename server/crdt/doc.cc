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

Doc::Doc(DocOptions options) : options_(options), state_(std::make_unique<DocState>(options)) {}
Doc::~Doc() = default;
Doc::Doc(Doc&&) noexcept = default;
Doc& Doc::operator=(Doc&&) noexcept = default;

Result<ApplyOutcome> Doc::apply_update(BytesView update, const UpdateLimits& limits,
                                       UpdateFormat format) {
  return state().apply(update, limits, format);
}

bool Doc::fold() {
  if (is_folded()) return true;
  SYNCLINE_ASSERT(!state_->transaction.open);
  if (state_->has_pending()) return false;
  options_ = state_->options;
  folded_ = state_->encode_since({}, UpdateFormat::v1);
  folded_.shrink_to_fit();
  state_.reset();
  return true;
}

DocState& Doc::state() const {
  if (!state_) {
    state_ = std::make_unique<DocState>(options_);
    const auto applied = state_->apply(folded_, UpdateLimits::none(), UpdateFormat::v1);
    SYNCLINE_ASSERT(applied.ok() && !applied->pending);
    folded_ = Bytes();
  }
  return *state_;
}

Bytes Doc::encode_state_vector() const {
  if (is_folded()) return state_vector_of_update(folded_, UpdateFormat::v1).value();
  return crdt::encode_state_vector(state().state_vector());
}

Result<Bytes> Doc::encode_state_as_update(BytesView state_vector, UpdateFormat format) const {
  if (is_folded() && format == UpdateFormat::v1) {
    if (std::ranges::equal(state_vector, empty_state_vector())) return folded_;
    return diff_update(folded_, state_vector, UpdateFormat::v1);
  }
  SYNCLINE_ASSIGN(const StateVector known, decode_state_vector(state_vector));
  return state().encode_with_pending(known, format);
}

Result<std::vector<Bytes>> Doc::encode_state_in_chunks(BytesView state_vector,
                                                       std::size_t chunk_bytes) const {
  SYNCLINE_ASSIGN(const StateVector known, decode_state_vector(state_vector));
  return state().encode_chunks(known, chunk_bytes);
}

bool Doc::has_pending() const { return !is_folded() && state().has_pending(); }

void Doc::set_pending_bytes_max(std::size_t bytes) { state().options.pending_bytes_max = bytes; }

std::size_t Doc::memory_bytes() const {
  if (is_folded()) return sizeof(Doc) + folded_.capacity();
  const DocState& doc = state();
  constexpr std::size_t mark_bytes = 64;  // A node of a map.
  return sizeof(DocState) + doc.store.struct_count() * (sizeof(Item) + sizeof(ItemIndex)) +
         doc.store.arena_bytes() + doc.store.mark_count() * mark_bytes +
         doc.types.size() * sizeof(Type) + doc.chains.size() * sizeof(Chain) +
         doc.positions.memory_bytes() + doc.conflicts.memory_bytes() +
         doc.store.client_count() * sizeof(ClientStructs) + doc.pending.memory_bytes() +
         doc.pending_deletes.memory_bytes();
}

std::size_t Doc::struct_count() const { return state().store.struct_count(); }

std::vector<std::string> Doc::root_names() const {
  std::vector<std::string> names;
  for (const auto& [name, type] : state().roots) names.push_back(name);
  return names;
}

RootKind Doc::root_kind(std::string_view name) const {
  const TypeIndex root = state().find_root(name);
  return root == none ? RootKind::unknown : guess_kind(state(), state().types[root]);
}

std::string Doc::text_of(std::string_view root) const {
  const TypeIndex type = state().find_root(root);
  return type == none ? std::string() : text_string(state(), state().types[type]);
}

std::string Doc::delta_json(std::string_view root) const {
  const TypeIndex type = state().find_root(root);
  return type == none ? "[]" : crdt::delta_json(state(), state().types[type]);
}

std::string Doc::array_json(std::string_view root) const {
  const TypeIndex type = state().find_root(root);
  if (type == none) return "[]";
  std::string out;
  append_array_json(out, state(), state().types[type]);
  return out;
}

std::string Doc::map_json(std::string_view root) const {
  const TypeIndex type = state().find_root(root);
  if (type == none) return "{}";
  std::string out;
  append_map_json(out, state(), state().types[type]);
  return out;
}

std::string Doc::xml_string(std::string_view root) const {
  const TypeIndex type = state().find_root(root);
  return type == none ? std::string() : xml_list_string(state(), state().types[type]);
}

std::string Doc::to_json() const {
  std::string out = "{";
  for (const auto& [name, index] : state().roots) {
    const Type& type = state().types[index];
    const RootKind kind = guess_kind(state(), type);
    if (kind == RootKind::unknown) continue;
    if (out.size() > 1) out.push_back(',');
    lib0::append_json_string(out, name);
    out.push_back(':');
    switch (kind) {
      case RootKind::unknown:
        break;
      case RootKind::text:
        lib0::append_json_string(out, text_string(state(), type));
        break;
      case RootKind::array:
        append_array_json(out, state(), type);
        break;
      case RootKind::map:
        append_map_json(out, state(), type);
        break;
      case RootKind::xml_fragment:
        lib0::append_json_string(out, xml_list_string(state(), type));
        break;
    }
  }
  return out + "}";
}

Version Doc::version() const {
  Version version{state().state_vector(), state().delete_set()};
  std::stable_sort(version.deletes.begin(), version.deletes.end(),
                   [](const IdRange& a, const IdRange& b) { return a.client < b.client; });
  return version;
}

Result<Bytes> Doc::encode_version_as_update(const Version& version) const {
  if (state().options.gc) {
    return Error{ErrorCode::invalid_argument, "the document collects what is deleted"};
  }
  return update_as_of(state().encode_since({}, UpdateFormat::v1), version);
}

std::string Doc::delta_json(std::string_view root, const Comparison& comparison) const {
  const TypeIndex type = state().find_root(root);
  return type == none ? "[]" : delta_json_at(state(), state().types[type], comparison);
}

std::string Doc::array_json(std::string_view root, const Version& version) const {
  const TypeIndex type = state().find_root(root);
  return type == none ? "[]" : array_json_at(state(), state().types[type], version);
}

std::string Doc::map_json(std::string_view root, const Version& version) const {
  const TypeIndex type = state().find_root(root);
  return type == none ? "{}" : map_json_at(state(), state().types[type], version);
}

Bytes Doc::transact(const std::function<void(Doc&)>& edit, UpdateFormat format) {
  if (state().transaction.open) {
    edit(*this);  // Part of the transaction that is open already.
    return to_bytes(empty_update(format));
  }
  state().begin(true);
  edit(*this);
  state().commit();
  return state().encode_transaction(format);
}

namespace {

template <class View>
View open(DocState& doc, std::string_view name, TypeKind kind) {
  const TypeIndex root = doc.root(name);
  doc.open_root(root, kind);
  return View(doc, root);
}

}  // namespace

Text Doc::text(std::string_view name) { return open<Text>(state(), name, TypeKind::text); }
Array Doc::array(std::string_view name) { return open<Array>(state(), name, TypeKind::array); }
Map Doc::map(std::string_view name) { return open<Map>(state(), name, TypeKind::map); }
XmlFragment Doc::xml_fragment(std::string_view name) {
  return open<XmlFragment>(state(), name, TypeKind::xml_fragment);
}

Result<void> Doc::check() const { return state().check(); }

}  // namespace syncline::crdt
