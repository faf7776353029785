#pragma once

#include <cstddef>
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
  bool lost;  // The connection is no more, or of no more use.

  // The server refuses what it was given, rather than to work: parts of it may be welcome.
  bool about_content() const {
    return outcome == ports::Outcome::refused && !lost && error.code != ErrorCode::unavailable &&
           error.code != ErrorCode::storage_full;
  }
};

// One connection, for one thread at a time. Once it is lost it stays lost: make another.
class Connection {
 public:
  // `unavailable`: not reachable, no such database, no right to it; the detail is a line for the
  // operator, without the password. `watchdog` must outlive the connection.
  static Result<std::unique_ptr<Connection>> open(const PostgresOptions& options,
                                                  Watchdog& watchdog);

  // Runs `work`. The server gives up a statement after the statement timeout, and after a while
  // more where about so many `bytes` go over the line; the watchdog gives up the whole a bit later.
  // No exception gets out.
  std::optional<Failure> attempt(const std::function<void(pqxx::connection&)>& work,
                                 std::size_t bytes = 0);
  // The server has answered a statement of several: the watchdog's time begins again. REQUIRES:
  // from within `work`.
  void note_answer() { watch_->renew(); }

  // The server's word for a setting, as in SHOW.
  Result<std::string> setting(const std::string& name);

 private:
  Connection(std::unique_ptr<pqxx::connection> connection, Watchdog& watchdog,
             Duration statement_timeout)
      : connection_(std::move(connection)),
        watchdog_(watchdog),
        statement_timeout_(statement_timeout),
        server_limit_(statement_timeout) {}

  Duration time_limit(std::size_t bytes) const;
  void tell_server(Duration limit);

  const std::unique_ptr<pqxx::connection> connection_;
  Watchdog& watchdog_;
  const Duration statement_timeout_;
  Duration server_limit_;             // What the server was last told.
  Watchdog::Watch* watch_ = nullptr;  // Meaningful within attempt().
};

}  // namespace syncline::adapters::postgres
