#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/result.h"

namespace syncline::adapters {

// Whose word is taken for where a client is. Behind a gateway, every connection comes from the
// gateway, and who the client is stands in X-Forwarded-For; but anybody can write that header. So
// it counts only from the networks that the operator has named, hop by hop.
//
// Immutable once it is parsed, so usable from any thread.
class TrustedProxies {
 public:
  // Trusts nobody.
  TrustedProxies();
  ~TrustedProxies();
  TrustedProxies(TrustedProxies&&) noexcept;
  TrustedProxies& operator=(TrustedProxies&&) noexcept;

  // Addresses and networks: "10.0.0.5", "10.0.0.0/8", "fd00::/8", "::1". The error's detail says
  // which one is none.
  static Result<TrustedProxies> parse(std::span<const std::string> networks);

  // The client of a connection from `peer`. `forwarded_for` are the values of the request's
  // X-Forwarded-For headers in their order, each a list "client, proxy, proxy": read from the end,
  // the first address that no trusted proxy has is the client's. What stands before it, anybody can
  // have written. `peer` itself if it is not trusted, or has nothing sensible to say.
  std::string client(std::string_view peer, std::span<const std::string_view> forwarded_for) const;

 private:
  class Networks;
  std::unique_ptr<Networks> networks_;
};

}  // namespace syncline::adapters
