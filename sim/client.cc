#include "sim/client.h"

#include <algorithm>
#include <utility>

#include "faults/plan/probe.h"
#include "sim/checkers/canary_text.h"
#include "sim/history/text.h"
#include "sim/replica_image.h"

namespace syncline::sim {
namespace {

// y-websocket's.
constexpr Duration backoff_min = milliseconds(100);
constexpr Duration backoff_max = milliseconds(2500);
constexpr Duration silence_max = seconds(30);
constexpr Duration tick_interval = seconds(3);
constexpr std::uint16_t abnormal_closure = 1006;

// How often the history is told of the replica, about.
constexpr Duration look_interval_min = seconds(2);
constexpr Duration look_interval_max = seconds(8);
constexpr Duration cursor_interval_min = milliseconds(100);
constexpr Duration cursor_interval_max = milliseconds(800);
constexpr Duration stay_min = seconds(2);
constexpr Duration stay_max = seconds(30);
constexpr Duration absence_min = milliseconds(200);
constexpr Duration absence_max = seconds(15);
// How long a user looks at an error before pressing "reconnect".
constexpr Duration annoyance = seconds(4);
constexpr std::uint32_t request_bytes = 300;

}  // namespace

Client::Client(const ClientSurroundings& surroundings, const ClientSetting& setting)
    : surroundings_(surroundings),
      setting_(setting),
      document_(surroundings.documents.number_of(setting.document)),
      canary_(checkers::canary_of(document_)),
      typist_(setting.typing, canary_,
              RandomStream(surroundings.seed, history::to_text(surroundings.machine.party()),
                           "typing")),
      random_(surroundings.seed, history::to_text(surroundings.machine.party()), "provider"),
      habits_(surroundings.seed, history::to_text(surroundings.machine.party()), "habits") {}

Client::~Client() = default;

// The page.

void Client::open() {
  ++page_;
  ++session_;
  // As yjs does: 32 random bits.
  const crdt::ClientId id = 1 + random_.below(UINT32_MAX);
  yjs_ = std::make_unique<client::YjsClient>(id);
  yjs_->set_observer(this);
  stopped_ = false;
  failures_ = 0;
  announce();
  after(tick_interval, &Client::tick);
  after(habits_.between(look_interval_min, look_interval_max), &Client::look_now_and_then);
  if (setting_.presence) {
    after(habits_.between(cursor_interval_min, cursor_interval_max), &Client::move_cursor);
  }
  if (setting_.comes_and_goes) {
    after(habits_.log_between(stay_min, stay_max), &Client::come_or_go);
  }
  if (typing_) schedule_stroke();
  connect();
}

void Client::crash() {
  link_.reset();
  server_ = nullptr;
  upgraded_ = connect_scheduled_ = away_ = false;
  if (std::exchange(told_connected_, false)) {
    surroundings_.chronicle.tell(
        history::ClientDisconnected{.client = party(), .code = abnormal_closure});
  }
  yjs_.reset();
  ++page_;
}

// Runs it unless the page has been closed since.
void Client::after(Duration delay, void (Client::*call)()) {
  surroundings_.machine.after(delay, [this, page = page_, call] {
    if (page == page_) (this->*call)();
  });
}

void Client::close() {
  if (!is_open()) return;
  typing_ = false;
  go_away();
  yjs_.reset();
  ++page_;
}

void Client::go_away() {
  yjs_->set_state("null", now());
  flush();
  away_ = true;
  disconnect();
}

void Client::announce() {
  std::string state = R"({"user":")" + history::to_text(party()) + R"(","mark":")" + canary_ +
                      R"(","cursor":)" + std::to_string(typist_.cursor()) + "}";
  yjs_->set_state(std::move(state), now());
}

void Client::move_cursor() {
  after(habits_.between(cursor_interval_min, cursor_interval_max), &Client::move_cursor);
  if (!typing_) return;
  announce();
  flush();
}

void Client::tick() {
  after(tick_interval, &Client::tick);
  yjs_->on_timer(now());
  flush();
  if (upgraded_ && now() - heard_at_ > silence_max) {
    disconnect();
    connect_later();
  }
}

void Client::come_or_go() {
  if (away_) {
    away_ = false;
    announce();
    connect();
    return after(habits_.log_between(stay_min, stay_max), &Client::come_or_go);
  }
  if (!typing_) return;  // Stays to see the end.
  go_away();
  after(habits_.log_between(absence_min, absence_max), &Client::come_or_go);
}

// Typing.

void Client::start_typing() {
  typing_ = true;
  if (is_open()) schedule_stroke();
}

void Client::stop_typing() { typing_ = false; }

void Client::schedule_stroke() { after(typist_.next_pause(), &Client::type); }

void Client::type() {
  if (!typing_) return;
  if (setting_.edits_max > 0 && edits_ >= setting_.edits_max) return;
  schedule_stroke();
  yjs_->edit([this](crdt::Doc& doc) { typist_.type(doc); });
  flush();
}

// The connection.

void Client::connect() {
  if (link_ || away_ || offline_ || stopped_) return;
  ++attempt_;
  const Party server = setting_.servers[random_.below(setting_.servers.size())];
  server_ = &surroundings_.server(server);
  link_ = surroundings_.network.connect(party(), server, *this);
}

void Client::connect_later() {
  if (away_ || offline_ || stopped_ || std::exchange(connect_scheduled_, true)) return;
  const Duration whole =
      std::min<Duration>(backoff_min * (std::int64_t{1} << std::min(failures_, 10u)), backoff_max);
  ++failures_;
  const Duration delay = random_.between(whole / 2, whole);
  surroundings_.machine.after(delay, [this] {
    connect_scheduled_ = false;
    if (is_open()) connect();
  });
}

void Client::on_link_open(LinkId link) {
  if (slow_) surroundings_.network.set_reading(link, Side::opener, false);
  UpgradeRequest request{
      .document = setting_.document, .acks = setting_.acks, .client = party(), .attempt = attempt_};
  surroundings_.network.send(link, Side::opener, request_bytes, "GET /ws",
                             [this, server = server_, link, request = std::move(request)] {
                               server->on_upgrade(link, request, *this);
                             });
}

void Client::on_node_reached(std::uint64_t attempt, Party node) {
  if (!link_ || attempt != attempt_ || !is_open()) return;
  told_connected_ = true;
  surroundings_.chronicle.tell(history::ClientConnected{
      .client = party(), .document = document_, .session = session_, .node = node});
}

void Client::on_web_socket(LinkId link, const WebSocketMessage& message) {
  heard_at_ = now();
  switch (message.step) {
    case WebSocketStep::upgraded:
      upgraded_ = true;
      if (failures_ > 0) surroundings_.probe(faults::probe::client_reconnects);
      failures_ = 0;
      yjs_->on_open(now());
      return flush();
    case WebSocketStep::refused:
      surroundings_.network.close(link, Side::opener);
      return lost(abnormal_closure);
    case WebSocketStep::frame:
      yjs_->on_frame(message.frame.view(), now());
      return flush();
    case WebSocketStep::close:
      surroundings_.network.close(link, Side::opener);
      return lost(message.code);
  }
}

void Client::on_link_end(LinkId, LinkEnd) { lost(abnormal_closure); }

// Closes the connection by itself.
void Client::disconnect() {
  if (!link_) return;
  surroundings_.network.close(*link_, Side::opener);
  lost(abnormal_closure);
}

void Client::lost(std::uint16_t code) {
  if (!link_) return;
  link_.reset();
  server_ = nullptr;
  upgraded_ = false;
  yjs_->on_close(now());
  if (std::exchange(told_connected_, false)) {
    surroundings_.chronicle.tell(history::ClientDisconnected{.client = party(), .code = code});
  }
  // y-websocket stops on these.
  if (code >= 4400 && code <= 4499) {
    stopped_ = true;
    return after(annoyance, &Client::reload_if_stopped);
  }
  connect_later();
}

void Client::reload_if_stopped() {
  if (!std::exchange(stopped_, false) || !is_open()) return;
  failures_ = 0;
  connect();
}

void Client::flush() {
  for (Bytes& frame : yjs_->take_outbox()) {
    if (!upgraded_) continue;
    send_web_socket(surroundings_.network, *link_, Side::opener, *server_,
                    {.step = WebSocketStep::frame, .frame = SharedBytes(std::move(frame))});
  }
  for (std::string& problem : yjs_->take_problems()) {
    surroundings_.problem(party(), std::move(problem));
  }
  yjs_->take_saved();
}

// Faults.

void Client::set_slow_reader(bool slow) {
  slow_ = slow;
  if (link_) surroundings_.network.set_reading(*link_, Side::opener, !slow);
}

void Client::reconnect_now() {
  if (!is_open()) return;
  disconnect();
  failures_ = 0;
  connect();
}

void Client::send_malformed() {
  if (!upgraded_) return;
  static constexpr std::string_view frames[] = {
      std::string_view("\x00\x02\x05\x01\x01\xFF", 6), std::string_view("\x00\x07", 2),
      std::string_view("\x01\x03\x01\xFF", 4), std::string_view("\xFF\xFF\xFF\xFF\xFF\xFF", 6)};
  const std::string_view frame = frames[habits_.below(4)];
  send_web_socket(surroundings_.network, *link_, Side::opener, *server_,
                  {.step = WebSocketStep::frame, .frame = SharedBytes(as_bytes(frame))});
}

void Client::set_offline(bool offline) {
  offline_ = offline;
  if (!is_open()) return;
  if (offline) {
    disconnect();
  } else {
    failures_ = 0;
    connect();
  }
}

void Client::remember() {
  if (!is_open()) return;
  auto state = yjs_->doc().encode_state_as_update(crdt::empty_state_vector());
  SYNCLINE_ASSERT(state.ok());
  remembered_ = std::move(state).value();
}

void Client::come_back_stale() {
  if (!is_open()) return;
  disconnect();
  open();
  // From the browser's own store; nobody sent it now.
  yjs_->set_observer(nullptr);
  if (!remembered_.empty()) yjs_->apply(remembered_);
  yjs_->set_observer(this);
}

// What the history is told.

void Client::on_edited(const client::UpdateIds& ids, BytesView update, BytesView depends_on) {
  ++edits_;
  surroundings_.chronicle.tell(
      history::ClientEdited{.client = party(),
                            .document = document_,
                            .edit = std::uint64_t{party().number} << 32 | edits_,
                            .ids = ids,
                            .update = update,
                            .depends_on = depends_on});
}

void Client::on_applied(const client::UpdateIds& ids, bool readable) {
  surroundings_.chronicle.tell(history::ClientApplied{
      .client = party(), .document = document_, .ids = ids, .readable = readable});
}

void Client::on_saved(const client::UpdateIds& ids) {
  surroundings_.chronicle.tell(
      history::ClientAcknowledged{.client = party(), .document = document_, .ids = ids});
}

void Client::on_offered(BytesView state_vector) { offered_ = to_bytes(state_vector); }

void Client::on_synced() {
  surroundings_.chronicle.tell(history::ClientSynced{
      .client = party(), .document = document_, .offered_state_vector = offered_});
}

void Client::look_now_and_then() {
  after(habits_.between(look_interval_min, look_interval_max), &Client::look_now_and_then);
  if (typing_) look();
}

void Client::look() {
  const ReplicaImage image(yjs_->doc());
  surroundings_.chronicle.tell(
      history::ReplicaSeen{.party = party(), .document = document_, .state = image.state()});
}

void Client::tell_final() {
  look();
  std::string presence;
  for (const auto& [id, state] : yjs_->states()) {
    presence += std::to_string(id) + ' ' + state + '\n';
  }
  surroundings_.chronicle.tell(
      history::PresenceSeen{.client = party(), .document = document_, .presence = presence});
  const std::string own = yjs_->own_state();
  // Who asked for no acknowledgements has only the echo, and none of what a handshake brought.
  const std::size_t unsaved = setting_.acks ? yjs_->unsaved_edits() : 0;
  surroundings_.chronicle.tell(history::ClientFinal{.client = party(),
                                                    .document = document_,
                                                    .connected = upgraded_,
                                                    .synced = yjs_->synced(),
                                                    .unsaved_edits = unsaved,
                                                    .client_id = yjs_->id(),
                                                    .own_state = own});
}

}  // namespace syncline::sim
