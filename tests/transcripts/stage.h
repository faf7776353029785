#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loadgen/client/yjs_client.h"
#include "tests/transcripts/transcript.h"
#include "tests/world/history.h"
#include "tests/world/memory_buffer.h"
#include "tests/world/memory_store.h"
#include "tests/world/node.h"

namespace syncline::transcripts {

// Where a transcript is played: one node whose store answers only when the script says so and how.
// Sockets take frames at once, unless they are stalled; nothing is sent by a client that the script
// does not name.
class Stage final : private world::Surroundings {
 public:
  Stage();

  // Plays one block and returns everything that the core asked for.
  std::vector<std::string> play(const Block& block);

 private:
  struct Actor {
    std::unique_ptr<client::YjsClient> yjs;
    std::optional<ConnectionId> connection;
    std::string document;
    bool stalled = false;
    std::vector<Bytes> held;         // What the client would send by itself.
    std::deque<SharedBytes> unread;  // What the server sent and the socket has not taken.
  };

  // Surroundings.
  void on_store_request(std::size_t node, world::StoreRequest request) override;
  void on_send(std::size_t node, ConnectionId connection, SharedBytes frame) override;
  void on_set_reading(std::size_t node, ConnectionId connection, bool reading) override;
  void on_close(std::size_t node, ConnectionId connection, std::uint16_t code,
                std::string_view reason) override;
  void on_subscription(std::size_t node, const DocumentName& document, bool on) override;
  void on_publish(std::size_t node, world::Publication publication) override;
  void on_reject(std::size_t node, ports::Rejection reason) override;
  void on_log(std::size_t node, ports::LogLevel level, std::string_view event,
              std::initializer_list<ports::LogField> fields) override;

  void say(std::string line) { said_.push_back(std::move(line)); }
  core::Shard& shard();
  void run(const Command& command);
  bool run_node_command(const Command& command);
  bool run_store_command(const Command& command);
  void forget_history(const DocumentName& document, std::size_t through);
  bool run_broker_command(const Command& command);
  bool run_buffer_command(const Command& command);
  void run_client_command(const Command& command);

  // The end of a turn, and what the sockets take because of it.
  void settle();
  bool let_sockets_take();
  void take_frame(const std::string& name, Actor& who);

  void connect(const Command& command);
  void disconnect(const std::string& name);
  void send_held(Actor& actor, std::string_view word);
  void send_all_held(Actor& actor);
  // What the client has just done, past anything that is held.
  void send_new(Actor& actor);
  void collect(Actor& actor);
  void say_sessions();
  void advance(Duration by);
  void answer(world::StoreRequest request, world::StoreFault fault);
  world::StoreRequest take_request(const Command& command, world::StoreStep step);
  world::StoreAnswer execute(const world::StoreRequest& request, world::StoreFault fault);
  void answer_everything();
  void drain_buffer();
  SharedBytes write_as_another_node(const Command& command, std::size_t verb);
  void act_as_another_node(const Command& command);
  std::string describe(const world::StoreRequest& request) const;
  std::string label(const DocumentName& document) const;

  Actor& actor(const std::string& name);
  const std::string& name_of(ConnectionId connection) const;

  core::Config config_;
  world::EventQueue events_;
  world::MemoryStore store_;
  bool buffered_ = false;  // durability=buffer
  world::MemoryBuffer buffer_;
  client::ClientNames names_;
  std::vector<std::string> said_;
  std::vector<world::StoreRequest> requests_;  // Not answered yet, in the order of the calls.
  bool full_ = false;                          // The storage.
  // What the store has done, but not answered yet.
  std::map<RequestToken, world::StoreAnswer> done_;

  std::map<std::string, Actor> actors_;
  std::map<ConnectionId, std::string> connections_;
  std::uint64_t last_connection_ = 0;

  // What another node has committed and published.
  client::YjsClient remote_;
  std::map<Sequence, SharedBytes> remote_updates_;
  // What the buffer has published, and nobody has heard yet.
  std::map<ports::BufferPosition, SharedBytes> publications_;

  // Last, so that a shard's last words are still heard.
  std::unique_ptr<world::Node> node_;
};

}  // namespace syncline::transcripts
