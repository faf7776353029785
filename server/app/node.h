#pragma once

#include <memory>

#include "server/adapters/beast/http_server.h"
#include "server/app/serve_options.h"
#include "server/base/result.h"

namespace syncline::app {

// One node, put together: the shards with their event loops, the store, the way to other nodes, and
// the HTTP server. The one place where adapters and core meet.
//
// A node's life: open, start, announce_drain, drain, stop. One call at a time.
class Node {
 public:
  // Takes the ports, and the data folder or its place at the services. If one cannot be had,
  // nothing has been changed, and the error's detail is a line for the operator.
  static Result<std::unique_ptr<Node>> open(const ServeOptions& options);

  // Stops, if that has not been done.
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  void start();

  // An operator, at this node or another, wants it to drain and end.
  bool drain_ordered() const;
  // Says that it is not ready, and goes on as before: for the gateway to notice.
  void announce_drain();
  // Takes no more connections; saves what it has, and moves its clients off (core::Shard::drain).
  void drain();
  // Closes at once what is left.
  void drain_expired();
  bool drained();

  // Returns to the operating system what evicted documents and closed connections have left free in
  // the allocator, which by itself would keep it for ever. Call now and then; it costs something
  // only when much has gone since the last time.
  void give_back_memory();

  // Ends all threads and closes the database.
  void stop();
  // The same without a last checkpoint, and without committing what still waits for it.
  void stop_at_once();

  adapters::Endpoint listen_endpoint() const;
  adapters::Endpoint admin_endpoint() const;

 private:
  class State;
  explicit Node(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace syncline::app
