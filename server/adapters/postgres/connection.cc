#include "server/adapters/postgres/connection.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <utility>

#include <libpq-fe.h>

#include "server/adapters/postgres/schema_name.h"
#include "server/base/limits.h"

namespace syncline::adapters {
namespace {

struct FreeConninfo {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

// What the URL says of one thing, else what the environment says, else the default.
std::string part_of(const PQconninfoOption* options, std::string_view keyword) {
  for (const PQconninfoOption* each = options; each->keyword != nullptr; ++each) {
    if (each->keyword != keyword) continue;
    if (each->val != nullptr && *each->val != '\0') return each->val;
    const char* variable = each->envvar != nullptr ? std::getenv(each->envvar) : nullptr;
    if (variable != nullptr && *variable != '\0') return variable;
    if (each->compiled != nullptr) return each->compiled;
  }
  return {};
}

}  // namespace

std::string describe(const PostgresOptions& options) {
  char* problem = nullptr;
  const std::unique_ptr<PQconninfoOption, FreeConninfo> parsed(
      PQconninfoParse(options.url.c_str(), &problem));
  PQfreemem(problem);
  if (!parsed) return "an unreadable address";
  const std::string host = part_of(parsed.get(), "host");
  const std::string port = part_of(parsed.get(), "port");
  const std::string user = part_of(parsed.get(), "user");
  const std::string database = part_of(parsed.get(), "dbname");
  return (host.empty() ? "localhost" : host) + ":" + port + "/" +
         (database.empty() ? user : database);
}

namespace postgres {
namespace {

// How much longer than the server itself takes to give up.
constexpr Duration answer_grace = seconds(2);
// What is large takes long on a slow disk or line: a statement may take so much longer for every so
// many bytes that it moves beyond the first. In steps, so that the server is rarely told.
constexpr std::size_t bytes_step = 4 * limits::mebibyte;
constexpr Duration time_for_step = seconds(4);

long in_milliseconds(Duration duration) {
  return static_cast<long>(duration_cast<milliseconds>(duration).count());
}

long in_whole_seconds(Duration duration) {
  return std::max<long>(2, static_cast<long>(std::chrono::ceil<seconds>(duration).count()));
}

// libpq's messages have several lines, and may repeat the address.
std::string one_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  for (char& c : text) {
    if (c == '\n' || c == '\t') c = ' ';
  }
  return text;
}

// The URL with what we need added: later settings win over earlier ones in a connection string, so
// it is taken apart and put together.
Result<std::string> connection_string(const PostgresOptions& options) {
  char* problem = nullptr;
  const std::unique_ptr<PQconninfoOption, FreeConninfo> parsed(
      PQconninfoParse(options.url.c_str(), &problem));
  if (!parsed) {
    const std::string why = problem != nullptr ? one_line(problem) : "not a connection URL";
    PQfreemem(problem);
    return Error{ErrorCode::invalid_argument,
                 "--postgres: " + why + "; expected postgresql://USER:PASSWORD@HOST:PORT/DATABASE"};
  }
  std::string text;
  const auto add = [&text](std::string_view keyword, std::string_view value) {
    text += std::string(keyword) + "='";
    for (const char c : value) {
      if (c == '\'' || c == '\\') text += '\\';
      text += c;
    }
    text += "' ";
  };
  const std::string timeout = std::to_string(in_milliseconds(options.statement_timeout));
  // Beside what the user's or the database's own settings may say: only this is read here.
  std::string server_options = "-c search_path=" + std::string(schema_name) +
                               " -c bytea_output=hex -c statement_timeout=" + timeout +
                               " -c idle_in_transaction_session_timeout=" + timeout;
  bool names_program = false;
  bool names_session = std::getenv("PGTARGETSESSIONATTRS") != nullptr;
  for (const PQconninfoOption* each = parsed.get(); each->keyword != nullptr; ++each) {
    if (each->val == nullptr || *each->val == '\0') continue;
    const std::string_view keyword = each->keyword;
    if (keyword == "connect_timeout" || keyword == "client_encoding") continue;
    if (keyword == "application_name") names_program = true;
    if (keyword == "target_session_attrs") names_session = true;
    if (keyword == "options") {
      server_options = std::string(each->val) + " " + server_options;
      continue;
    }
    add(keyword, each->val);
  }
  if (!names_program) add("application_name", "syncline");
  // Of several hosts the one that takes writes. Readers, too: a standby may be behind, and what it
  // lacks would be taken for lost.
  if (!names_session) add("target_session_attrs", "read-write");
  add("client_encoding", "UTF8");
  add("options", server_options);
  add("connect_timeout", std::to_string(in_whole_seconds(options.connect_timeout)));
  // For a peer that is gone without a word. One that is there and says nothing is the watchdog's.
  add("tcp_user_timeout", timeout);
  add("keepalives_idle", "10");
  add("keepalives_interval", "5");
  add("keepalives_count", "2");
  return text;
}

ErrorCode code_of(std::string_view sqlstate) {
  if (sqlstate == "53100") return ErrorCode::storage_full;
  if (sqlstate.starts_with("54") || sqlstate.starts_with("22")) return ErrorCode::too_large;
  if (sqlstate.starts_with("23")) return ErrorCode::io_error;
  return ErrorCode::unavailable;
}

// What the server said no to. Class 57 is its end, or a timeout, which may come while it commits;
// 08 is a connection in trouble; 25006 is a server that only reads, since it is no primary any
// more: who connects anew may find the one that is.
Failure failure_of(const pqxx::sql_error& error, bool lost) {
  const std::string_view state = error.sqlstate();
  const bool in_doubt = lost || state.starts_with("57") || state.starts_with("08");
  const bool useless = state.starts_with("57P") || state.starts_with("08") || state == "25006";
  return {.outcome = in_doubt ? ports::Outcome::unknown : ports::Outcome::refused,
          .error = Error{code_of(state), one_line(error.what())},
          .lost = lost || useless};
}

Failure lost(const std::exception& error) {
  return {.outcome = ports::Outcome::unknown,
          .error = Error{ErrorCode::unavailable, one_line(error.what())},
          .lost = true};
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(const PostgresOptions& options,
                                                     Watchdog& watchdog) {
  SYNCLINE_ASSIGN(const std::string text, connection_string(options));
  try {
    auto connection = std::make_unique<pqxx::connection>(text);
#if !defined(PQXX_VERSION_MAJOR) || PQXX_VERSION_MAJOR < 7
    // A transaction must not go on, silently, on another connection than it began on.
    connection->inhibit_reactivation(true);
#endif
    return std::unique_ptr<Connection>(
        new Connection(std::move(connection), watchdog, options.statement_timeout));
  } catch (const std::exception& error) {
    return Error{ErrorCode::unavailable,
                 "--postgres " + describe(options) + ": " + one_line(error.what()) +
                     "; check the address (postgresql://USER:PASSWORD@HOST:PORT/DATABASE) and that "
                     "the server runs"};
  }
}

Duration Connection::time_limit(std::size_t bytes) const {
  const std::size_t steps = bytes == 0 ? 0 : (bytes - 1) / bytes_step;
  return statement_timeout_ + time_for_step * static_cast<std::int64_t>(steps);
}

void Connection::tell_server(Duration limit) {
  if (limit == server_limit_) return;
  pqxx::nontransaction tell(*connection_);
  tell.exec("SET statement_timeout = " + std::to_string(in_milliseconds(limit)));
  server_limit_ = limit;
}

std::optional<Failure> Connection::attempt(const std::function<void(pqxx::connection&)>& work,
                                           std::size_t bytes) {
  const Duration limit = time_limit(bytes);
  Watchdog::Watch watch(watchdog_, connection_->sock(), limit + answer_grace);
  watch_ = &watch;
  try {
    tell_server(limit);
    work(*connection_);
    return std::nullopt;
  } catch (const pqxx::in_doubt_error& error) {
    return lost(error);
  } catch (const pqxx::broken_connection& error) {
    return lost(error);
  } catch (const pqxx::sql_error& error) {
    return failure_of(error, !connection_->is_open());
  } catch (const std::exception& error) {
    // Nothing that the server said: what state the connection is in is not known.
    return lost(error);
  }
}

Result<std::string> Connection::setting(const std::string& name) {
  std::string value;
  const auto failure = attempt([&](pqxx::connection& connection) {
    pqxx::nontransaction ask(connection);
    const pqxx::result result = ask.exec("SELECT current_setting(" + ask.quote(name) + ")");
    value = result[0][0].as<std::string>();
  });
  if (failure) return failure->error;
  return value;
}

}  // namespace postgres
}  // namespace syncline::adapters
