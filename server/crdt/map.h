#pragma once

#include <string_view>

#include "server/crdt/shared_type.h"

namespace syncline::crdt {

// Keys with values or shared types: yjs' Y.Map.
class Map : public SharedType {
 public:
  using SharedType::SharedType;

  Result<void> set(std::string_view key, const lib0::Any& value);
  Result<SharedType> set_type(std::string_view key, TypeKind kind);
  // Removing what is not there changes nothing.
  Result<void> remove(std::string_view key);
};

}  // namespace syncline::crdt
