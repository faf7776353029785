#include "tests/unit/adapters/postgres/postgres_fixture.h"

namespace syncline::adapters {

testing_services::PostgresProcess& shared_postgres() {
  static testing_services::PostgresProcess process;
  return process;
}

}  // namespace syncline::adapters
