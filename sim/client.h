#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "loadgen/client/yjs_client.h"
#include "server/base/document_name.h"
#include "sim/machine.h"
#include "sim/services/chronicle.h"
#include "sim/services/document_numbers.h"
#include "sim/typist.h"
#include "sim/web_socket.h"

namespace syncline::sim {

// Who one client is and what it does.
struct ClientSetting {
  DocumentName document;
  bool acks = true;
  TypingStyle typing;
  bool presence = false;        // The cursor moves all the time.
  bool comes_and_goes = false;  // Leaves by itself now and then.
  std::uint32_t edits_max = 0;  // 0: no limit.
  std::vector<Party> servers;   // To one of these it connects.
};

// What a client needs of the run; all must outlive it.
struct ClientSurroundings {
  Machine& machine;
  Network& network;
  const Chronicle& chronicle;
  DocumentNumbers& documents;
  std::function<WebServer&(Party)> server;
  // Something happened that no client may see; a sentence.
  std::function<void(Party client, std::string what)> problem;
  std::function<void(std::string_view probe)> probe;
  std::uint64_t seed;
};

// Somebody with a document open in an editor: y-websocket's provider on loadgen/client's YjsClient,
// with its back-off and its silence of 30 s, and a typist in front of it.
class Client final : public WebSocketEnd, private client::YjsClientObserver {
 public:
  Client(const ClientSurroundings& surroundings, const ClientSetting& setting);
  ~Client();

  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Opens the page: a new replica that connects. REQUIRES: its machine runs.
  void open();
  // The page is gone, with all that was not sent: the browser has died. The machine's process has
  // ended already.
  void crash();
  bool is_open() const { return yjs_ != nullptr; }

  void start_typing();
  void stop_typing();
  // Closes the page for good: says goodbye, then closes the connection.
  void close();

  // Faults.
  void set_slow_reader(bool slow);
  // Loses the connection and tries again at once.
  void reconnect_now();
  void send_malformed();
  void set_offline(bool offline);
  // Remembers the replica; come_back_stale() opens it in a new tab, as a new client.
  void remember();
  void come_back_stale();
  // A server told it to stop, and the user tries again.
  void reload_if_stopped();

  // A node was reached by the attempt to connect with this number.
  void on_node_reached(std::uint64_t attempt, Party node);

  // WebSocketEnd.
  void on_link_open(LinkId link) override;
  void on_link_end(LinkId link, LinkEnd end) override;
  void on_web_socket(LinkId link, const WebSocketMessage& message) override;

  // Tells the history how the replica is.
  void look();
  // The final looks, of an open page.
  void tell_final();

  // Observers.
  std::uint64_t edits() const { return edits_; }
  std::uint64_t session() const { return session_; }
  DocumentNumber document() const { return document_; }
  const client::YjsClient& yjs() const { return *yjs_; }
  bool connected() const { return upgraded_; }
  Party party() const { return surroundings_.machine.party(); }

 private:
  // YjsClientObserver.
  void on_edited(const client::UpdateIds& ids, BytesView update, BytesView depends_on) override;
  void on_applied(const client::UpdateIds& ids, bool readable) override;
  void on_saved(const client::UpdateIds& ids) override;
  void on_offered(BytesView state_vector) override;
  void on_synced() override;

  Instant now() const { return surroundings_.machine.now(); }
  void after(Duration delay, void (Client::*call)());
  void connect();
  void connect_later();
  void disconnect();
  void lost(std::uint16_t code);
  void flush();
  void type();
  void schedule_stroke();
  void tick();
  void look_now_and_then();
  void move_cursor();
  void come_or_go();
  void go_away();
  void announce();

  // Constant after construction.
  const ClientSurroundings surroundings_;
  const ClientSetting setting_;
  const DocumentNumber document_;
  const std::string canary_;

  Typist typist_;
  RandomStream random_;  // For the provider.
  RandomStream habits_;

  // The page; null: closed.
  std::unique_ptr<client::YjsClient> yjs_;
  std::uint64_t session_ = 0;
  std::uint64_t page_ = 0;  // Timers of an earlier page are void.
  Bytes remembered_;

  // The connection.
  std::optional<LinkId> link_;
  WebServer* server_ = nullptr;  // At its other end.
  bool upgraded_ = false;
  bool told_connected_ = false;
  std::uint64_t attempt_ = 0;
  unsigned failures_ = 0;  // Attempts in a row.
  bool connect_scheduled_ = false;
  bool away_ = false;     // By its own choice.
  bool offline_ = false;  // By a fault.
  bool slow_ = false;
  bool stopped_ = false;  // Was told not to come back.
  Instant heard_at_;
  Bytes offered_;  // The state vector that the server offered last.

  // The user.
  bool typing_ = false;
  std::uint64_t edits_ = 0;
};

}  // namespace syncline::sim
