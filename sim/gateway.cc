#include "sim/gateway.h"

#include <algorithm>
#include <utility>

#include "server/base/assert.h"

namespace syncline::sim {
namespace {

constexpr Duration check_interval = seconds(2);
constexpr Duration check_timeout = seconds(2);
constexpr int failures_until_down = 3;
constexpr int successes_until_up = 2;
constexpr std::size_t dispatches_max = 3;
constexpr std::uint64_t tunnel_bytes_max = 64 * 1024;
constexpr std::uint32_t request_bytes = 300;

// Which node a document prefers; the others keep theirs when one comes or goes.
std::uint64_t affinity(std::uint64_t document, Party node) {
  std::uint64_t z = document ^ (std::uint64_t{node.number} * 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

}  // namespace

Gateway::Gateway(Machine& machine, Network& network, const Chronicle& chronicle,
                 const std::vector<Upstream>& upstreams)
    : machine_(machine), network_(network), chronicle_(chronicle), upstreams_(upstreams) {}

Gateway::~Gateway() = default;

void Gateway::start() {
  SYNCLINE_ASSERT(!running());
  machine_.start();
  chronicle_.tell(history::ProcessStarted{.party = machine_.party()});
  life_ = std::make_unique<Life>();
  life_->health.resize(upstreams_.size());
  network_.listen(machine_.party(), this);
  for (std::size_t upstream = 0; upstream < upstreams_.size(); ++upstream) check(upstream);
}

void Gateway::crash() {
  SYNCLINE_ASSERT(running());
  chronicle_.tell(history::ProcessEnded{.party = machine_.party(), .crashed = true});
  machine_.die();
  life_.reset();
}

// Health.

void Gateway::check(std::size_t upstream) {
  const LinkId link = network_.connect(machine_.party(), upstreams_[upstream].party, *this);
  life_->checks.emplace(link, upstream);
  machine_.after(check_timeout, [this, link] { on_health(link, false); });
  machine_.after(check_interval, [this, upstream] { check(upstream); });
}

void Gateway::on_health(LinkId link, bool ready) {
  const auto found = life_->checks.find(link);
  if (found == life_->checks.end()) return;
  const std::size_t upstream = found->second;
  life_->checks.erase(found);
  network_.close(link, Side::opener);
  judge(upstream, ready);
}

void Gateway::judge(std::size_t upstream, bool ready) {
  Health& health = life_->health[upstream];
  health.successes = ready ? health.successes + 1 : 0;
  health.failures = ready ? 0 : health.failures + 1;
  if (health.successes >= successes_until_up) health.up = true;
  if (health.failures >= failures_until_down) health.up = false;
}

// Sessions.

LinkEvents* Gateway::on_link_arrives(LinkId, Party) { return this; }

void Gateway::on_upgrade(LinkId link, const UpgradeRequest& request, WebSocketEnd& from) {
  auto session = std::make_shared<Session>(
      Session{.client_link = link, .client = &from, .request = request, .node_link = {}});
  life_->sessions.emplace(link, session);
  dispatch(session);
}

std::size_t Gateway::choose(const Session& session) const {
  const std::uint64_t document = stable_hash(session.request.document);
  std::size_t best = upstreams_.size();
  for (std::size_t upstream = 0; upstream < upstreams_.size(); ++upstream) {
    const auto& tried = session.tried;
    if (std::find(tried.begin(), tried.end(), upstream) != tried.end()) continue;
    if (!life_->health[upstream].up) continue;
    if (best == upstreams_.size() || affinity(document, upstreams_[best].party) <
                                         affinity(document, upstreams_[upstream].party)) {
      best = upstream;
    }
  }
  return best;
}

void Gateway::dispatch(const std::shared_ptr<Session>& session) {
  const std::size_t upstream = choose(*session);
  if (upstream == upstreams_.size() || session->tried.size() == dispatches_max) {
    return refuse(session);
  }
  session->upstream = upstream;
  session->tried.push_back(upstream);
  session->node_link = network_.connect(machine_.party(), upstreams_[upstream].party, *this);
  life_->sessions.emplace(session->node_link, session);
}

void Gateway::refuse(const std::shared_ptr<Session>& session) {
  send_web_socket(network_, session->client_link, Side::accepter, *session->client,
                  {.step = WebSocketStep::refused});
  network_.close(session->client_link, Side::accepter);
  life_->sessions.erase(session->client_link);
}

void Gateway::on_link_open(LinkId link) {
  if (const auto check = life_->checks.find(link); check != life_->checks.end()) {
    WebServer* server = upstreams_[check->second].server;
    return network_.send(link, Side::opener, request_bytes, "GET /readyz", [this, server, link] {
      const bool ready = server->is_ready();
      network_.send(link, Side::accepter, request_bytes, ready ? "200" : "503",
                    [this, link, ready] { on_health(link, ready); });
    });
  }
  const auto found = life_->sessions.find(link);
  SYNCLINE_ASSERT(found != life_->sessions.end());
  const std::shared_ptr<Session> session = found->second;
  WebServer* server = upstreams_[session->upstream].server;
  network_.send(link, Side::opener, request_bytes, "GET /ws", [this, server, link, session] {
    server->on_upgrade(link, session->request, *this);
  });
}

void Gateway::on_link_end(LinkId link, LinkEnd) {
  if (life_->checks.contains(link)) return on_health(link, false);
  const auto found = life_->sessions.find(link);
  if (found == life_->sessions.end()) return;
  const std::shared_ptr<Session> session = found->second;
  life_->sessions.erase(found);
  if (link == session->client_link) {
    network_.close(session->node_link, Side::opener);
    life_->sessions.erase(session->node_link);
    return;
  }
  if (!session->upgraded) return dispatch(session);
  network_.close(session->client_link, Side::accepter);
  life_->sessions.erase(session->client_link);
}

void Gateway::on_web_socket(LinkId link, const WebSocketMessage& message) {
  const auto found = life_->sessions.find(link);
  if (found == life_->sessions.end()) return;
  Session& session = *found->second;
  if (link == session.client_link) {
    send_web_socket(network_, session.node_link, Side::opener, *upstreams_[session.upstream].server,
                    message);
    return hold_back(link, Side::accepter, session.node_link, Side::opener);
  }
  if (message.step == WebSocketStep::upgraded) session.upgraded = true;
  send_web_socket(network_, session.client_link, Side::accepter, *session.client, message);
  hold_back(link, Side::opener, session.client_link, Side::accepter);
}

// Too much is on its way to the receiver: nothing more is read from the sender.
void Gateway::hold_back(LinkId sender, Side reader, LinkId receiver, Side writer) {
  if (network_.bytes_in_flight(receiver, writer) <= tunnel_bytes_max) return;
  network_.set_reading(sender, reader, false);
  network_.wait_writable(receiver, writer, tunnel_bytes_max / 2);
}

void Gateway::on_link_writable(LinkId link) {
  const auto found = life_->sessions.find(link);
  if (found == life_->sessions.end()) return;
  const Session& session = *found->second;
  if (link == session.client_link) {
    network_.set_reading(session.node_link, Side::opener, true);
  } else {
    network_.set_reading(session.client_link, Side::accepter, true);
  }
}

}  // namespace syncline::sim
