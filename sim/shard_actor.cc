#include "sim/shard_actor.h"

#include <algorithm>
#include <utility>

#include "server/base/assert.h"

namespace syncline::sim {

ShardActor::ShardActor(const ShardSurroundings& surroundings, const NodeSetting& setting,
                       const std::string& name, std::uint64_t origin,
                       std::function<void(LinkId)> closed)
    : machine_(surroundings.machine),
      network_(surroundings.network),
      chronicle_(surroundings.chronicle),
      documents_(surroundings.services.documents),
      setting_(setting),
      closed_(std::move(closed)),
      random_(surroundings.seed, name, "core"),
      log_(machine_, chronicle_),
      backend_(make_backend(surroundings.services, machine_.party(), origin, machine_,
                            RandomStream(surroundings.seed, name, "backend"),
                            {.updates = *this,
                             .snapshots = *this,
                             .buffer = *this,
                             .broker = this,
                             .drains = nullptr,
                             .reconnected = [this] { on_reconnected(); }})),
      shard_(setting.config, {.clock = machine_.clock(),
                              .random = random_,
                              .transport = *this,
                              .updates = backend_->updates(),
                              .snapshots = backend_->snapshots(),
                              .broker = backend_->broker(),
                              .sessions = sessions_,
                              .metrics = metrics_,
                              .log = log_,
                              .buffer = backend_->buffer()}),
      loop_(machine_, *this, RandomStream(surroundings.seed, name, "turns"),
            setting.hand_over_max) {}

ShardActor::~ShardActor() = default;

// Connections.

void ShardActor::open(ConnectionId id, LinkId link, WebSocketEnd& peer,
                      const UpgradeRequest& request) {
  connections_.emplace(id, Connection{.link = link,
                                      .peer = &peer,
                                      .client = request.client,
                                      .document = documents_.number_of(request.document),
                                      .untaken = {}});
  network_.set_reading(link, Side::accepter, false);
  loop_.post([this, id, document = request.document.text(), acks = request.acks] {
    shard_.on_connect(id, {.document = document, .acks = acks});
  });
}

void ShardActor::on_frame(ConnectionId id, const SharedBytes& frame) {
  loop_.post([this, id, frame] { shard_.on_message(id, frame.view()); });
}

void ShardActor::on_lost(ConnectionId id) {
  if (connections_.erase(id) == 0) return;
  loop_.post([this, id] { shard_.on_disconnect(id); });
}

void ShardActor::send(ConnectionId id, SharedBytes frame) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;  // Lost; the shard has yet to hear of it.
  Connection& connection = found->second;
  chronicle_.tell(history::FrameSent{.node = machine_.party(),
                                     .client = connection.client,
                                     .document = connection.document,
                                     .frame = frame.view()});
  connection.untaken.push_back(frame.size());
  connection.untaken_bytes += frame.size();
  send_web_socket(network_, connection.link, Side::accepter, *connection.peer,
                  {.step = WebSocketStep::frame, .frame = std::move(frame)});
  if (connection.untaken.size() == 1) take_sent(id, connection);
}

void ShardActor::on_writable(ConnectionId id) {
  const auto found = connections_.find(id);
  if (found != connections_.end()) take_sent(id, found->second);
}

// What of a socket's bytes is not in its buffer is still ours.
void ShardActor::take_sent(ConnectionId id, Connection& connection) {
  const std::uint64_t in_flight = network_.bytes_in_flight(connection.link, Side::accepter);
  while (!connection.untaken.empty()) {
    const std::size_t bytes = connection.untaken.front();
    const std::uint64_t limit = setting_.socket_buffer_bytes + connection.untaken_bytes - bytes;
    if (in_flight > limit) return network_.wait_writable(connection.link, Side::accepter, limit);
    connection.untaken.pop_front();
    connection.untaken_bytes -= bytes;
    loop_.post([this, id, bytes] { shard_.on_sent(id, bytes); });
  }
}

void ShardActor::set_reading(ConnectionId id, bool reading) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  network_.set_reading(found->second.link, Side::accepter, reading);
}

void ShardActor::close(ConnectionId id, std::uint16_t code, std::string_view) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  const LinkId link = found->second.link;
  send_web_socket(network_, link, Side::accepter, *found->second.peer,
                  {.step = WebSocketStep::close, .code = code});
  network_.close(link, Side::accepter);
  connections_.erase(found);
  closed_(link);
}

std::uint64_t ShardActor::queued_bytes_max() const {
  std::uint64_t most = 0;
  for (const auto& [id, connection] : connections_) {
    most = std::max(most, connection.untaken_bytes);
  }
  return most;
}

void ShardActor::drain() {
  loop_.post([this] { shard_.drain(); });
}

void ShardActor::drain_expired() {
  loop_.post([this] { shard_.drain_expired(); });
}

void ShardActor::on_reconnected() {
  loop_.post([this] { shard_.on_buffer_reconnected(); });
}

void ShardActor::end_turn() {
  shard_.flush();
  SYNCLINE_ASSERT(sessions_.size() == shard_.connection_count(), sessions_.size(),
                  shard_.connection_count());
}

// Answers.

void ShardActor::on_append_done(RequestToken token, ports::AppendResult result) {
  loop_.post([this, token, result] { shard_.on_append_done(token, result); });
}

void ShardActor::on_log_page(RequestToken token, Result<ports::LogPage> page) {
  loop_.post([this, token, page = std::move(page)]() mutable {
    shard_.on_log_page(token, std::move(page));
  });
}

void ShardActor::on_log_heads(RequestToken token, Result<std::vector<Sequence>> heads) {
  loop_.post([this, token, heads = std::move(heads)]() mutable {
    shard_.on_log_heads(token, std::move(heads));
  });
}

void ShardActor::on_snapshot_read(RequestToken token,
                                  Result<std::optional<ports::Snapshot>> snapshot) {
  loop_.post([this, token, snapshot = std::move(snapshot)]() mutable {
    shard_.on_snapshot_read(token, std::move(snapshot));
  });
}

void ShardActor::on_snapshot_written(RequestToken token, ports::SnapshotOutcome outcome) {
  loop_.post([this, token, outcome] { shard_.on_snapshot_written(token, outcome); });
}

void ShardActor::on_buffer_append_done(RequestToken token, ports::BufferAppendResult result) {
  loop_.post([this, token, result] { shard_.on_buffer_append_done(token, result); });
}

void ShardActor::on_buffer_page(RequestToken token, Result<ports::BufferPage> page) {
  loop_.post([this, token, page = std::move(page)]() mutable {
    shard_.on_buffer_page(token, std::move(page));
  });
}

void ShardActor::on_buffer_heads(RequestToken token, Result<ports::BufferHeads> heads) {
  loop_.post([this, token, heads = std::move(heads)]() mutable {
    shard_.on_buffer_heads(token, std::move(heads));
  });
}

void ShardActor::on_buffer_claimed(RequestToken token,
                                   Result<std::vector<DocumentName>> documents) {
  loop_.post([this, token, documents = std::move(documents)]() mutable {
    shard_.on_buffer_claimed(token, std::move(documents));
  });
}

void ShardActor::on_buffer_trimmed(RequestToken token, Result<ports::BufferHead> head) {
  loop_.post([this, token, head = std::move(head)]() mutable {
    shard_.on_buffer_trimmed(token, std::move(head));
  });
}

void ShardActor::on_broker_update(const DocumentName& document, Sequence sequence,
                                  SharedBytes update) {
  loop_.post([this, number = documents_.number_of(document), sequence, update] {
    shard_.on_broker_update(documents_.name_of(number), sequence, update);
  });
}

void ShardActor::on_buffer_update(const DocumentName& document, ports::BufferPosition position,
                                  SharedBytes update) {
  loop_.post([this, number = documents_.number_of(document), position, update] {
    shard_.on_buffer_update(documents_.name_of(number), position, update);
  });
}

void ShardActor::on_broker_awareness(const DocumentName& document, SharedBytes awareness) {
  loop_.post([this, number = documents_.number_of(document), awareness] {
    shard_.on_broker_awareness(documents_.name_of(number), awareness);
  });
}

void ShardActor::on_broker_awareness_query(const DocumentName& document) {
  loop_.post([this, number = documents_.number_of(document)] {
    shard_.on_broker_awareness_query(documents_.name_of(number));
  });
}

void ShardActor::on_broker_subscribed(const DocumentName& document) {
  loop_.post([this, number = documents_.number_of(document)] {
    shard_.on_broker_subscribed(documents_.name_of(number));
  });
}

}  // namespace syncline::sim
