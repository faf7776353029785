#include "server/crdt/comparison.h"

#include <utility>

namespace syncline::crdt {
namespace {

lib0::Any type_of(Change change) {
  return lib0::Any(change == Change::added ? "added" : "removed");
}

}  // namespace

lib0::Any unsigned_mark(Change change, const Id&) {
  return lib0::Any::object({{"type", type_of(change)}});
}

ChangeMark marks_with_authors(std::map<ClientId, std::string> names) {
  return [names = std::move(names)](Change change, const Id& id) {
    const auto name = names.find(id.client);
    lib0::Any user =
        name == names.end() ? lib0::Any(static_cast<double>(id.client)) : lib0::Any(name->second);
    return lib0::Any::object({{"type", type_of(change)}, {"user", std::move(user)}});
  };
}

}  // namespace syncline::crdt
