#include "tests/unit/adapters/postgres/postgres_fixture.h"

namespace syncline::adapters {

tests::PostgresProcess& shared_postgres() {
  static tests::PostgresProcess process;
  return process;
}

}  // namespace syncline::adapters

// libpqxx 6 forgets to free the (empty) result that libpq gives it when the connection is lost in
// the middle of a prepared statement: some hundred bytes a loss.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:PQmakeEmptyPGresult\n"; }
