#include "server/adapters/beast/http_server.h"

#include <array>
#include <atomic>
#include <optional>
#include <thread>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "server/adapters/beast/http_reply.h"
#include "server/adapters/beast/operator_reply.h"
#include "server/adapters/beast/trusted_proxies.h"
#include "server/adapters/beast/websocket_handshake.h"
#include "server/base/assert.h"
#include "server/base/document_name.h"
#include "server/protocol/request_target.h"

namespace syncline::adapters {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

constexpr Duration send_timeout = seconds(60);        // For one answer, however large.
constexpr Duration accept_pause = milliseconds(100);  // When there are no descriptors or no room.

using Parser = http::request_parser<http::empty_body>;
using Request = http::request<http::empty_body>;

enum class Port : std::uint8_t { listen, admin };

std::string_view header(const Request& request, http::field field) {
  const auto value = request[field];
  return {value.data(), value.size()};
}

HttpRequest describe_request(const Request& request) {
  return {.method = {request.method_string().data(), request.method_string().size()},
          .target = {request.target().data(), request.target().size()},
          .if_none_match = header(request, http::field::if_none_match),
          .accept_encoding = header(request, http::field::accept_encoding),
          .from_page = request.find(http::field::origin) != request.end() ||
                       request.find("sec-fetch-site") != request.end()};
}

// The answer to a request that could not be read, if the peer is still there to get one.
std::optional<HttpReply> reply_to_bad_request(error_code error) {
  if (error == http::error::end_of_stream || error == http::error::partial_message ||
      error.category() != make_error_code(http::error::bad_line_ending).category()) {
    return std::nullopt;
  }
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return error_reply(431, "the request's headers are too large");
  }
  if (error == http::error::body_limit || error == http::error::unexpected_body) {
    return error_reply(413, "requests with a body are not expected here");
  }
  return error_reply(400, "this is not an HTTP/1.1 request");
}

Error listen_error(std::string_view option, const Endpoint& endpoint, error_code error) {
  std::string detail = std::string(option) + " " + endpoint.text() + ": ";
  if (error == asio::error::address_in_use) {
    detail += "address in use; stop the other program or choose another port (0 takes a free one)";
  } else if (error == asio::error::access_denied) {
    detail += "permission denied; ports below 1024 need a privilege, choose a higher one";
  } else {
    detail += error.message();
  }
  return Error{ErrorCode::unavailable, std::move(detail)};
}

}  // namespace

class HttpServer::State {
 public:
  State(const Options& options, const World& world)
      : options_(options),
        world_(world),
        context_(1),
        work_(asio::make_work_guard(context_)),
        public_(context_),
        admin_(context_),
        catalog_thread_(1),
        desk_thread_(1) {}

  Result<void> open() {
    SYNCLINE_ASSIGN(trusted_proxies_, TrustedProxies::parse(options_.trusted_proxies));
    SYNCLINE_TRY(bind(public_, "--listen", options_.listen));
    return open_admin();
  }
  Result<void> open_admin() { return bind(admin_, "--admin-listen", options_.admin_listen); }

  Endpoint endpoint(const Endpoint& asked, const tcp::acceptor& acceptor) const {
    return {asked.host, acceptor.local_endpoint().port()};
  }
  Endpoint listen_endpoint() const { return endpoint(options_.listen, public_); }
  Endpoint admin_endpoint() const { return endpoint(options_.admin_listen, admin_); }

  void start(std::vector<ShardLoop*> loops, ports::DocumentCatalog& catalog) {
    SYNCLINE_ASSERT(!loops.empty());
    loops_ = std::move(loops);
    catalog_ = &catalog;
    asio::co_spawn(context_, accept(public_, Port::listen), asio::detached);
    start_admin();
  }

  void start_admin() {
    asio::co_spawn(context_, accept(admin_, Port::admin), asio::detached);
    thread_ = std::thread([this] { context_.run(); });
  }

  void refuse_websockets() {
    asio::post(context_, [this] { refuses_websockets_ = true; });
  }

  void stop() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
    catalog_thread_.join();
    desk_thread_.join();
  }

 private:
  Result<void> bind(tcp::acceptor& acceptor, std::string_view option, const Endpoint& endpoint);
  asio::awaitable<void> accept(tcp::acceptor& acceptor, Port port);
  asio::awaitable<void> serve(tcp::socket socket, Port port);
  asio::awaitable<bool> read_request(beast::tcp_stream& stream, beast::flat_buffer& buffer,
                                     Parser& parser, bool first);
  asio::awaitable<bool> send(beast::tcp_stream& stream, const HttpReply& reply, bool head,
                             bool keep_alive);
  asio::awaitable<HttpReply> answer(HttpRequest request, Port port);
  asio::awaitable<HttpReply> documents(std::string_view target);
  asio::awaitable<HttpReply> ask_desk(const HttpRequest& request);
  // Carries out what blocks, elsewhere, and comes back.
  template <class Call>
  asio::awaitable<void> run_on(asio::thread_pool& thread, Call call);
  HttpReply health(bool ready) const;
  // Hands the socket to a shard and returns nothing, or says why not.
  std::optional<HttpReply> upgrade(beast::tcp_stream& stream, beast::flat_buffer& buffer,
                                   const Request& request);
  void hand_over(tcp::socket socket, UpgradedSocket upgraded);
  // The client's address, for logs.
  std::string client_of(const beast::tcp_stream& stream, const Request& request) const;

  // Constant after construction.
  const Options options_;
  const World world_;
  // Constant after open().
  TrustedProxies trusted_proxies_;
  // Constant after start().
  std::vector<ShardLoop*> loops_;
  ports::DocumentCatalog* catalog_ = nullptr;

  asio::io_context context_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  tcp::acceptor public_;
  tcp::acceptor admin_;
  std::thread thread_;
  asio::thread_pool catalog_thread_;
  asio::thread_pool desk_thread_;

  // The server's thread only.
  std::size_t sessions_ = 0;  // On the public port.
  bool refuses_websockets_ = false;
};

Result<void> HttpServer::State::bind(tcp::acceptor& acceptor, std::string_view option,
                                     const Endpoint& endpoint) {
  error_code error;
  tcp::resolver resolver(context_);
  const auto found =
      resolver.resolve(endpoint.host, std::to_string(endpoint.port), tcp::resolver::passive, error);
  if (error || found.empty()) return listen_error(option, endpoint, error);
  const tcp::endpoint address = found.begin()->endpoint();
  acceptor.open(address.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(address, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return listen_error(option, endpoint, error);
  return {};
}

asio::awaitable<void> HttpServer::State::accept(tcp::acceptor& acceptor, Port port) {
  asio::steady_timer pause(context_);
  while (acceptor.is_open()) {
    if (port == Port::listen && sessions_ >= options_.connections_max) {
      pause.expires_after(accept_pause);
      co_await pause.async_wait(as_result);
      continue;
    }
    auto [error, socket] = co_await acceptor.async_accept(as_result);
    if (error == asio::error::operation_aborted) break;
    if (error) {
      // No descriptors are left: trying again at once would burn a core and change nothing.
      world_.log.write(ports::LogLevel::warning, "a connection could not be accepted",
                       {{"error", error.message()}});
      pause.expires_after(accept_pause);
      co_await pause.async_wait(as_result);
      continue;
    }
    asio::co_spawn(context_, serve(std::move(socket), port), asio::detached);
  }
}

asio::awaitable<void> HttpServer::State::serve(tcp::socket socket, Port port) {
  struct Counted {
    explicit Counted(std::size_t& sessions) : count(sessions) { ++count; }
    ~Counted() { --count; }
    std::size_t& count;
  };
  std::size_t uncounted = 0;
  const Counted counted(port == Port::listen ? sessions_ : uncounted);

  beast::tcp_stream stream(std::move(socket));
  beast::flat_buffer buffer(4 * options_.header_bytes_max);
  for (bool first = true;; first = false) {
    Parser parser;
    if (!co_await read_request(stream, buffer, parser, first)) break;
    const Request& request = parser.get();
    std::optional<HttpReply> reply;
    if (port == Port::listen && beast::websocket::is_upgrade(request)) {
      reply = upgrade(stream, buffer, request);
      if (!reply.has_value()) co_return;
    } else {
      reply = co_await answer(describe_request(request), port);
    }
    const bool keep_alive = parser.keep_alive();
    const bool head = request.method() == http::verb::head;
    if (!co_await send(stream, *reply, head, keep_alive) || !keep_alive) break;
  }
  error_code ignored;
  stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
}

// False if there is no request to answer (any more).
asio::awaitable<bool> HttpServer::State::read_request(beast::tcp_stream& stream,
                                                      beast::flat_buffer& buffer, Parser& parser,
                                                      bool first) {
  parser.header_limit(static_cast<std::uint32_t>(options_.header_bytes_max));
  parser.body_limit(0);
  stream.expires_after(options_.handshake_timeout);
  const auto [error, bytes] = co_await http::async_read(stream, buffer, parser, as_result);
  if (!error) co_return true;
  if (error == beast::error::timeout) {
    // A kept-alive connection that asks for nothing more is not a refusal.
    if (first || parser.got_some()) world_.metrics.reject(ports::Rejection::handshake_timeout);
    co_return false;
  }
  if (const auto reply = reply_to_bad_request(error)) {
    world_.metrics.reject(ports::Rejection::bad_request);
    co_await send(stream, *reply, false, false);
  }
  co_return false;
}

asio::awaitable<bool> HttpServer::State::send(beast::tcp_stream& stream, const HttpReply& reply,
                                              bool head, bool keep_alive) {
  const std::string text = header_text(reply, keep_alive);
  const BytesView content = head ? BytesView() : reply.content();
  const std::array<asio::const_buffer, 2> buffers{asio::buffer(text),
                                                  asio::buffer(content.data(), content.size())};
  stream.expires_after(send_timeout);
  const auto [error, bytes] = co_await asio::async_write(stream, buffers, as_result);
  co_return !error;
}

HttpReply HttpServer::State::health(bool ready) const {
  return text_reply(ready ? 200 : 503, "text/plain; charset=utf-8", ready ? "ok\n" : "draining\n");
}

asio::awaitable<HttpReply> HttpServer::State::answer(HttpRequest request, Port port) {
  const std::string_view path = path_of(request.target);
  const bool reads = request.method == "GET" || request.method == "HEAD";
  const bool is_public = port == Port::listen;
  std::optional<HttpReply> reply;
  if (path == "/healthz") {
    reply = health(true);
  } else if (path == "/readyz") {
    reply = health(world_.report.ready());
  } else if (!is_public && path == "/metrics") {
    reply =
        text_reply(200, "text/plain; version=0.0.4; charset=utf-8", world_.report.metrics_text());
  } else if (!is_public && path == "/status") {
    reply = json_reply(world_.report.status_json());
  } else if (!is_public && world_.desk != nullptr && is_operator_path(path)) {
    co_return co_await ask_desk(request);
  } else if (is_public && path == "/api/v1/documents") {
    if (reads) co_return co_await documents(request.target);
    reply = json_reply("");
  } else if (is_public && path.starts_with("/ws/")) {
    reply = error_reply(426, "this address speaks WebSocket");
    reply->headers.emplace_back("upgrade", "websocket");
    co_return std::move(*reply);
  } else if (is_public) {
    reply = web_reply(request);
  }
  if (!reply.has_value()) co_return error_reply(404, "there is nothing at this address");
  if (!reads) {
    reply = error_reply(405, "only GET and HEAD are possible here");
    reply->headers.emplace_back("allow", "GET, HEAD");
  }
  co_return std::move(*reply);
}

template <class Call>
asio::awaitable<void> HttpServer::State::run_on(asio::thread_pool& thread, Call call) {
  co_await asio::co_spawn(
      thread,
      [&call]() -> asio::awaitable<void> {
        call();
        co_return;
      },
      asio::use_awaitable);
}

asio::awaitable<HttpReply> HttpServer::State::ask_desk(const HttpRequest& request) {
  HttpReply reply;
  co_await run_on(desk_thread_,
                  [this, &request, &reply] { reply = operator_reply(*world_.desk, request); });
  co_return reply;
}

asio::awaitable<HttpReply> HttpServer::State::documents(std::string_view target) {
  const auto query = parse_document_query(target);
  if (!query.ok()) co_return error_reply(400, query.error().detail);
  std::optional<Result<std::vector<ports::DocumentEntry>>> answered;
  co_await run_on(catalog_thread_, [this, &query, &answered] {
    answered = catalog_->list(query->after, query->limit + 1, query->filter);
  });
  auto& entries = *answered;
  if (!entries.ok()) {
    world_.log.write(ports::LogLevel::error, "the documents could not be listed",
                     {{"error", entries.error().message()}});
    co_return error_reply(503, "the documents cannot be listed now");
  }
  co_return json_reply(documents_json(*query, std::move(entries).value()));
}

std::optional<HttpReply> HttpServer::State::upgrade(beast::tcp_stream& stream,
                                                    beast::flat_buffer& buffer,
                                                    const Request& request) {
  const HttpRequest asked = describe_request(request);
  auto target = protocol::parse_request_target(asked.target);
  if (!target.ok() && target.error().code == ErrorCode::not_found) {
    return error_reply(404, "WebSockets are at /ws/{document}");
  }
  const auto origin = header(request, http::field::origin);
  if (!origin_allowed(origin, header(request, http::field::host), options_.allowed_origins)) {
    world_.metrics.reject(ports::Rejection::bad_request);
    world_.log.write(ports::LogLevel::debug, "a page from this origin may not connect",
                     {{"client", client_of(stream, request)}, {"origin", origin}});
    return error_reply(403, "pages from this origin may not connect (--allow-origin)");
  }
  if (refuses_websockets_) {
    world_.metrics.reject(ports::Rejection::draining);
    HttpReply reply = error_reply(503, "the node drains; connect again, to another one");
    reply.headers.emplace_back("retry-after", "1");
    return reply;
  }
  auto response =
      handshake_response({.version = header(request, http::field::sec_websocket_version),
                          .key = header(request, http::field::sec_websocket_key),
                          .protocols = header(request, http::field::sec_websocket_protocol)});
  if (!response.ok()) {
    world_.metrics.reject(ports::Rejection::bad_request);
    const bool version = response.error().code == ErrorCode::unsupported_version;
    HttpReply reply = error_reply(version ? 426 : 400, response.error().detail);
    if (version) reply.headers.emplace_back("sec-websocket-version", "13");
    return reply;
  }
  UpgradedSocket upgraded;
  upgraded.response = std::move(response).value();
  const auto early = buffer.cdata();
  upgraded.early = to_bytes({static_cast<const std::byte*>(early.data()), early.size()});
  std::string client = client_of(stream, request);
  if (target.ok()) {
    world_.log.write(ports::LogLevel::debug, "a client connects",
                     {{"client", client}, {"document", target->document}});
    upgraded.request = {
        .document = std::move(target->document), .acks = target->acks, .client = std::move(client)};
  } else {
    // Stock clients >= 3.1 stop for good only if the socket opens and then closes with 44xx.
    world_.metrics.reject(ports::Rejection::bad_request);
    upgraded.refusal = {protocol::CloseCode::bad_request, target.error().detail};
  }
  stream.expires_never();
  hand_over(stream.release_socket(), std::move(upgraded));
  return std::nullopt;
}

std::string HttpServer::State::client_of(const beast::tcp_stream& stream,
                                         const Request& request) const {
  error_code error;
  const auto peer = stream.socket().remote_endpoint(error);
  if (error) return "";  // It has gone already.
  std::vector<std::string_view> forwarded_for;
  const auto [begin, end] = request.equal_range("x-forwarded-for");
  for (auto it = begin; it != end; ++it) {
    forwarded_for.emplace_back(it->value().data(), it->value().size());
  }
  return trusted_proxies_.client(peer.address().to_string(), forwarded_for);
}

void HttpServer::State::hand_over(tcp::socket socket, UpgradedSocket upgraded) {
  error_code error;
  socket.set_option(tcp::no_delay(true), error);
  const auto name = DocumentName::parse(upgraded.request.document);
  const std::size_t index = name.ok() ? stable_hash(*name) % loops_.size() : 0;
  upgraded.descriptor = socket.release(error);
  if (!error) loops_[index]->adopt(std::move(upgraded));
}

HttpServer::HttpServer(const Options& options, const World& world)
    : state_(std::make_unique<State>(options, world)) {}
HttpServer::~HttpServer() { state_->stop(); }

Result<void> HttpServer::open() { return state_->open(); }
Result<void> HttpServer::open_admin() { return state_->open_admin(); }
Endpoint HttpServer::listen_endpoint() const { return state_->listen_endpoint(); }
Endpoint HttpServer::admin_endpoint() const { return state_->admin_endpoint(); }
void HttpServer::start(std::vector<ShardLoop*> loops, ports::DocumentCatalog& catalog) {
  state_->start(std::move(loops), catalog);
}
void HttpServer::start_admin() { state_->start_admin(); }
void HttpServer::refuse_websockets() { state_->refuse_websockets(); }
void HttpServer::stop() { state_->stop(); }

}  // namespace syncline::adapters
