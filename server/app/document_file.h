#pragma once

#include <string>

#include "server/base/bytes.h"
#include "server/base/result.h"

namespace syncline::app {

// A whole file; "-" is standard input. The error's detail names the path.
Result<Bytes> read_file(const std::string& path);

// Replaces the file as one step: whoever reads it sees the old content or the new.
Result<void> write_file(const std::string& path, BytesView content);

}  // namespace syncline::app
