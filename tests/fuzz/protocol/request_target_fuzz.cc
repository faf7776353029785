// Any bytes as the target of an upgrade request.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "server/base/assert.h"
#include "server/base/document_name.h"
#include "server/protocol/request_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace syncline;
  const std::string_view target(reinterpret_cast<const char*>(data), size);
  const auto parsed = protocol::parse_request_target(target);
  if (!parsed.ok()) return 0;
  SYNCLINE_ASSERT(parsed->document.size() + 4 <= size, parsed->document.size(), size);
  const auto name = DocumentName::parse(parsed->document);
  if (name.ok()) SYNCLINE_ASSERT(name->text() == parsed->document);
  return 0;
}
