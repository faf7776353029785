#pragma once

#include <cstdint>
#include <string_view>

namespace syncline::checkers {

// Of a JSON text in JSON.stringify's form, apart from the order of the members of objects: in
// JavaScript, and so in what documents read as, that is the order of arrival, and no part of the
// document. What is no JSON has a digest too.
std::uint64_t digest_json(std::string_view json);

}  // namespace syncline::checkers
