#include "server/adapters/redis/event_loop.h"

#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include "server/base/assert.h"
#include "server/base/limits.h"

namespace syncline::adapters::redis {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;
using Socket = asio::generic::stream_protocol::socket;

class EventLoop::State {
 public:
  // The scheduler is locked, since other threads post; sockets belong to the loop's thread.
  asio::io_context context{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
  asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(context);
  std::thread thread;
};

EventLoop::EventLoop() : state_(std::make_unique<State>()) {}

EventLoop::~EventLoop() { SYNCLINE_ASSERT(!state_->thread.joinable()); }

void EventLoop::start() {
  state_->thread = std::thread([state = state_.get()] { state->context.run(); });
}

void EventLoop::stop() {
  if (!state_->thread.joinable()) return;
  state_->context.stop();
  state_->thread.join();
}

void EventLoop::post(std::function<void()> task) { asio::post(state_->context, std::move(task)); }

// Timer.

class Timer::State {
 public:
  explicit State(asio::io_context& context) : timer(context) {}

  asio::steady_timer timer;
  std::uint64_t calls = 0;  // A call that was replaced does not run.
};

Timer::Timer(EventLoop& loop) : state_(std::make_shared<State>(loop.state_->context)) {}

Timer::~Timer() { cancel(); }

void Timer::after(Duration delay, std::function<void()> call) {
  state_->timer.expires_after(delay);
  state_->timer.async_wait(
      [state = state_, call = std::move(call), number = ++state_->calls](const error_code& code) {
        if (!code && number == state->calls) call();
      });
}

void Timer::cancel() {
  ++state_->calls;
  state_->timer.cancel();
}

// Stream.

class Stream::State : public std::enable_shared_from_this<Stream::State> {
 public:
  State(asio::io_context& context, const RedisOptions& options, StreamEvents& events)
      : context_(context), options_(options), events_(&events), socket_(context) {}

  void open() {
    if (!options_.socket_path.empty()) return open_unix();
    resolver_.emplace(context_);
    resolver_->async_resolve(
        options_.host, std::to_string(options_.port),
        [self = shared_from_this()](const error_code& code, const tcp::resolver::results_type& to) {
          if (self->failed(code, "cannot find the host")) return;
          self->open_tcp(to);
        });
  }

  void write(std::string bytes) {
    SYNCLINE_ASSERT(output_.empty());
    output_ = std::move(bytes);
    const auto done = [self = shared_from_this()](const error_code& code, std::size_t) {
      if (self->failed(code, "cannot write")) return;
      self->output_.clear();
      self->events_->on_stream_written();
    };
    if (tls_) {
      asio::async_write(*tls_, asio::buffer(output_), done);
    } else {
      asio::async_write(socket_, asio::buffer(output_), done);
    }
  }

  void close() {
    events_ = nullptr;
    if (resolver_) resolver_->cancel();
    if (connecting_) connecting_->close(ignored_);
    socket_.close(ignored_);
  }

 private:
  // True if there is nobody to tell any more, or the stream has ended with this.
  bool failed(const error_code& code, std::string_view what) {
    if (events_ == nullptr) return true;
    if (!code) return false;
    std::exchange(events_, nullptr)->on_stream_end(std::string(what) + ": " + code.message());
    return true;
  }

  void open_unix() {
    error_code code;
    asio::local::stream_protocol::socket socket(context_);
    // Never waits: Redis's backlog takes it, or it fails.
    socket.connect(asio::local::stream_protocol::endpoint(options_.socket_path), code);
    if (!code) socket_ = std::move(socket);
    asio::post(context_, [self = shared_from_this(), code] {
      if (!self->failed(code, "cannot connect")) self->opened();
    });
  }

  void open_tcp(const tcp::resolver::results_type& to) {
    connecting_.emplace(context_);
    asio::async_connect(*connecting_, to,
                        [self = shared_from_this()](const error_code& code, const tcp::endpoint&) {
                          if (self->failed(code, "cannot connect")) return;
                          self->connecting_->set_option(tcp::no_delay(true), self->ignored_);
                          self->socket_ = std::move(*self->connecting_);
                          if (self->options_.tls) return self->shake_hands();
                          self->opened();
                        });
  }

  void shake_hands() {
    error_code code;
    ssl_.emplace(ssl::context::tls_client);
    if (options_.tls_ca_file.empty()) {
      ssl_->set_default_verify_paths(code);
    } else {
      ssl_->load_verify_file(options_.tls_ca_file, code);
    }
    if (failed(code, "cannot read the TLS CA file " + options_.tls_ca_file)) return;
    if (!options_.tls_certificate_file.empty()) {
      ssl_->use_certificate_chain_file(options_.tls_certificate_file, code);
      if (!code) ssl_->use_private_key_file(options_.tls_key_file, ssl::context::pem, code);
      if (failed(code, "cannot read the TLS certificate or key")) return;
    }
    tls_.emplace(socket_, *ssl_);
    tls_->set_verify_mode(options_.tls_verify ? ssl::verify_peer : ssl::verify_none, code);
    if (options_.tls_verify) {
      tls_->set_verify_callback(ssl::host_name_verification(options_.host), code);
    }
    SSL_set_tlsext_host_name(tls_->native_handle(), options_.host.c_str());
    tls_->async_handshake(ssl::stream_base::client,
                          [self = shared_from_this()](const error_code& shaken) {
                            if (self->failed(shaken, "no TLS handshake")) return;
                            self->opened();
                          });
  }

  void opened() {
    events_->on_stream_open();
    if (events_ != nullptr) read();
  }

  void read() {
    const auto done = [self = shared_from_this()](const error_code& code, std::size_t bytes) {
      if (self->failed(code, "the connection ended")) return;
      self->events_->on_stream_bytes(BytesView(self->input_).first(bytes));
      if (self->events_ != nullptr) self->read();
    };
    if (tls_) {
      tls_->async_read_some(asio::buffer(input_), done);
    } else {
      socket_.async_read_some(asio::buffer(input_), done);
    }
  }

  asio::io_context& context_;
  const RedisOptions options_;
  StreamEvents* events_;  // Null: it has ended.

  std::optional<tcp::resolver> resolver_;
  std::optional<tcp::socket> connecting_;
  Socket socket_;
  std::optional<ssl::context> ssl_;
  std::optional<ssl::stream<Socket&>> tls_;

  std::string output_;
  Bytes input_ = Bytes(128 * limits::kibibyte);
  error_code ignored_;
};

Stream::Stream(EventLoop& loop, const RedisOptions& options, StreamEvents& events)
    : state_(std::make_shared<State>(loop.state_->context, options, events)) {
  state_->open();
}

Stream::~Stream() { state_->close(); }

void Stream::write(std::string bytes) { state_->write(std::move(bytes)); }

}  // namespace syncline::adapters::redis
