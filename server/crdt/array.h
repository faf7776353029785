#pragma once

#include <span>

#include "server/crdt/shared_type.h"

namespace syncline::crdt {

// A list of values and shared types: yjs' Y.Array.
class Array : public SharedType {
 public:
  using SharedType::SharedType;

  // Like yjs, refuses undefined and bigint as elements (they may stand inside others).
  Result<void> insert(Clock index, std::span<const lib0::Any> values);
  // An empty type of a kind that needs no name.
  Result<SharedType> insert_type(Clock index, TypeKind kind);
  Result<void> remove(Clock index, Clock length);
};

}  // namespace syncline::crdt
