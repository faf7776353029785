#include "server/base/result.h"

namespace syncline {
namespace {

struct Text {
  std::string_view name;
  std::string_view sentence;
};

Text text(ErrorCode code) {
  switch (code) {
    case ErrorCode::truncated:
      return {"truncated", "the data ends inside a value"};
    case ErrorCode::number_too_large:
      return {"number_too_large", "a number is beyond 2^53 - 1"};
    case ErrorCode::trailing_bytes:
      return {"trailing_bytes", "bytes follow after the end"};
    case ErrorCode::invalid_utf8:
      return {"invalid_utf8", "a string is not UTF-8"};
    case ErrorCode::invalid_json:
      return {"invalid_json", "a value is not JSON"};
    case ErrorCode::unknown_type:
      return {"unknown_type", "a type tag is unknown"};
    case ErrorCode::malformed:
      return {"malformed", "the data has a form no client writes"};
    case ErrorCode::too_large:
      return {"too_large", "a size limit is exceeded"};
    case ErrorCode::too_deep:
      return {"too_deep", "the nesting limit is exceeded"};
    case ErrorCode::too_many_pending:
      return {"too_many_pending", "too much waits for missing updates"};
    case ErrorCode::invalid_argument:
      return {"invalid_argument", "an argument is out of range"};
    case ErrorCode::not_found:
      return {"not_found", "it does not exist"};
    case ErrorCode::already_exists:
      return {"already_exists", "it exists already"};
    case ErrorCode::checksum_mismatch:
      return {"checksum_mismatch", "stored bytes are not what was written"};
    case ErrorCode::unsupported_version:
      return {"unsupported_version", "the format version is not supported"};
    case ErrorCode::io_error:
      return {"io_error", "an operation on a file or database failed"};
    case ErrorCode::storage_full:
      return {"storage_full", "no space is left on the storage"};
    case ErrorCode::unavailable:
      return {"unavailable", "it is not available now"};
  }
  return {"unknown", "unknown error"};
}

}  // namespace

std::string_view describe(ErrorCode code) { return text(code).sentence; }

std::string_view name(ErrorCode code) { return text(code).name; }

std::string Error::message() const {
  std::string out(describe(code));
  if (!detail.empty()) out.append(": ").append(detail);
  return out;
}

}  // namespace syncline
