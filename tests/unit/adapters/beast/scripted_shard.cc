#include "tests/unit/adapters/beast/scripted_shard.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>

#include "server/core/shard.h"

namespace syncline::adapters::testing {
namespace {

std::unique_ptr<Journal> current = std::make_unique<Journal>();
ports::Transport* transport = nullptr;
std::set<ConnectionId> connections;

}  // namespace

void Journal::add(std::string event) {
  const std::lock_guard lock(mutex_);
  events_.push_back(std::move(event));
  changed_.notify_all();
}

bool Journal::wait_for(const std::string& event) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(10), [&] {
    return std::find(events_.begin(), events_.end(), event) != events_.end();
  });
}

std::vector<std::string> Journal::events() {
  const std::lock_guard lock(mutex_);
  return events_;
}

Journal& journal() { return *current; }
void clear_journal() { current = std::make_unique<Journal>(); }

void resume() {
  for (const ConnectionId id : connections) transport->set_reading(id, true);
}

}  // namespace syncline::adapters::testing

namespace syncline::core {

using adapters::testing::connections;
using adapters::testing::journal;

class Shard::State {
 public:
  explicit State(const Ports& world) : ports(world) {}

  void obey(ConnectionId connection, std::string_view word) {
    if (word.starts_with("echo ")) {
      ports.transport.send(connection, SharedBytes(as_bytes(word.substr(5))));
    } else if (word.starts_with("later ")) {
      later.emplace_back(connection, SharedBytes(as_bytes(word.substr(6))));
    } else if (word == "pause") {
      ports.transport.set_reading(connection, false);
    } else if (word == "flood") {
      const SharedBytes frame(Bytes(64 * 1024));
      for (int i = 0; i < 64; ++i) ports.transport.send(connection, frame);
    } else if (word == "large") {
      ports.transport.send(connection, SharedBytes(Bytes(1024 * 1024)));
    } else if (word == "close") {
      connections.erase(connection);
      ports.transport.close(connection, 4422, "told to");
    } else if (word == "timer") {
      deadline = ports.clock.now() + milliseconds(20);
    }
  }

  const Ports ports;
  std::vector<std::pair<ConnectionId, SharedBytes>> later;
  Instant deadline = Instant::never();
  std::size_t sent_bytes = 0;
  int progress = 0;
  bool draining = false;
};

Shard::Shard(const Config&, const Ports& ports) : state_(std::make_unique<State>(ports)) {
  adapters::testing::transport = &ports.transport;
  connections.clear();
}
Shard::~Shard() = default;

void Shard::on_connect(ConnectionId connection, ConnectRequest request) {
  journal().add("connect " + request.document + (request.acks ? " acks" : ""));
  if (request.document == "refused") {
    state_->ports.transport.close(connection, 1013, "not now");
    return;
  }
  connections.insert(connection);
  if (request.document != "slow") state_->ports.transport.set_reading(connection, true);
}

void Shard::on_message(ConnectionId connection, BytesView message) {
  const std::string word(as_text(message));
  journal().add("message " + word.substr(0, 40));
  state_->obey(connection, word);
}

void Shard::on_frame_fault(ConnectionId connection, FrameFault fault) {
  const bool text = fault == FrameFault::text_frame;
  const bool slow = fault == FrameFault::too_slow;
  journal().add(text ? "text frame" : slow ? "too slow" : "too large");
  connections.erase(connection);
  state_->ports.transport.close(connection, text ? 1003 : slow ? 1013 : 4413, "fault");
}

void Shard::on_sent(ConnectionId, std::size_t bytes) {
  if (bytes == 0) {
    journal().add("progress " + std::to_string(++state_->progress));
    return;
  }
  state_->sent_bytes += bytes;
  journal().add("sent " + std::to_string(state_->sent_bytes));
}

void Shard::on_disconnect(ConnectionId connection) {
  connections.erase(connection);
  journal().add("disconnect");
}

void Shard::on_append_done(RequestToken, ports::AppendResult) {}
void Shard::on_log_page(RequestToken, Result<ports::LogPage>) {}
void Shard::on_log_heads(RequestToken, Result<std::vector<Sequence>>) {}
void Shard::on_snapshot_read(RequestToken, Result<std::optional<ports::Snapshot>>) {}
void Shard::on_snapshot_written(RequestToken, ports::SnapshotOutcome) {}
void Shard::on_broker_update(const DocumentName&, Sequence, SharedBytes) {}
void Shard::on_buffer_update(const DocumentName&, ports::BufferPosition, SharedBytes) {}
void Shard::on_buffer_append_done(RequestToken, ports::BufferAppendResult) {}
void Shard::on_buffer_page(RequestToken, Result<ports::BufferPage>) {}
void Shard::on_buffer_heads(RequestToken, Result<ports::BufferHeads>) {}
void Shard::on_buffer_claimed(RequestToken, Result<std::vector<DocumentName>>) {}
void Shard::on_buffer_trimmed(RequestToken, Result<ports::BufferHead>) {}
void Shard::on_buffer_reconnected() {}
void Shard::on_broker_awareness(const DocumentName&, SharedBytes) {}
void Shard::on_broker_awareness_query(const DocumentName&) {}
void Shard::on_broker_subscribed(const DocumentName&) {}
void Shard::on_buffer_filling(bool) {}

void Shard::flush() {
  journal().add("flush " + std::to_string(state_->later.size()));
  for (auto& [connection, frame] : state_->later) state_->ports.transport.send(connection, frame);
  state_->later.clear();
}
bool Shard::needs_flush() const { return !state_->later.empty(); }

Instant Shard::next_deadline() const { return state_->deadline; }
void Shard::on_deadline() {
  state_->deadline = Instant::never();
  journal().add("deadline");
}

void Shard::drain() {
  state_->draining = true;
  for (const ConnectionId id : connections) state_->ports.transport.close(id, 1012, "restarting");
  connections.clear();
}
void Shard::drain_expired() { drain(); }
bool Shard::drained() const { return state_->draining && connections.empty(); }

std::size_t Shard::connection_count() const { return connections.size(); }
std::size_t Shard::room_count() const { return 0; }

}  // namespace syncline::core
