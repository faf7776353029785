#include "server/app/migrate_command.h"

#include <cstdio>

#include "server/adapters/postgres/migrations.h"
#include "server/adapters/system/system_clock.h"
#include "server/app/cluster_options.h"
#include "server/app/environment.h"
#include "server/app/exit_code.h"
#include "server/app/option.h"

namespace syncline::app {
namespace {

constexpr std::string_view usage =
    R"(Bring PostgreSQL's tables to this program's version. Nodes and workers do the same when
they start, unless they are told not to (--no-migrate). May run while nodes of the version before
are serving.

Usage: syncline-server migrate --postgres URL
)";

constexpr std::string_view examples = R"(
Examples:
  syncline-server migrate --postgres postgresql://owner@db/syncline
  SYNCLINE_POSTGRES=postgresql://owner@db/syncline syncline-server migrate
)";

struct MigrateOptions {
  std::string config;
  ClusterOptions cluster;
};

std::vector<OptionGroup> migrate_option_table(MigrateOptions& v) {
  return {{"Options",
           {{"config", "FILE", "A TOML file: each option below as a key", text_value(v.config)},
            postgres_option(v.cluster)}}};
}

int fail(int code, const std::string& line) {
  std::fprintf(stderr, "syncline-server: %s\n", line.c_str());
  return code;
}

}  // namespace

int migrate_command(std::span<const std::string> arguments) {
  MigrateOptions options;
  auto table = migrate_option_table(options);
  const auto parsed =
      read_options(table, {.arguments = arguments, .environment = environment_variable});
  if (!parsed.ok()) return fail(exit_refused, parsed.error().detail);
  if (parsed->help) {
    MigrateOptions defaults;
    const std::string help =
        std::string(usage) + options_help(migrate_option_table(defaults)) + std::string(examples);
    std::fwrite(help.data(), 1, help.size(), stdout);
    return exit_success;
  }
  if (!parsed->positional.empty()) {
    return fail(exit_refused, "'" + parsed->positional.front() +
                                  "': migrate takes options only; --help lists them");
  }
  if (options.cluster.postgres.empty()) {
    return fail(exit_refused, "migrate: needs --postgres URL; --help tells more");
  }
  const StorageOptions storage = storage_options(options.cluster, "");
  adapters::SystemClock clock;
  const auto migrated = adapters::migrate_postgres(*storage.postgres, clock);
  if (!migrated.ok()) {
    const Error& error = migrated.error();
    return fail(exit_refused, error.detail.empty() ? error.message() : error.detail);
  }
  std::printf("%s: version %d%s\n", adapters::describe(*storage.postgres).c_str(), migrated->to,
              migrated->from == migrated->to
                  ? ", nothing to do"
                  : (" (was " + std::to_string(migrated->from) + ")").c_str());
  return exit_success;
}

}  // namespace syncline::app
