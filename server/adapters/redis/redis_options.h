#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "server/base/instant.h"
#include "server/base/limits.h"
#include "server/base/result.h"

namespace syncline::adapters {

// Where Redis is and how to speak to it.
struct RedisOptions {
  // redis://[user[:password]@]host[:port][/database], rediss:// for TLS, or
  // unix:///path/of/the/socket[?db=N]; user and password percent-encoded. `redis://:secret@host`
  // is a password without a user. `invalid_argument` says what is wrong, without the password.
  static Result<RedisOptions> parse(std::string_view url);

  std::string host = "127.0.0.1";
  std::uint16_t port = 6379;
  std::string socket_path = {};  // Not empty: instead of host and port.
  std::string user = {};         // Empty: the default user.
  std::string password = {};
  unsigned database = 0;

  bool tls = false;
  std::string tls_ca_file = {};  // Empty: the system's certificates.
  std::string tls_certificate_file = {};
  std::string tls_key_file = {};
  bool tls_verify = true;  // That the certificate is valid and names the host.

  bool buffers = false;  // It is the write buffer, too: said of it when there is no connection.

  // Every key and channel begins with it; installations that share a Redis differ in it. No braces.
  std::string prefix = "syncline";

  Duration connect_timeout = seconds(2);  // Handshake included.
  // A request without an answer for so long: the connection is dropped, its requests are unknown.
  Duration answer_timeout = seconds(3);
  // A connection that is silent for so long is asked whether it lives.
  Duration ping_interval = seconds(1);
  // Before connecting again: doubled with each failure, jittered.
  Duration reconnect_delay_min = milliseconds(50);
  Duration reconnect_delay_max = seconds(2);

  // Of requests that wait for their answers; what goes beyond is refused.
  std::size_t unanswered_bytes_max = 256 * limits::mebibyte;

  // From so many percent of the memory that Redis may take (maxmemory, or all of its machine) on,
  // the write buffer fills: WriteBufferSink::on_buffer_filling(). 100: never before it refuses.
  std::size_t memory_high_percent = 80;

  // How long Redis remembers a document's position once everything of it is in the log. What is
  // forgotten then is nobody's edit: the next append begins a new lineage.
  Duration idle_document_ttl = std::chrono::hours(24 * 7);

  // The same, of another server of a Redis Cluster.
  RedisOptions at(const std::string& other_host, std::uint16_t other_port) const;

  // "redis://host:port/0", for logs: without user and password.
  std::string display() const;
};

}  // namespace syncline::adapters
