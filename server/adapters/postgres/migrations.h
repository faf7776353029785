#pragma once

#include "server/adapters/postgres/postgres_options.h"
#include "server/base/result.h"
#include "server/ports/clock.h"

namespace syncline::adapters {

// Versions of the tables: before, and now.
struct Migration {
  int from;
  int to;
};

// Creates the tables, or brings those of an older version to this program's, in one transaction;
// whoever does the same at the same time waits and then finds it done. Blocking, for commands and
// for PostgresDatabase::open().
//
// `unsupported_version`: they are of a newer version, and were left untouched. `unavailable`: not
// reachable, or not allowed. The detail is a line for the operator.
Result<Migration> migrate_postgres(const PostgresOptions& options, ports::Clock& clock);

// Checks that the tables are of this program's version, and changes nothing. Errors as above.
Result<void> check_postgres_version(const PostgresOptions& options, ports::Clock& clock);

}  // namespace syncline::adapters
