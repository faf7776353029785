#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "faults/fault_target.h"
#include "faults/plan/plan.h"
#include "server/crdt/doc.h"
#include "sim/client.h"
#include "sim/gateway.h"
#include "sim/node.h"
#include "sim/simulated_network.h"
#include "sim/worker.h"

namespace syncline::sim {

// What a run varies beyond its plan.
struct WorldOptions {
  // All wall clocks but Redis's are true, whatever the plan does to them. Nothing of a run may
  // depend on it.
  bool true_wall_clocks = false;
  // Tells the history of every message, for pictures.
  bool tells_messages = false;
};

// A whole cluster with everybody around it, in one thread, on virtual time: everything that a plan
// says there is. What happens is told to sinks, and is part of the trace.
class World final : public faults::FaultTarget,
                    private NetworkObserver,
                    private ServiceReports,
                    private ArrivalWitness,
                    private history::EventSink {
 public:
  // What goes wrong that no event can tell; a sentence.
  using ProblemSink = std::function<void(std::string what)>;

  // Everything that is given must outlive the world.
  World(const faults::FaultPlan& plan, const WorldOptions& options,
        const std::vector<history::EventSink*>& sinks, ProblemSink problem);
  ~World();

  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Where observations and probes of faults go.
  void report_to(faults::FaultReports& reports) { reports_ = &reports; }

  // Everything starts, and people begin to come.
  void start();
  void start_typing();
  void stop_typing();
  // For each document somebody new opens it on each node, and looks.
  void open_late_clients();
  // Everybody closes the page.
  void close_clients();

  // The looks at the end of a run.
  void tell_clients();
  void tell_cold_reads(bool at_end);
  void tell_left_behind();

  // faults::FaultTarget.
  bool begin(const faults::Fault& fault) override;
  void end(const faults::Fault& fault) override;
  void heal() override;

  // Tells the history something of the run itself.
  void tell(const history::EventContent& content) { chronicle_.tell(content); }

  Scheduler& scheduler() { return scheduler_; }
  // Edits of all clients.
  std::uint64_t edits() const;

 private:
  // What is wrong on purpose: a kind of fault on a party, or between two.
  struct Active {
    faults::FaultKind kind;
    Party target;
    Party other;
    std::uint32_t fault;
    std::uint32_t wire;  // Its number at the network; 0: it is none of wires.
  };

  // history::EventSink: everything that is told passes here.
  void on_event(const history::Event& event) override;

  // NetworkObserver.
  void on_message_sent(std::uint64_t message, Party from, Party to, std::string_view what) override;
  void on_message_received(std::uint64_t message) override;
  void on_message_lost(std::uint64_t message) override;
  void on_message_held(Party receiver) override;
  void on_fault_noticed(std::uint32_t wire) override;

  // ServiceReports.
  void on_observed(Party service, faults::FaultKind kind) override;
  void on_probe(std::string_view probe) override;

  // ArrivalWitness.
  void on_node_reached(Party client, std::uint64_t attempt, Party node) override;

  // Building.
  Machine& add_machine(Party party, bool careless);
  void add_services();
  void add_nodes();
  void add_clients();
  Client& add_client(ClientSetting setting);
  WebServer& server(Party party);
  Machine& machine(Party party) { return *machines_.at(party); }

  // Faults.
  bool carry_out(const faults::Fault& fault, Active& active);
  void begin_wire_fault(const faults::Fault& fault, Active& active);
  bool begin_process_fault(const faults::Fault& fault, Party target);
  void begin_clock_fault(const faults::Fault& fault, Party target);
  bool begin_redis_fault(const faults::Fault& fault);
  bool begin_client_fault(const faults::Fault& fault, Client& client);
  void end_fault(const Active& active, const faults::Fault& fault);
  void set_store_fault(faults::FaultKind kind, Duration amount, std::uint32_t every, bool on);
  bool is_running(Party party) const;
  bool is_held_down(Party party) const;
  void start_process(Party party);
  void kill_process(Party party);
  bool drain_process(Party party);
  void observe(Party party, std::initializer_list<faults::FaultKind> kinds);
  void report_observed(std::uint32_t fault);
  void deliver_later();

  void look_at_memory();
  void read_cold(DocumentNumber document, bool at_end);
  crdt::Doc read_cold_from(DocumentNumber document,
                           const std::optional<ports::Snapshot>& snapshot) const;
  std::optional<ports::Snapshot> newest_snapshot(DocumentNumber document, Sequence before) const;
  const LogTables& tables() const;

  // Constant after construction.
  const faults::FaultPlan& plan_;
  const WorldOptions options_;
  const ProblemSink problem_;

  std::vector<history::EventSink*> sinks_;
  Scheduler scheduler_;
  const RandomStream::Tap tap_;
  Chronicle chronicle_;
  SimulatedNetwork network_;
  DocumentNumbers documents_;
  std::vector<DocumentName> names_;
  std::map<Party, std::unique_ptr<Machine>> machines_;

  std::unique_ptr<Postgres> postgres_;
  std::unique_ptr<Redis> redis_;
  std::unique_ptr<EmbeddedStore> store_;
  std::optional<Services> services_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<Gateway> gateway_;
  std::vector<std::unique_ptr<Client>> clients_;

  // Faults.
  faults::FaultReports* reports_ = nullptr;
  std::vector<Active> active_;
  std::uint32_t wires_made_ = 0;
  // What is to be reported once nobody is being called any more.
  std::vector<std::uint32_t> observed_;
  std::vector<std::string_view> probes_;
  bool reports_scheduled_ = false;
};

}  // namespace syncline::sim
