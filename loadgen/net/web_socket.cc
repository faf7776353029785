#include "loadgen/net/web_socket.h"

#include <deque>
#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "loadgen/net/event_loop_state.h"
#include "server/base/assert.h"

namespace syncline::loadgen {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

constexpr Duration open_timeout = seconds(10);  // For connecting, and again for the handshake.
constexpr std::size_t message_bytes_max = std::size_t{256} << 20;
constexpr std::size_t buffer_kept_max = std::size_t{64} << 10;  // Above it memory is given back.

}  // namespace

// One connection, from the first packet to the end. Its operations keep it alive; detach() makes
// it mute.
class WebSocket::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(asio::io_context& context, WebSocketSink& sink)
      : resolver_(context), stream_(context), sink_(&sink) {}

  void start(const Target& target, const std::string& path) {
    host_ = target.host + ':' + std::to_string(target.port);
    path_ = path;
    resolver_.async_resolve(target.host, std::to_string(target.port),
                            [self = shared_from_this()](error_code error, const auto& found) {
                              self->on_resolved(error, found);
                            });
  }

  void send(Bytes message) {
    SYNCLINE_ASSERT(open_);
    waiting_.push_back(std::move(message));
    if (waiting_.size() == 1) write();
  }

  void detach() {
    sink_ = nullptr;
    resolver_.cancel();
    error_code ignored;
    beast::get_lowest_layer(stream_).socket().close(ignored);
  }

 private:
  void on_resolved(error_code error, const tcp::resolver::results_type& found) {
    if (sink_ == nullptr) return;
    if (error) return end(error);
    auto& lowest = beast::get_lowest_layer(stream_);
    lowest.expires_after(open_timeout);
    lowest.async_connect(found,
                         [self = shared_from_this()](error_code outcome, const tcp::endpoint&) {
                           self->on_connected(outcome);
                         });
  }

  void on_connected(error_code error) {
    if (sink_ == nullptr) return;
    if (error) return end(error);
    auto& lowest = beast::get_lowest_layer(stream_);
    lowest.expires_never();
    error_code ignored;
    lowest.socket().set_option(tcp::no_delay(true), ignored);
    websocket::stream_base::timeout limits{};
    limits.handshake_timeout = open_timeout;
    limits.idle_timeout = websocket::stream_base::none();
    limits.keep_alive_pings = false;
    stream_.set_option(limits);
    stream_.binary(true);
    stream_.read_message_max(message_bytes_max);
    stream_.async_handshake(host_, path_, [self = shared_from_this()](error_code outcome) {
      self->on_handshake(outcome);
    });
  }

  void on_handshake(error_code error) {
    if (sink_ == nullptr) return;
    if (error) return end(error);
    open_ = true;
    sink_->on_open();
    if (sink_ != nullptr) read();
  }

  void read() {
    stream_.async_read(buffer_, [self = shared_from_this()](error_code error, std::size_t) {
      self->on_read(error);
    });
  }

  void on_read(error_code error) {
    if (sink_ == nullptr) return;
    if (error) return end(error);
    const auto data = buffer_.cdata();
    sink_->on_message({static_cast<const std::byte*>(data.data()), data.size()});
    if (sink_ == nullptr) return;
    buffer_.consume(buffer_.size());
    if (buffer_.capacity() > buffer_kept_max) buffer_.shrink_to_fit();
    read();
  }

  void write() {
    const Bytes& message = waiting_.front();
    stream_.async_write(
        asio::buffer(message.data(), message.size()),
        [self = shared_from_this()](error_code error, std::size_t) { self->on_written(error); });
  }

  void on_written(error_code error) {
    if (sink_ == nullptr || error) return;  // The read that is under way tells the end.
    waiting_.pop_front();
    if (!waiting_.empty()) write();
  }

  void end(error_code error) {
    SocketEnd told;
    if (error == websocket::error::closed) {
      told = {stream_.reason().code,
              std::string(stream_.reason().reason.data(), stream_.reason().reason.size())};
    } else {
      told.reason = error.message();
    }
    WebSocketSink* sink = sink_;
    detach();
    sink->on_closed(told);
  }

  tcp::resolver resolver_;
  websocket::stream<beast::tcp_stream, false> stream_;
  WebSocketSink* sink_;  // Null once nobody listens any more.
  std::string host_;
  std::string path_;
  bool open_ = false;
  beast::flat_buffer buffer_;
  std::deque<Bytes> waiting_;  // The first is being written.
};

WebSocket::WebSocket(EventLoop& loop, WebSocketSink& sink) : loop_(loop), sink_(sink) {}
WebSocket::~WebSocket() { close(); }

void WebSocket::connect(const Target& target, const std::string& path) {
  close();
  connection_ = std::make_shared<Connection>(loop_.state().context, sink_);
  connection_->start(target, path);
}

void WebSocket::send(Bytes message) {
  SYNCLINE_ASSERT(connection_ != nullptr);
  connection_->send(std::move(message));
}

void WebSocket::close() {
  if (connection_ == nullptr) return;
  connection_->detach();
  connection_.reset();
}

}  // namespace syncline::loadgen
