#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "server/adapters/beast/operator_desk.h"
#include "server/adapters/beast/shard_loop.h"
#include "server/base/instant.h"
#include "server/base/result.h"
#include "server/ports/document_catalog.h"
#include "server/ports/log.h"
#include "server/ports/metrics.h"

namespace syncline::adapters {

// What the pages for operators say about the node. Called on the HTTP server's thread; must not
// block.
class NodeReport {
 public:
  virtual ~NodeReport() = default;

  virtual std::string metrics_text() = 0;  // In Prometheus' text format.
  virtual std::string status_json() = 0;
  virtual bool ready() = 0;  // Takes new connections.
};

// An address to listen on. Port 0 lets the operating system choose.
struct Endpoint {
  std::string host;
  std::uint16_t port = 0;

  // "127.0.0.1:8080", "[::1]:8080", ":8080" (all interfaces), "localhost:8080".
  static Result<Endpoint> parse(std::string_view text);
  std::string text() const;
};

// The two ports of a node, on one thread of its own: plain HTTP, and the beginning of every
// WebSocket, which then moves to the thread of its document's shard. So no page, however large,
// delays an edit.
class HttpServer {
 public:
  struct Options {
    Endpoint listen;
    Endpoint admin_listen;
    // A request must be complete so long after the connection was made or the last answer was sent.
    Duration handshake_timeout = seconds(10);
    // Connections that are not (yet) WebSockets; beyond it nothing is accepted until some have
    // ended.
    std::size_t connections_max = 1024;
    std::size_t header_bytes_max = 16 * limits::kibibyte;
    std::vector<std::string> allowed_origins;       // See origin_allowed().
    std::vector<std::string> trusted_proxies = {};  // See TrustedProxies; legal ones.
  };

  // All must outlive the server.
  struct World {
    NodeReport& report;
    ports::Metrics& metrics;
    ports::Log& log;
    OperatorDesk* desk = nullptr;  // Null: of this process nothing can be ordered.
  };

  HttpServer(const Options& options, const World& world);
  ~HttpServer();

  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Binds both ports. The error's detail is a line for the operator.
  Result<void> open();
  // Binds the admin port alone: for a process that serves nobody but its operator.
  Result<void> open_admin();
  // Where they are, with the real port numbers. REQUIRES: open() succeeded.
  Endpoint listen_endpoint() const;
  Endpoint admin_endpoint() const;

  // Starts to accept. `loops`, one a shard and at least one, and `catalog` must outlive the server.
  // The catalog is asked on a thread of its own, one question at a time. REQUIRES: open()
  // succeeded.
  void start(std::vector<ShardLoop*> loops, ports::DocumentCatalog& catalog);
  // Starts to accept on the admin port. REQUIRES: open_admin() succeeded.
  void start_admin();
  // From now on whoever asks for a WebSocket is answered 503, so that a gateway asks the next node.
  // The ports stay open: a gateway that finds them closed takes the node for dead, and cuts the
  // connections that are still being moved off. From any thread.
  void refuse_websockets();
  // Ends the threads. Idempotent.
  void stop();

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace syncline::adapters
