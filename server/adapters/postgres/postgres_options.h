#pragma once

#include <cstddef>
#include <string>

#include "server/base/instant.h"
#include "server/base/limits.h"

namespace syncline::adapters {

// Where PostgreSQL is and how to use it.
struct PostgresOptions {
  // A connection URL or string, as libpq takes it: postgresql://user:password@host:port/database.
  // What it does not say comes from libpq's PG... variables.
  std::string url;

  // Connections that commit. Each has at most one transaction in flight; a document always uses the
  // same one.
  std::size_t writers = 2;
  std::size_t readers = 2;

  // How much one transaction of nodes carries at most.
  std::size_t batch_updates_max = 8192;
  std::size_t batch_bytes_max = 16 * limits::mebibyte;
  // The largest update or snapshot.
  std::size_t value_bytes_max = 256 * limits::mebibyte;

  Duration connect_timeout = seconds(5);
  // The server gives up a statement after so long. If nothing at all has been heard a while later,
  // the connection is given up, too, and what was asked on it is unknown.
  Duration statement_timeout = seconds(10);
  // A connection that has had nothing to write for so long is tried, so that it is known whether
  // the server is there.
  Duration idle_check_interval = seconds(10);
  // Before connecting again: doubled with each failure, jittered.
  Duration reconnect_delay_min = milliseconds(50);
  Duration reconnect_delay_max = seconds(2);

  // Bring the tables to this program's version when opening; otherwise older ones are refused.
  bool migrate = true;
};

// "db:5432/syncline", for people: without user and password.
std::string describe(const PostgresOptions& options);

}  // namespace syncline::adapters
