#pragma once

#include <filesystem>

#include "server/adapters/sqlite/connection.h"
#include "server/base/result.h"

// The tables of syncline.db, and which files are ours. The file says so itself: SQLite's
// application_id names the program, user_version counts the migrations that were applied.

namespace syncline::adapters::sqlite {

// Looks at the first bytes of the file without SQLite, which might change what it opens: a file
// that is no database, not ours, or of a newer version is refused with `unsupported_version` and
// remains as it is. No file, or an empty one (a first start that was interrupted), is all right.
Result<void> check_file(const std::filesystem::path& file);

// Creates the tables, or brings those of an older version to this one, in one transaction; then
// sets what a connection that writes needs. REQUIRES: the folder's lock is held.
Result<void> prepare_for_writing(Connection& connection, const std::filesystem::path& file);

// Checks that the file is readable for this version, and sets what a connection that reads needs.
Result<void> prepare_for_reading(Connection& connection, const std::filesystem::path& file);

// `error` with the file and a remedy, for somebody who starts a server on it.
Error open_error(const std::filesystem::path& file, const Error& error);

}  // namespace syncline::adapters::sqlite
