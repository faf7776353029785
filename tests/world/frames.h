#pragma once

#include <string>

#include "loadgen/client/update_ids.h"
#include "server/base/bytes.h"

namespace syncline::world {

using client::ClientNames;

// A frame that the server sent, in words: "step1 {alice:2}", "update alice:2-3", "ack 4".
std::string describe_frame(BytesView frame, const ClientNames& names);

// An awareness update in words: `alice@1={"user":"A"}`.
std::string describe_awareness(BytesView update, const ClientNames& names);

}  // namespace syncline::world
