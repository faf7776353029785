#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/bytes.h"
#include "server/base/result.h"
#include "sim/reference/update_reader.h"

// The slow twin of server/crdt: what a Yjs document is, with nothing done for speed.
//
// One object for each element that was ever written, never joined, never forgotten; a list is a
// vector of them, in order; a place in it is found by walking. What waits is a list that is tried
// again until nothing moves. So each rule stands here once, in the form in which it is explained,
// and the engine, which has runs, indexes and garbage collection, is judged by it.
//
// It is an oracle for what honest clients write. An update whose client gave one id two meanings,
// or that refers to what cannot exist, is refused as malformed, and the document is of no use then.

namespace syncline::reference {

struct Element;

// A list and a map, as every shared type has them, whatever it is called.
struct Type {
  TypeKind kind = TypeKind::root;
  std::string name;                 // An element's or hook's.
  const Element* holder = nullptr;  // The element that is this type; none for a root.
  std::vector<Element*> list;
  // Every value that a key was ever given, in YATA's order. The last one counts.
  std::map<std::string, std::vector<Element*>> entries;
};

// One element: one clock of one client.
struct Element {
  Id id;
  std::optional<Id> origin;  // What stood to the left and to the right when it was made.
  std::optional<Id> right_origin;
  Type* parent = nullptr;          // None once it is unknown: it was collected with its parent.
  std::optional<std::string> key;  // In the parent's map; else in its list.
  Content content;
  std::unique_ptr<Type> type;  // Of kind type.
  bool deleted = false;

  bool collected() const { return content.kind == Kind::collected; }
  // Takes a place among the elements of a list.
  bool visible() const { return !deleted && content.kind != Kind::format; }
};

class Document {
 public:
  // Integrates an update (format v1) and whatever waited for it.
  // Errors: those of read_update; malformed, see above.
  Result<void> apply_update(BytesView update);

  // By client: the clock up to which everything is here.
  std::map<std::uint64_t, std::uint64_t> state_vector() const;

  // What is deleted, sorted; ranges that touch are one. A collected element counts as deleted.
  // yjs, and so the engine, may delete formats that no longer change anything; this one never does,
  // so for documents with formats ask allows_delete_set().
  std::vector<Range> delete_set() const;

  // Whether this replica may be one that holds `deleted` (a delete set) beside this document's
  // elements: everything that is deleted here is in it, and what else is in it are formats.
  bool allows_delete_set(const std::vector<Range>& deleted) const;

  // Structs or deletes wait for something that has not come.
  bool has_pending() const { return !waiting_.empty() || !waiting_deletes_.empty(); }

  // Roots that an update has named, sorted by bytes.
  std::vector<std::string> root_names() const;

  // A root read as this or that; empty if there is none. JSON comes as JavaScript would print it,
  // with the keys of objects sorted and neighbouring inserts of equal attributes joined (see
  // canonical.h, for what it is compared with). An XML text is read without its formats.
  std::string text(std::string_view root) const;
  std::string delta_json(std::string_view root) const;
  std::string array_json(std::string_view root) const;
  std::string map_json(std::string_view root) const;
  std::string xml_string(std::string_view root) const;

  // Null if there is no such root.
  const Type* root(std::string_view name) const;

 private:
  std::uint64_t state(std::uint64_t client) const;
  Element* find(const Id& id) const;
  bool misses(const Struct& one) const;
  Result<bool> try_struct(const Struct& one);
  Result<void> integrate(const Struct& one, std::uint64_t offset);
  Type* parent_of(const Struct& one, std::optional<std::string>& key);
  Result<void> place(Element& element);
  void append(std::unique_ptr<Element> element);
  bool try_delete(Range& range);
  void delete_element(Element& element);
  void cut_before(const Id& id);

  std::map<std::uint64_t, std::vector<std::unique_ptr<Element>>> elements_;  // At their clock.
  std::map<std::string, Type, std::less<>> roots_;
  std::vector<Struct> waiting_;
  std::vector<Range> waiting_deletes_;
};

}  // namespace syncline::reference
