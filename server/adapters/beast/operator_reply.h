#pragma once

#include <string_view>

#include "server/adapters/beast/http_reply.h"
#include "server/adapters/beast/operator_desk.h"

// The admin port's questions and orders, apart from how they travel:
//
//   GET  /connections?document=NAME, ?node=NAME, or of this node
//   POST /drain[?node=NAME]
//   POST /evict?document=NAME
//   POST /disconnect?node=NAME&connection=ID
//
// Values are percent-encoded, and a plus sign is one, as in the address of a document.

namespace syncline::adapters {

bool is_operator_path(std::string_view path);

// Blocks for as long as the desk does. A request that a page in a browser has made is refused
// (403), so that no page that an operator looks at can give orders. REQUIRES: is_operator_path() of
// its path.
HttpReply operator_reply(OperatorDesk& desk, const HttpRequest& request);

}  // namespace syncline::adapters
