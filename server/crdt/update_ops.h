#pragma once

#include <span>
#include <vector>

#include "server/base/bytes.h"
#include "server/base/result.h"
#include "server/crdt/decoded_update.h"
#include "server/crdt/id.h"

// What the engine itself needs of the algebra on encoded updates; update.h has the public part.

namespace syncline::crdt {

Result<StateVector> decode_state_vector(BytesView bytes);
// yjs' writeStateVector: highest client first.
Bytes encode_state_vector(const StateVector& vector);

// yjs' diffUpdate, in format v1: what of the update somebody with this state vector lacks; all its
// deletes.
Bytes diff_update(const DecodedUpdate& update, const StateVector& known);

}  // namespace syncline::crdt
