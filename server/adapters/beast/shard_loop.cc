#include "server/adapters/beast/shard_loop.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "server/adapters/beast/output_queue.h"
#include "server/adapters/beast/websocket_frame.h"
#include "server/base/assert.h"

namespace syncline::adapters {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// What one connection may bring in one turn, so that a fast sender does not hold up the others.
constexpr std::size_t read_buffer_bytes = 64 * limits::kibibyte;
constexpr int reads_per_turn_max = 8;

// A turn ends by letting the shard react to what was sent, which may send more; so often at most
// before other handlers get their chance.
constexpr int rounds_per_turn_max = 16;

constexpr Duration sweep_interval = seconds(1);

constexpr std::uint16_t close_without_code = 1005;  // Never on the wire: "the frame had none".

// The code to answer a peer's close frame with: its own, unless it may not stand in a frame.
std::uint16_t answer_to_close(BytesView payload) {
  if (payload.size() < 2) return close_without_code;
  const auto code = static_cast<std::uint16_t>(std::to_integer<unsigned>(payload[0]) << 8 |
                                               std::to_integer<unsigned>(payload[1]));
  const bool legal = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
                     (code >= 3000 && code <= 4999);
  return legal ? code : protocol::number(protocol::CloseCode::protocol_error);
}

struct Connection : std::enable_shared_from_this<Connection> {
  Connection(asio::io_context& context, ConnectionId connection_id, std::size_t message_bytes_max)
      : id(connection_id), socket(context), reader(message_bytes_max) {}

  const ConnectionId id;
  tcp::socket socket;
  FrameReader reader;
  OutputQueue output;
  Bytes unread;  // Came while reading was off.

  bool core_knows = false;   // The shard was told of it, and neither side has ended it.
  bool reading = false;      // What the shard wants; always true once it is closing.
  bool closing = false;      // A close frame is queued or sent.
  bool peer_closed = false;  // A close frame has come.
  bool garbled = false;      // What comes is no WebSocket any more and is thrown away.
  bool gone = false;         // Taken out of the table; handlers that still arrive do nothing.

  bool waits_readable = false;
  bool waits_writable = false;
  bool in_dirty = false;
  int kernel_bytes = 0;  // What the kernel still held for the peer when last looked at.

  std::size_t unfinished_bytes = 0;             // Held in `reader` after the last input.
  Instant unfinished_since = Instant::never();  // While there are such.

  Instant heard_at;     // When the peer last sent anything, or reading began.
  bool pinged = false;  // Since then.
  Instant close_by = Instant::never();
};

using ConnectionPtr = std::shared_ptr<Connection>;

}  // namespace

class ShardLoop::State {
 public:
  State(const Options& options, ports::Clock& clock, ports::Metrics& metrics)
      : options_(options),
        clock_(clock),
        metrics_(metrics),
        // The scheduler is locked, since other threads post; sockets belong to this one thread.
        context_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO),
        work_(asio::make_work_guard(context_)),
        deadline_timer_(context_),
        sweep_timer_(context_),
        read_buffer_(read_buffer_bytes) {}

  ~State() { SYNCLINE_ASSERT(!thread_.joinable()); }

  void start(core::Shard& shard) {
    shard_ = &shard;
    thread_ = std::thread([this] {
      end_turn();
      sweep_later();
      context_.run();
    });
  }

  void stop() {
    if (!thread_.joinable()) return;
    context_.stop();
    thread_.join();
    for (const auto& [id, connection] : connections_) close_socket(*connection);
    connections_.clear();
  }

  void post(std::function<void()> task) {
    bool first;
    {
      const std::lock_guard lock(inbox_mutex_);
      first = inbox_.empty();
      inbox_.push_back(std::move(task));
    }
    if (first) asio::post(context_, [this] { run_inbox(); });
  }

  void adopt(UpgradedSocket upgraded);
  core::Shard& shard() { return *shard_; }
  Status status() const {
    return {connection_count_.load(std::memory_order_relaxed),
            room_count_.load(std::memory_order_relaxed), drained_.load(std::memory_order_acquire)};
  }

  void send(ConnectionId id, SharedBytes frame);
  void set_reading(ConnectionId id, bool reading);
  void close(ConnectionId id, std::uint16_t code, std::string_view reason);

 private:
  // Turns.
  void run_inbox();
  void schedule_end_of_turn();
  void end_turn();
  void follow_deadline();
  void sweep_later();
  void sweep(Instant now);
  void publish_status();

  // Input.
  void wait_readable(const ConnectionPtr& connection);
  void read(const ConnectionPtr& connection);
  void consume(Connection& connection, std::span<std::byte> bytes);
  void on_event(Connection& connection, const FrameReader::Event& event);
  void resume(ConnectionId id);
  void account(Connection& connection);
  void keep_within_budget();
  void too_slow(Connection& connection);

  // Output.
  void mark_dirty(Connection& connection);
  void write_dirty();
  void write(const ConnectionPtr& connection);
  void wait_writable(const ConnectionPtr& connection);
  void look_for_progress(Connection& connection);
  void after_last_byte(Connection& connection);

  // Ends.
  void begin_close(Connection& connection, std::uint16_t code, std::string_view reason);
  void forget(Connection& connection);
  void lost(Connection& connection);
  static void close_socket(Connection& connection);

  Connection* find(ConnectionId id) {
    const auto it = connections_.find(id);
    return it == connections_.end() ? nullptr : it->second.get();
  }

  // Constant after start().
  const Options options_;
  ports::Clock& clock_;
  ports::Metrics& metrics_;
  core::Shard* shard_ = nullptr;
  std::thread thread_;

  asio::io_context context_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;

  // The loop's thread only.
  asio::steady_timer deadline_timer_;
  Instant deadline_armed_ = Instant::never();
  asio::steady_timer sweep_timer_;
  std::unordered_map<ConnectionId, ConnectionPtr> connections_;
  std::vector<ConnectionPtr> dirty_;  // Something was queued for them in this turn.
  std::uint64_t connections_made_ = 0;
  std::size_t unfinished_bytes_ = 0;  // The sum over connections_.
  bool turn_scheduled_ = false;
  std::vector<std::byte>
      read_buffer_;  // Shared by all: what lies in it is used up before the next read.
  std::vector<std::size_t> sent_;

  // Any thread.
  std::mutex inbox_mutex_;
  std::vector<std::function<void()>> inbox_;  // Guarded by inbox_mutex_.
  std::atomic<std::size_t> connection_count_ = 0;
  std::atomic<std::size_t> room_count_ = 0;
  std::atomic<bool> drained_ = false;
};

// Turns.

void ShardLoop::State::run_inbox() {
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(inbox_mutex_);
    tasks.swap(inbox_);
  }
  for (auto& task : tasks) task();
  schedule_end_of_turn();
}

// The handler runs behind those that are queued already: behind the rest of the turn.
void ShardLoop::State::schedule_end_of_turn() {
  if (turn_scheduled_) return;
  turn_scheduled_ = true;
  asio::post(context_, [this] { end_turn(); });
}

void ShardLoop::State::end_turn() {
  turn_scheduled_ = false;
  for (int round = 0; round < rounds_per_turn_max; ++round) {
    if (shard_->needs_flush()) shard_->flush();
    if (dirty_.empty()) break;
    write_dirty();
  }
  if (!dirty_.empty() || shard_->needs_flush()) schedule_end_of_turn();
  follow_deadline();
  publish_status();
}

// The timer is only ever moved forward: when it fires too early, it is set again then. So deadlines
// that recede with each input cost no system call.
void ShardLoop::State::follow_deadline() {
  const Instant next = shard_->next_deadline();
  if (next >= deadline_armed_) return;
  deadline_armed_ = next;
  deadline_timer_.expires_after(std::max(next - clock_.now(), Duration::zero()));
  deadline_timer_.async_wait([this](error_code error) {
    if (error) return;
    deadline_armed_ = Instant::never();
    if (clock_.now() >= shard_->next_deadline()) shard_->on_deadline();
    schedule_end_of_turn();
  });
}

void ShardLoop::State::sweep_later() {
  sweep_timer_.expires_after(sweep_interval);
  sweep_timer_.async_wait([this](error_code error) {
    if (error) return;
    sweep(clock_.now());
    sweep_later();
  });
}

// Looks for peers that are silent, for those that take what they are sent slowly, and for messages
// and closes that take too long.
void ShardLoop::State::sweep(Instant now) {
  std::vector<ConnectionPtr> overdue;
  std::vector<ConnectionPtr> full;
  std::vector<ConnectionPtr> unfinished;
  for (const auto& [id, connection] : connections_) {
    if (connection->waits_writable) full.push_back(connection);
    if (connection->reading && now - connection->unfinished_since > options_.message_timeout) {
      unfinished.push_back(connection);
    }
    const Duration silent = now - connection->heard_at;
    if (now >= connection->close_by || (connection->reading && silent > options_.drop_after)) {
      overdue.push_back(connection);
    } else if (connection->reading && !connection->closing && !connection->pinged &&
               silent > options_.ping_after) {
      connection->pinged = true;
      connection->output.push_ping();
      mark_dirty(*connection);
    }
  }
  for (const ConnectionPtr& connection : unfinished) too_slow(*connection);
  for (const ConnectionPtr& connection : full) look_for_progress(*connection);
  for (const ConnectionPtr& connection : overdue) lost(*connection);
  if (!overdue.empty()) schedule_end_of_turn();
}

void ShardLoop::State::publish_status() {
  connection_count_.store(shard_->connection_count(), std::memory_order_relaxed);
  room_count_.store(shard_->room_count(), std::memory_order_relaxed);
  drained_.store(connections_.empty() && shard_->drained(), std::memory_order_release);
}

// Input.

void ShardLoop::State::adopt(UpgradedSocket upgraded) {
  const ConnectionId id{++connections_made_ * options_.count + options_.index};
  auto connection = std::make_shared<Connection>(context_, id, options_.message_bytes_max);
  sockaddr_storage address{};
  socklen_t address_bytes = sizeof address;
  const bool is_v6 = ::getsockname(upgraded.descriptor, reinterpret_cast<sockaddr*>(&address),
                                   &address_bytes) == 0 &&
                     address.ss_family == AF_INET6;
  error_code error;
  connection->socket.assign(is_v6 ? tcp::v6() : tcp::v4(), upgraded.descriptor, error);
  if (error) {
    ::close(upgraded.descriptor);
    return;
  }
  connection->heard_at = clock_.now();
  connection->unread = std::move(upgraded.early);
  connection->output.push_raw(std::move(upgraded.response));
  connections_.emplace(id, connection);
  mark_dirty(*connection);
  if (upgraded.refusal.has_value()) {
    begin_close(*connection, protocol::number(upgraded.refusal->code), upgraded.refusal->reason);
    return;
  }
  connection->core_knows = true;
  shard_->on_connect(id, std::move(upgraded.request));
}

void ShardLoop::State::wait_readable(const ConnectionPtr& connection) {
  if (connection->waits_readable || !connection->reading) return;
  connection->waits_readable = true;
  connection->socket.async_wait(tcp::socket::wait_read, [this, connection](error_code error) {
    connection->waits_readable = false;
    if (connection->gone) return;
    if (error) {
      lost(*connection);
    } else {
      read(connection);
    }
    schedule_end_of_turn();
  });
}

void ShardLoop::State::read(const ConnectionPtr& connection) {
  // What came before has not been looked at yet: resume() does that first.
  if (!connection->unread.empty()) return;
  const int descriptor = connection->socket.native_handle();
  for (int reads = 0; reads < reads_per_turn_max; ++reads) {
    if (connection->gone || !connection->reading) return;
    const ssize_t got = ::recv(descriptor, read_buffer_.data(), read_buffer_.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN)) break;
    if (got <= 0) {
      lost(*connection);
      return;
    }
    connection->heard_at = clock_.now();
    connection->pinged = false;
    const auto bytes = static_cast<std::size_t>(got);
    consume(*connection, std::span(read_buffer_).first(bytes));
    // A short read emptied the socket: asking again would cost a call to learn that.
    if (bytes < read_buffer_.size()) break;
  }
  if (!connection->gone) wait_readable(connection);
}

// Hands the messages in `bytes` to the shard for as long as it wants them, and keeps the rest.
void ShardLoop::State::consume(Connection& connection, std::span<std::byte> bytes) {
  while (!connection.gone && !connection.garbled) {
    if (!connection.reading) {
      connection.reader.release();
      connection.unread.assign(bytes.begin(), bytes.end());
      break;
    }
    const auto event = connection.reader.next(bytes);
    if (event.kind == FrameReader::Kind::need_more) break;
    if (event.kind == FrameReader::Kind::message) connection.unfinished_since = Instant::never();
    on_event(connection, event);
  }
  account(connection);
  keep_within_budget();
}

void ShardLoop::State::account(Connection& connection) {
  if (connection.gone) return;
  const std::size_t bytes = connection.reader.buffered_bytes();
  unfinished_bytes_ += bytes;
  unfinished_bytes_ -= std::exchange(connection.unfinished_bytes, bytes);
  if (bytes == 0) {
    connection.unfinished_since = Instant::never();
  } else if (connection.unfinished_since == Instant::never()) {
    connection.unfinished_since = connection.heard_at;
  }
}

void ShardLoop::State::keep_within_budget() {
  while (unfinished_bytes_ > options_.unfinished_bytes_max) {
    const auto largest = std::max_element(
        connections_.begin(), connections_.end(), [](const auto& a, const auto& b) {
          return a.second->unfinished_bytes < b.second->unfinished_bytes;
        });
    SYNCLINE_ASSERT(largest != connections_.end() && largest->second->unfinished_bytes > 0);
    const ConnectionPtr given_up = largest->second;
    too_slow(*given_up);
  }
}

// Ends a connection whose message must not be held any longer.
void ShardLoop::State::too_slow(Connection& connection) {
  if (connection.core_knows) {
    shard_->on_frame_fault(connection.id, core::FrameFault::too_slow);
  }
  connection.reader.skip_messages();
  account(connection);
}

void ShardLoop::State::on_event(Connection& connection, const FrameReader::Event& event) {
  switch (event.kind) {
    case FrameReader::Kind::need_more:
    case FrameReader::Kind::pong:
      return;
    case FrameReader::Kind::message:
      if (connection.core_knows) shard_->on_message(connection.id, event.payload);
      return;
    case FrameReader::Kind::text_frame:
      if (connection.core_knows) {
        shard_->on_frame_fault(connection.id, core::FrameFault::text_frame);
      }
      return;
    case FrameReader::Kind::too_large:
      if (connection.core_knows) {
        shard_->on_frame_fault(connection.id, core::FrameFault::too_large);
      }
      return;
    case FrameReader::Kind::ping:
      if (connection.closing) return;
      connection.output.push_pong(event.payload);
      mark_dirty(connection);
      return;
    case FrameReader::Kind::close: {
      connection.peer_closed = true;
      forget(connection);
      // What is queued would reach nobody.
      if (!connection.closing) connection.output.drop_unstarted();
      begin_close(connection, answer_to_close(event.payload), "");
      return;
    }
    case FrameReader::Kind::violation:
      connection.garbled = true;
      if (connection.closing) return;
      metrics_.reject(ports::Rejection::protocol_error);
      forget(connection);
      begin_close(connection, protocol::number(protocol::CloseCode::protocol_error),
                  "not a WebSocket frame");
      return;
  }
}

// Goes through what came while reading was off, then waits for more.
void ShardLoop::State::resume(ConnectionId id) {
  const auto it = connections_.find(id);
  if (it == connections_.end() || !it->second->reading) return;
  const ConnectionPtr connection = it->second;
  Bytes unread;
  unread.swap(connection->unread);
  if (!unread.empty()) consume(*connection, unread);
  if (!connection->gone) wait_readable(connection);
  schedule_end_of_turn();
}

// Output.

void ShardLoop::State::mark_dirty(Connection& connection) {
  if (connection.in_dirty || connection.waits_writable || connection.gone) return;
  connection.in_dirty = true;
  dirty_.push_back(connection.shared_from_this());
  schedule_end_of_turn();
}

void ShardLoop::State::write_dirty() {
  std::vector<ConnectionPtr> batch;
  batch.swap(dirty_);
  for (const ConnectionPtr& connection : batch) {
    connection->in_dirty = false;
    if (!connection->gone) write(connection);
  }
  if (dirty_.empty()) {
    batch.clear();
    dirty_.swap(batch);  // Keeps the memory for the next turn.
  }
}

void ShardLoop::State::write(const ConnectionPtr& connection) {
  sent_.clear();
  const std::uint64_t taken_before = connection->output.taken_bytes();
  const auto progress = connection->output.write(connection->socket.native_handle(), sent_);
  if (progress == OutputQueue::Progress::failed) {
    lost(*connection);
    return;
  }
  if (progress == OutputQueue::Progress::blocked) wait_writable(connection);
  for (const std::size_t bytes : sent_) {
    if (!connection->core_knows) break;
    shard_->on_sent(connection->id, bytes);
  }
  // A part of a large frame: no frame has left, yet the peer is not stalled.
  const bool part = sent_.empty() && progress == OutputQueue::Progress::blocked &&
                    connection->output.taken_bytes() != taken_before;
  if (part && connection->core_knows) shard_->on_sent(connection->id, 0);
  if (connection->closing && connection->output.empty()) after_last_byte(*connection);
}

// A socket that was full counts as writable only once a good part of it is free again, which may
// be megabytes. A slow peer takes minutes for these, so what it takes meanwhile is looked up.
void ShardLoop::State::look_for_progress(Connection& connection) {
  int held = 0;
  if (::ioctl(connection.socket.native_handle(), SIOCOUTQ, &held) != 0) return;
  const bool progress = held < std::exchange(connection.kernel_bytes, held);
  if (progress && connection.core_knows) shard_->on_sent(connection.id, 0);
}

void ShardLoop::State::wait_writable(const ConnectionPtr& connection) {
  if (connection->waits_writable) return;
  connection->waits_writable = true;
  connection->kernel_bytes = 0;
  connection->socket.async_wait(tcp::socket::wait_write, [this, connection](error_code error) {
    connection->waits_writable = false;
    if (connection->gone) return;
    if (error) {
      lost(*connection);
      schedule_end_of_turn();
    } else {
      mark_dirty(*connection);
    }
  });
}

// Our close frame is out. A peer that has closed too is done with; another one has until close_by
// to answer or to hang up, which the end of our stream invites it to.
void ShardLoop::State::after_last_byte(Connection& connection) {
  if (connection.peer_closed) {
    lost(connection);
    return;
  }
  ::shutdown(connection.socket.native_handle(), SHUT_WR);
}

// Ends.

// The shard hears nothing more of the connection.
void ShardLoop::State::begin_close(Connection& connection, std::uint16_t code,
                                   std::string_view reason) {
  if (connection.closing) {
    if (connection.output.empty()) after_last_byte(connection);
    return;
  }
  connection.core_knows = false;
  connection.closing = true;
  connection.close_by = clock_.now() + options_.close_timeout;
  connection.reader.skip_messages();
  account(connection);
  if (code == close_without_code) {
    connection.output.push_close();
  } else {
    connection.output.push_close(code, reason);
  }
  mark_dirty(connection);
  if (!connection.reading) {
    connection.reading = true;
    connection.heard_at = clock_.now();
    asio::post(context_, [this, id = connection.id] { resume(id); });
  }
}

// Tells the shard that the peer has ended the connection.
void ShardLoop::State::forget(Connection& connection) {
  if (!connection.core_knows) return;
  connection.core_knows = false;
  shard_->on_disconnect(connection.id);
}

// Nothing more can be done with the socket.
void ShardLoop::State::lost(Connection& connection) {
  if (connection.gone) return;
  forget(connection);
  connection.gone = true;
  unfinished_bytes_ -= std::exchange(connection.unfinished_bytes, 0);
  // A peer that would not take what we sent is not worth the kernel's memory any longer.
  if (!connection.output.empty()) {
    const linger at_once{1, 0};
    ::setsockopt(connection.socket.native_handle(), SOL_SOCKET, SO_LINGER, &at_once,
                 sizeof at_once);
  }
  close_socket(connection);
  connections_.erase(connection.id);
  schedule_end_of_turn();
}

void ShardLoop::State::close_socket(Connection& connection) {
  error_code ignored;
  connection.socket.close(ignored);
}

// The transport.

void ShardLoop::State::send(ConnectionId id, SharedBytes frame) {
  Connection* connection = find(id);
  if (connection == nullptr || connection->closing) return;
  connection->output.push_message(std::move(frame));
  mark_dirty(*connection);
}

void ShardLoop::State::set_reading(ConnectionId id, bool reading) {
  Connection* connection = find(id);
  if (connection == nullptr || connection->closing || connection->reading == reading) return;
  connection->reading = reading;
  if (!reading) return;
  connection->heard_at = clock_.now();
  // The pause was not the peer's.
  if (connection->unfinished_bytes > 0) connection->unfinished_since = connection->heard_at;
  asio::post(context_, [this, id] { resume(id); });
}

void ShardLoop::State::close(ConnectionId id, std::uint16_t code, std::string_view reason) {
  Connection* connection = find(id);
  if (connection == nullptr) return;
  begin_close(*connection, code, reason);
}

ShardLoop::ShardLoop(const Options& options, ports::Clock& clock, ports::Metrics& metrics)
    : state_(std::make_unique<State>(options, clock, metrics)) {}
ShardLoop::~ShardLoop() = default;

void ShardLoop::start(core::Shard& shard) { state_->start(shard); }
void ShardLoop::stop() { state_->stop(); }

void ShardLoop::adopt(UpgradedSocket socket) {
  // std::function copies what it holds, so the socket is held by pointer.
  auto held = std::make_shared<UpgradedSocket>(std::move(socket));
  state_->post([state = state_.get(), held] { state->adopt(std::move(*held)); });
}

void ShardLoop::drain() {
  state_->post([state = state_.get()] { state->shard().drain(); });
}

void ShardLoop::drain_expired() {
  state_->post([state = state_.get()] { state->shard().drain_expired(); });
}

ShardLoop::Status ShardLoop::status() const { return state_->status(); }
void ShardLoop::post(std::function<void()> task) { state_->post(std::move(task)); }

void ShardLoop::send(ConnectionId connection, SharedBytes frame) {
  state_->send(connection, std::move(frame));
}
void ShardLoop::set_reading(ConnectionId connection, bool reading) {
  state_->set_reading(connection, reading);
}
void ShardLoop::close(ConnectionId connection, std::uint16_t code, std::string_view reason) {
  state_->close(connection, code, reason);
}

}  // namespace syncline::adapters
