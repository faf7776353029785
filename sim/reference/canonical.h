#pragma once

#include <string>
#include <string_view>

#include "server/lib0/any.h"

// JSON in one form, so that two implementations can be compared: neither the order of an object's
// keys (in JavaScript, that of arrival) nor how a text is cut into inserts is part of a document.

namespace syncline::reference {

// The same value with the keys of all objects sorted. REQUIRES: `json` is valid.
std::string canonical_json(std::string_view json);

// A delta with the keys sorted, and with neighbouring texts of equal attributes joined.
// REQUIRES: `json` is valid.
std::string canonical_delta(std::string_view json);

}  // namespace syncline::reference
