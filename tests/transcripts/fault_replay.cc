#include "tests/transcripts/fault_replay.h"

#include <algorithm>
#include <map>
#include <utility>

#include "server/base/utf8.h"

namespace syncline::transcripts {
namespace {

constexpr Duration between_blocks = milliseconds(50);
// Enough for every retry, back-off, anti-entropy interval and awareness timer to come round.
constexpr Duration time_to_heal = seconds(90);

class Player {
 public:
  Player(const Transcript& transcript, const world::WorldOptions& options)
      : transcript_(transcript), world_(options) {}

  world::World& world() { return world_; }

  void play() {
    for (const Block& block : transcript_.blocks) {
      for (const Command& command : block.commands()) run(command);
      world_.run_for(between_blocks);
    }
    world_.run_for(seconds(1));
    world_.heal();
    world_.run_for(time_to_heal);
    world_.check_converged();
    world_.check_nothing_left();
  }

 private:
  void run(const Command& command) {
    const std::string& verb = command.word(0);
    if (verb == "connect") {
      connect(command);
    } else if (verb == "disconnect") {
      world_.disconnect(clients_.at(command.word(1)));
    } else if (verb == "advance") {
      world_.run_for(parse_duration(command.word(1)));
    } else if (verb == "drain") {
      world_.drain(0);
    } else if (verb == "evict") {
      world_.evict(0, DocumentName::parse("d").value());
    } else if (verb == "revoke") {
      world_.revoke(clients_.at(command.word(1)));
    } else if (verb == "crash") {
      world_.crash(0);
      world_.run_for(milliseconds(10));
      world_.start(0);
    } else if (verb == "buffer-syncs") {
      world_.buffer().sync();
    } else if (verb == "buffer-crashes") {
      world_.crash_buffer();
    } else if (verb == "buffer-is-flushed") {
      world_.flush_buffer();
    } else if (verb == "remote") {
      act_as_another_node(command);
    } else if (const auto client = clients_.find(verb); client != clients_.end()) {
      act(client->second, command);
    }
  }

  void connect(const Command& command) {
    const std::string& name = command.word(1);
    if (!clients_.contains(name)) {
      clients_[name] =
          world_.add_client(name, command.option("document").value_or("d"), command.has("acks"));
    }
    world_.connect(clients_[name], 0);
    world_.run_for(between_blocks);  // The script's next input assumes an open socket.
  }

  // In the world another node has clients of its own.
  void act_as_another_node(const Command& command) {
    if (!clients_.contains("remote")) {
      clients_["remote"] = world_.add_client("remote", "d", true);
      world_.connect(clients_["remote"], 1);
      world_.run_for(milliseconds(100));
    }
    act(clients_["remote"], command);
  }

  void act(std::size_t client, const Command& command) {
    const std::string& verb = command.word(1);
    const std::size_t length = utf16_length(world_.yjs(client).doc().text_of("t"));
    if (verb == "insert") {
      std::string text;
      const auto times = command.option("times");
      for (unsigned long i = 0; i < (times ? std::stoul(*times) : 1); ++i) {
        text += unquote(command.word(3));
      }
      world_.insert(client, std::min<std::size_t>(std::stoul(command.word(2)), length), text);
    } else if (verb == "delete") {
      const std::size_t at = std::min<std::size_t>(std::stoul(command.word(2)), length);
      const std::size_t count = std::min<std::size_t>(std::stoul(command.word(3)), length - at);
      if (count > 0) world_.erase(client, at, count);
    } else if (verb == "says") {
      world_.set_state(client, command.word(2));
    } else if (verb == "stalls" || verb == "reads") {
      world_.stall(client, verb == "stalls");
    } else if (verb == "raw") {
      world_.send_raw(client, parse_hex(command.word(2)));
    }
  }

  const Transcript& transcript_;
  world::World world_;
  std::map<std::string, std::size_t> clients_;
};

world::WorldOptions options_for(const Transcript& transcript, std::uint64_t seed) {
  world::WorldOptions options{.seed = seed, .nodes = 2};
  options.worker_config.flush_interval = milliseconds(300);
  for (const Block& block : transcript.blocks) {
    for (const Command& command : block.commands()) {
      if (command.word(0) == "config") configure(options.config, command);
      if (command.word(0) == "durability-buffer") options.workers = 1;
    }
  }
  if (options.config.anti_entropy_interval == Duration::zero()) {
    options.config.anti_entropy_interval = seconds(5);  // Two nodes write.
  }
  return options;
}

}  // namespace

Replay replay(const Transcript& transcript, std::uint64_t seed,
              world::World::FaultChooser chooser) {
  Player player(transcript, options_for(transcript, seed));
  Replay result;
  player.world().set_faults([&](const world::StoreRequest& request, std::uint64_t step) {
    result.steps.push_back(request.step);
    return chooser ? chooser(request, step) : world::StoreFault::none;
  });
  player.play();
  result.violations = player.world().violations();
  return result;
}

}  // namespace syncline::transcripts
