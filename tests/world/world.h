#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "loadgen/client/yjs_client.h"
#include "server/core/config.h"
#include "tests/world/event_queue.h"
#include "tests/world/history.h"
#include "tests/world/memory_buffer.h"
#include "tests/world/memory_store.h"
#include "tests/world/node.h"

namespace syncline::world {

using client::ClientNames;
using client::YjsClient;

struct WorldOptions {
  std::uint64_t seed = 1;
  std::size_t nodes = 1;
  core::Config config = {};
  bool keep_lines = false;
  unsigned broker_loss_percent = 0;
  // How many answers of the store and messages of the broker take up to some seconds.
  unsigned slow_percent = 0;
  // durability=buffer, if there are any.
  std::size_t workers = 0;
  core::WorkerConfig worker_config = {};
};

// Nodes, the store and the broker that they share, and clients that type: in one thread, on virtual
// time.
//
// Everything takes a random, short time, so that answers come in any order; nothing happens from
// within a call of a node. What must always hold is checked as it happens (nothing is called saved
// that is not in the log; nobody is sent what a stock client cannot read); what must hold in the
// end is checked by check_converged() after heal().
class World final : private Surroundings {
 public:
  using ClientIndex = std::size_t;
  // Decides how the store's next step goes; steps are counted from 0 over the whole run.
  using FaultChooser = std::function<StoreFault(const StoreRequest& request, std::uint64_t step)>;

  explicit World(const WorldOptions& options);

  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Clients.
  ClientIndex add_client(const std::string& name, const std::string& document, bool acks);
  std::size_t client_count() const { return clients_.size(); }
  YjsClient& yjs(ClientIndex client) { return *clients_[client].yjs; }
  // Connects to the node now, and after each loss of the connection to any node that lives.
  void connect(ClientIndex client, std::size_t node);
  void disconnect(ClientIndex client);
  void insert(ClientIndex client, std::size_t position, const std::string& text);
  void erase(ClientIndex client, std::size_t position, std::size_t length);
  void set_state(ClientIndex client, const std::string& json);
  void send_raw(ClientIndex client, Bytes frame);
  // A stalled client's socket takes nothing.
  void stall(ClientIndex client, bool stalled);
  bool connected(ClientIndex client) const { return clients_[client].link.has_value(); }
  // The code with which the server last closed this client; 0 if it never did.
  std::uint16_t last_close(ClientIndex client) const { return clients_[client].last_close; }

  // Nodes.
  std::size_t node_count() const { return nodes_.size(); }
  Node& node(std::size_t number) { return *nodes_[number]; }
  void crash(std::size_t node);
  void start(std::size_t node);
  void drain(std::size_t node);
  void evict(std::size_t node, const DocumentName& document);
  void revoke(ClientIndex client);

  // Workers.
  std::size_t worker_count() const { return workers_.size(); }
  WorkerNode& worker(std::size_t number) { return *workers_[number]; }
  void crash_worker(std::size_t number);
  void start_worker(std::size_t number);

  // The write buffer. Its accidents cut everybody's connection to it.
  MemoryBuffer& buffer() { return buffer_; }
  void crash_buffer();
  void flush_buffer();

  // The store and the broker.
  MemoryStore& store() { return store_; }
  void set_faults(FaultChooser chooser) { choose_fault_ = std::move(chooser); }
  void set_broker_loss(unsigned percent) { broker_loss_percent_ = percent; }
  std::uint64_t store_steps() const { return store_steps_; }

  // Time.
  Instant now() const { return events_.now(); }
  void run_for(Duration duration) { events_.run_until(events_.now() + duration); }

  // No more faults; every node is up, every client connected and reading.
  void heal();

  // Checks what must hold once everything is healed and has been given time.
  void check_converged();
  // Disconnects everybody, waits until all is evicted, and checks that nothing is left.
  void check_nothing_left();

  // What went wrong; empty in a good run.
  const std::vector<std::string>& violations() const { return violations_; }
  const History& history() const { return history_; }
  SeededRandom& random() { return random_; }
  const ClientNames& names() const { return names_; }

 private:
  // One WebSocket. `outbound` is what the server sent and the client has not read.
  struct Link {
    ClientIndex client;
    std::size_t node;
    bool client_open = true;
    bool server_open = false;
    bool reading = false;
    bool may_slip_through = false;  // One message was read before reading stopped.
    std::deque<Bytes> inbound = {};
    std::deque<SharedBytes> outbound = {};
    Instant last_in = {};
    Instant last_out = {};
    std::optional<std::uint16_t> closing = {};
  };
  struct Client {
    std::string name;
    DocumentName document;
    bool acks;
    std::unique_ptr<YjsClient> yjs;
    std::optional<ConnectionId> link;
    bool wants_connection = false;
    bool stalled = false;
    bool stopped = false;  // Told with 4400-4499 not to come back.
    unsigned attempts = 0;
    std::uint16_t last_close = 0;
  };
  // The driver's part of a node.
  struct Driver {
    bool flush_scheduled = false;
    std::optional<Instant> deadline = {};
    Instant last_deadline_at = {};
    int deadlines_at_once = 0;
    bool draining = false;
  };

  // Surroundings.
  void on_store_request(std::size_t node, StoreRequest request) override;
  void on_send(std::size_t node, ConnectionId connection, SharedBytes frame) override;
  void on_set_reading(std::size_t node, ConnectionId connection, bool reading) override;
  void on_close(std::size_t node, ConnectionId connection, std::uint16_t code,
                std::string_view reason) override;
  void on_subscription(std::size_t node, const DocumentName& document, bool on) override;
  void on_publish(std::size_t node, Publication publication) override;
  void on_reject(std::size_t node, ports::Rejection reason) override;
  void on_log(std::size_t node, ports::LogLevel level, std::string_view event,
              std::initializer_list<ports::LogField> fields) override;

  void note(std::size_t node, std::string line);
  void violate(std::string what);

  // Drives a node: an input, then what the driver owes it.
  void input(std::size_t node, const std::function<void(core::Shard&)>& call);
  // The same, unless the node has died since.
  void input_later(std::size_t node, Duration delay, std::function<void(core::Shard&)> call);
  void schedule_flush(std::size_t node);
  void schedule_deadline(std::size_t node);
  void on_deadline(std::size_t node);

  // Sockets.
  void open(ClientIndex client, std::size_t node);
  void open_somewhere(ClientIndex client);
  Link* link_of(ConnectionId connection);
  void deliver_out(ConnectionId connection);
  void deliver_in(ConnectionId connection);
  void finish_close(ConnectionId connection);
  void client_lost(ConnectionId connection, std::uint16_t code);
  void after_client(ClientIndex client);
  void tick(ClientIndex client);

  void execute(std::size_t node, std::uint64_t life, const StoreRequest& request, StoreFault fault);
  StoreAnswer carry_out(const StoreRequest& request, StoreFault fault);
  void execute_for_worker(std::size_t worker, std::uint64_t life, const StoreRequest& request,
                          StoreFault fault);
  void input_worker(std::size_t worker, const std::function<void(core::Worker&)>& call);
  void publish_from_buffer(const DocumentName& document, ports::BufferPosition position,
                           const SharedBytes& update);
  void reconnect_to_buffer();
  Duration latency(Duration low, Duration high);

  // What is durable somewhere now.
  UpdateIds durable_ids(const DocumentName& document) const;
  void check_saved(const Client& client, UpdateIds saved);
  void check_synced(const Client& client, std::size_t node);
  void check_document(const DocumentName& document);
  void check_client(const Client& client, const crdt::Doc& expected);
  void check_states(const Client& client);

  // Constant after construction.
  const WorldOptions options_;

  EventQueue events_;
  SeededRandom random_;
  History history_;
  std::vector<std::string> violations_;
  ClientNames names_;

  MemoryStore store_;
  MemoryBuffer buffer_;
  // What was ever in the buffer, though it may have forgotten it.
  std::map<DocumentName, UpdateIds> once_buffered_;
  FaultChooser choose_fault_;
  std::uint64_t store_steps_ = 0;
  std::map<std::pair<std::size_t, DocumentName>, Instant> last_append_;

  unsigned broker_loss_percent_;
  unsigned slow_percent_;
  std::set<std::pair<std::size_t, DocumentName>> subscriptions_;
  // What the log had when a node began to load a document: nobody is synced with less.
  std::map<std::pair<std::size_t, DocumentName>, UpdateIds> loaded_;

  std::vector<Client> clients_;
  std::map<ConnectionId, Link> links_;
  std::uint64_t last_connection_ = 0;

  std::vector<Driver> drivers_;
  bool inside_ = false;  // A node is being called.
  bool healed_ = false;  // People reload the page where a client was told to stop.
  // Last, so that a shard's last words still find a world.
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<std::unique_ptr<WorkerNode>> workers_;
};

}  // namespace syncline::world
