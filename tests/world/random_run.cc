#include "tests/world/random_run.h"

#include <algorithm>

#include "server/base/utf8.h"
#include "tests/world/world.h"

namespace syncline::world {
namespace {

constexpr Duration pause_max = milliseconds(400);
// Enough for every retry, back-off, anti-entropy interval and awareness timer to come round.
constexpr Duration time_to_heal = seconds(90);

// Small limits, so that a short run gets to them: several pages of log, several chunks of a first
// sync, rings that overflow, evictions and snapshots in the middle.
core::Config tight_config(SeededRandom& random) {
  core::Config config;
  config.evict_after = milliseconds(500);
  config.fold_after = milliseconds(100 + random.below(400));
  config.snapshot_interval = milliseconds(800);
  config.snapshot_updates_min = 3 + random.below(8);
  config.anti_entropy_interval = seconds(2);
  config.log_page_bytes = 40 + random.below(400);
  config.first_sync_chunk_bytes = 40 + random.below(400);
  config.send_window_bytes = 64 + random.below(1000);
  config.ring_frames_max = 2 + random.below(30);
  config.unlogged_bytes_max = 200 + random.below(2000);
  config.write_stall_max = seconds(3);
  config.retry_delay_max = seconds(1);
  config.undrained_bytes_max = 400 + random.below(2000);
  return config;
}

core::WorkerConfig tight_worker_config(SeededRandom& random) {
  core::WorkerConfig config;
  config.flush_interval = milliseconds(200 + random.below(800));
  config.claim_lease = seconds(2);
  config.claim_documents_max = 1 + random.below(3);
  config.reads_max = 1 + random.below(3);
  config.page_bytes = 40 + random.below(400);
  config.drain_bytes_max = 100 + random.below(1000);
  config.retry_delay_max = seconds(1);
  config.snapshot_interval = milliseconds(800);
  config.snapshot_updates_min = 3 + random.below(8);
  config.log_page_bytes = 40 + random.below(400);
  return config;
}

class RandomRun {
 public:
  explicit RandomRun(const RandomRunOptions& options)
      : options_(options), random_(options.seed), world_(world_options()) {
    for (std::size_t client = 0; client < options.clients; ++client) {
      world_.add_client("client" + std::to_string(client),
                        "document" + std::to_string(client % options.documents),
                        random_.chance(70));
    }
    world_.set_faults(
        [this](const StoreRequest& request, std::uint64_t) { return fault(request); });
  }

  RandomRunResult run() {
    for (int action = 0; action < options_.actions && world_.violations().empty(); ++action) {
      act();
      world_.run_for(random_.between(Duration::zero(), pause_max));
    }
    world_.heal();
    world_.run_for(time_to_heal);
    world_.check_converged();
    // Who comes now sees the same, from every node.
    for (std::size_t node = 0; node < world_.node_count(); ++node) {
      const auto late = world_.add_client("late" + std::to_string(node), "document0", true);
      world_.connect(late, node);
    }
    world_.run_for(seconds(30));
    world_.check_converged();
    world_.check_nothing_left();
    return {.violations = world_.violations(),
            .history_hash = world_.history().hash(),
            .history = world_.history().lines(),
            .store_steps = world_.store_steps(),
            .faults = faults_,
            .edits = edits_,
            .crashes = crashes_,
            .orders = orders_,
            .buffer_accidents = buffer_accidents_};
  }

 private:
  WorldOptions world_options() {
    return {.seed = random_.next(),
            .nodes = options_.nodes,
            .config = tight_config(random_),
            .keep_lines = options_.keep_history,
            .broker_loss_percent = options_.broker_loss_percent,
            .slow_percent = options_.slow_percent,
            .workers = options_.workers,
            .worker_config = tight_worker_config(random_)};
  }

  StoreFault fault(const StoreRequest& request) {
    const bool reads =
        request.step == StoreStep::read_log || request.step == StoreStep::read_snapshot;
    if (!random_.chance(reads ? options_.read_fault_percent : options_.store_fault_percent)) {
      return StoreFault::none;
    }
    ++faults_;
    const auto faults = faults_of(request.step);
    return faults[random_.below(faults.size())];
  }

  void act() {
    if (options_.workers > 0) disturb_buffer();
    if (options_.orders && random_.chance(3)) order();
    const std::size_t client = random_.below(world_.client_count());
    const std::uint64_t die = random_.below(100);
    if (die < 45) return type(client);
    if (die < 55) return erase(client);
    if (die < 70) return world_.connect(client, random_.below(world_.node_count()));
    if (die < 78) return world_.disconnect(client);
    if (die < 86) return world_.set_state(client, random_state());
    if (die < 91) return world_.stall(client, random_.chance(50));
    if (die < 97) return crash_or_start(random_.below(world_.node_count()));
    if (options_.drains) restart(random_.below(world_.node_count()));
  }

  // An operator's.
  void order() {
    ++orders_;
    if (random_.chance(30)) return world_.revoke(random_.below(world_.client_count()));
    const std::string document = "document" + std::to_string(random_.below(options_.documents));
    world_.evict(random_.below(world_.node_count()), DocumentName::parse(document).value());
  }

  void disturb_buffer() {
    const std::uint64_t die = random_.below(100);
    if (die < 20) world_.buffer().sync();
    if (die >= 20 && die < 26 && options_.crashes) {
      const std::size_t worker = random_.below(world_.worker_count());
      if (world_.worker(worker).alive()) {
        world_.crash_worker(worker);
      } else {
        world_.start_worker(worker);
      }
    }
    if (!options_.buffer_accidents || die < 95) return;
    ++buffer_accidents_;
    if (die == 99) {
      world_.flush_buffer();
    } else {
      world_.crash_buffer();
    }
  }

  // SIGTERM, some time to drain, and the next process.
  void restart(std::size_t node) {
    world_.drain(node);
    world_.run_for(random_.between(milliseconds(1), seconds(1)));
    world_.crash(node);
    world_.run_for(random_.between(milliseconds(1), seconds(1)));
    world_.start(node);
  }

  std::string random_state() {
    if (random_.chance(20)) return "null";
    return R"({"cursor":)" + std::to_string(random_.below(1000)) + "}";
  }

  void type(std::size_t client) {
    const std::size_t length = text_length(client);
    std::string text;
    for (std::uint64_t i = 0; i <= random_.below(20); ++i) {
      text += random_.chance(10) ? "ü" : std::string(1, static_cast<char>('a' + random_.below(26)));
    }
    world_.insert(client, random_.below(length + 1), text);
    ++edits_;
  }

  void erase(std::size_t client) {
    const std::size_t length = text_length(client);
    if (length == 0) return;
    const std::size_t position = random_.below(length);
    world_.erase(client, position, 1 + random_.below(std::min<std::size_t>(length - position, 10)));
    ++edits_;
  }

  void crash_or_start(std::size_t node) {
    if (!world_.node(node).alive()) return world_.start(node);
    if (!options_.crashes) return;
    world_.crash(node);
    ++crashes_;
    if (random_.chance(20)) damage_a_snapshot();
    world_.run_for(random_.between(milliseconds(1), milliseconds(300)));
    if (random_.chance(80)) world_.start(node);
  }

  // For good. The log has everything, so nobody may notice.
  void damage_a_snapshot() {
    for (const DocumentName& document : world_.store().documents()) {
      if (world_.store().snapshots(document).empty()) continue;
      world_.store().damage_newest_snapshot(document);
      ++faults_;
      return;
    }
  }

  std::size_t text_length(std::size_t client) {
    return utf16_length(world_.yjs(client).doc().text_of("t"));
  }

  const RandomRunOptions options_;
  SeededRandom random_;
  World world_;
  std::uint64_t faults_ = 0;
  std::uint64_t edits_ = 0;
  std::uint64_t crashes_ = 0;
  std::uint64_t orders_ = 0;
  std::uint64_t buffer_accidents_ = 0;
};

}  // namespace

RandomRunResult random_run(const RandomRunOptions& options) { return RandomRun(options).run(); }

}  // namespace syncline::world
