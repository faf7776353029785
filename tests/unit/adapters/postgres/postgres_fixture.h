#pragma once

#include <memory>
#include <string>

#include "server/adapters/postgres/postgres_database.h"
#include "server/adapters/postgres/postgres_drain_store.h"
#include "server/adapters/postgres/postgres_store.h"
#include "tests/services/postgres_process.h"
#include "tests/unit/adapters/adapter_ports.h"
#include "tests/unit/adapters/queue_executor.h"

namespace syncline::adapters {

// The one PostgreSQL of this program, for tests that leave it running; each takes a database of its
// own from it.
tests::PostgresProcess& shared_postgres();

// What a database needs around it in a test.
struct PostgresPorts {
  FixedClock clock;
  CountingMetrics metrics;
  CollectingLog log;

  Result<std::unique_ptr<PostgresDatabase>> open(PostgresOptions options) {
    return PostgresDatabase::open(options, clock, metrics, log);
  }
  Result<std::unique_ptr<PostgresDatabase>> open(const std::string& url) {
    PostgresOptions options;
    options.url = url;
    return open(options);
  }
};

}  // namespace syncline::adapters
