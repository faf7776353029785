#pragma once

#include <cstdint>

#include "server/base/instant.h"

namespace syncline::demo {

// How the usual architecture is set up. Teams choose one of each; every failure of the demo names
// the choice under which it is shown, and the others have their own.
struct UsualSetting {
  // rows: each keystroke writes its paragraph's row at once, and is acknowledged when that is
  // committed. snapshots: servers keep documents in memory, acknowledge from there, and write the
  // whole document now and then, and when they are asked to end.
  enum class Saving : std::uint8_t { rows, snapshots };
  Saving saving = Saving::rows;

  // by_client: a cookie binds each browser to a server. by_document: all of a document's sockets go
  // to the same server.
  enum class Routing : std::uint8_t { by_client, by_document };
  Routing routing = Routing::by_client;

  Duration poll_interval = seconds(2);  // How servers learn of each other's edits.
  Duration snapshot_interval = seconds(30);
  Duration health_check = seconds(5);  // Until the load balancer gives up a server.
};

}  // namespace syncline::demo
