#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <pqxx/pqxx>

#include "server/adapters/postgres/postgres_options.h"
#include "server/adapters/postgres/watchdog.h"
#include "server/base/result.h"
#include "server/ports/update_store.h"

// Heavy: only for the .cc files of this folder.

namespace syncline::adapters::postgres {

// Why something did not happen, or perhaps did.
struct Failure {
  ports::Outcome outcome;  // Never committed.
  Error error;
  bool lost;  // The connection is no more.
};

// One connection, for one thread at a time. Once it is lost it stays lost: make another.
class Connection {
 public:
  // `unavailable`: not reachable, no such database, no right to it; the detail is a line for the
  // operator, without the password. `watchdog` must outlive the connection.
  static Result<std::unique_ptr<Connection>> open(const PostgresOptions& options,
                                                  Watchdog& watchdog);

  // Runs `work` (which uses raw()), within the statement timeout and a bit. No exception gets out.
  std::optional<Failure> attempt(const std::function<void(pqxx::connection&)>& work);

  // The server's word for a setting, as in SHOW.
  Result<std::string> setting(const std::string& name);

 private:
  Connection(std::unique_ptr<pqxx::connection> connection, Watchdog& watchdog,
             Duration answer_timeout)
      : connection_(std::move(connection)), watchdog_(watchdog), answer_timeout_(answer_timeout) {}

  const std::unique_ptr<pqxx::connection> connection_;
  Watchdog& watchdog_;
  const Duration answer_timeout_;
};

}  // namespace syncline::adapters::postgres
