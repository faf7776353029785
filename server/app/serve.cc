#include "server/app/serve.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>

#include "server/app/environment.h"
#include "server/app/exit_code.h"
#include "server/app/node.h"
#include "server/app/serve_options.h"
#include "server/app/shutdown_signals.h"
#include "server/app/version.h"

namespace syncline::app {
namespace {

constexpr std::string_view usage =
    R"(Serve documents to editors (y-websocket at ws://HOST:PORT/ws/{document}),
and the web editor to browsers (http://HOST:PORT/).

Usage: syncline-server serve [OPTIONS]

Every option is also a key of the TOML file (listen = "127.0.0.1:8080") and an environment variable
(SYNCLINE_LISTEN). The command line wins over the environment, and that over the file. Times are
written 500ms, 30s, 5m or 1h, sizes 64KiB, 16MiB or 1GiB. In brackets: the default.
)";

constexpr std::string_view examples = R"(
Examples:
  syncline-server serve
  syncline-server serve --listen 0.0.0.0:8080 --data /var/lib/syncline --allow-origin same
  syncline-server serve --config /etc/syncline.toml --log-format json
  syncline-server serve --postgres postgresql://syncline@db/syncline --redis redis://cache:6379
      One of several nodes behind a gateway

SIGTERM, SIGINT and POST /drain on the admin port stop the node gently: it takes no new connections,
saves what it has, tells its clients to come back, and exits with 0. A second signal ends it at
once.
)";

int refuse(const Error& error) {
  const std::string& line = error.detail.empty() ? error.message() : error.detail;
  std::fprintf(stderr, "syncline-server: %s\n", line.c_str());
  return exit_refused;
}

void print_help() {
  ServeOptions defaults = default_serve_options();
  const std::string options = options_help(serve_option_table(defaults));
  std::fwrite(usage.data(), 1, usage.size(), stdout);
  std::fwrite(options.data(), 1, options.size(), stdout);
  std::fwrite(examples.data(), 1, examples.size(), stdout);
}

void print_ready(const Node& node, const ServeOptions& options) {
  const std::string storage = describe_storage(storage_options(options.cluster, options.data));
  std::printf("Syncline %s is ready: http://%s/ (%s, metrics at http://%s/metrics)\n",
              std::string(version).c_str(), node.listen_endpoint().text().c_str(), storage.c_str(),
              node.admin_endpoint().text().c_str());
  std::fflush(stdout);
}

// Ends the node gently, or at once when a second signal comes. First the gateway is given its time
// to notice, and the clients theirs to move. What then is not done takes no longer than `timeout`,
// but for a second in which the threads end; what even then hangs (a disk that does not answer) is
// left behind: nothing that was acknowledged depends on it.
class Shutdown {
 public:
  Shutdown(Node& node, ShutdownSignals& signals, Duration timeout)
      : node_(node), signals_(signals), left_(timeout) {}

  void run(Duration notice, Duration spread) {
    // For the last frames to leave, and as much again for the threads to end.
    const Duration reserve = std::min<Duration>(seconds(2), left_ / 4);
    node_.announce_drain();
    left_ += notice + spread;
    wait(notice, [] { return false; });
    node_.drain();
    const bool drained = wait(left_ - 2 * reserve, [this] { return node_.drained(); });
    if (!drained) {
      node_.drain_expired();
      wait(reserve, [this] { return node_.drained(); });
    }
    stop(!drained);
  }

 private:
  static constexpr Duration look_again = milliseconds(20);

  // False if it has not come true after `limit`.
  template <class Condition>
  bool wait(Duration limit, Condition condition) {
    for (Duration waited{0}; waited < limit && !condition(); waited += look_again) {
      if (signals_.wait_for(look_again)) std::_Exit(exit_failed);
      left_ -= look_again;
    }
    return condition();
  }

  void stop(bool late) {
    auto stopped = std::async(std::launch::async,
                              [this, late] { late ? node_.stop_at_once() : node_.stop(); });
    const auto done = [&stopped] {
      return stopped.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    };
    if (wait(std::max<Duration>(left_, seconds(1)), done)) return;
    std::fputs("syncline-server: the node did not end in time and is left behind\n", stderr);
    std::_Exit(exit_failed);
  }

  Node& node_;
  ShutdownSignals& signals_;
  Duration left_;
};

}  // namespace

int serve_command(std::span<const std::string> arguments) {
  ServeOptions options = default_serve_options();
  auto table = serve_option_table(options);
  const auto parsed =
      read_options(table, {.arguments = arguments, .environment = environment_variable});
  if (!parsed.ok()) return refuse(parsed.error());
  if (parsed->help) {
    print_help();
    return exit_success;
  }
  if (!parsed->positional.empty()) {
    return refuse(
        {ErrorCode::invalid_argument,
         "'" + parsed->positional.front() + "': serve takes options only; --help lists them"});
  }
  const auto settled = settle_serve_options(options);
  if (!settled.ok()) return refuse(settled.error());
  // Before any thread exists, so that all inherit it.
  ShutdownSignals signals;
  auto node = Node::open(options);
  if (!node.ok()) return refuse(node.error());
  (*node)->start();
  print_ready(**node, options);
  constexpr auto between_give_backs = seconds(1);
  while (!signals.wait_for(between_give_backs) && !(*node)->drain_ordered()) {
    (*node)->give_back_memory();
  }
  Shutdown(**node, signals, options.drain_timeout)
      .run(*options.drain_notice, options.core.handoff_spread);
  return exit_success;
}

}  // namespace syncline::app
