#include "tests/unit/adapters/postgres/postgres_fixture.h"

namespace syncline::adapters {

tests::PostgresProcess& shared_postgres() {
  static tests::PostgresProcess process;
  return process;
}

}  // namespace syncline::adapters
