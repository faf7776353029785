#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim/demo/observations.h"
#include "sim/history/event.h"
#include "sim/picture/history_scene.h"
#include "sim/scheduler.h"

namespace syncline::demo {

// What happens in the usual cluster, written down for the measurements, and for a picture if one is
// wanted.
class Journal {
 public:
  // `scene` may be null.
  Journal(const sim::Scheduler& scheduler, const Workload& workload, picture::HistoryScene* scene);

  // Clients.
  void typed(PressNumber press);
  void acknowledged(PressNumber press);
  // A paragraph is on somebody's screen.
  void seen(std::uint32_t client, const std::vector<PressNumber>& presses);
  void arrived(std::uint32_t client, std::uint32_t document, std::uint32_t node);
  void left(std::uint32_t client);
  void reloaded(std::uint32_t client, const std::vector<PressNumber>& unsaved);

  // Servers and the database.
  void stored(const std::vector<PressNumber>& presses);
  void lost(history::Party where, std::uint32_t document, const std::vector<PressNumber>& presses,
            const std::string& why);
  void wrote_transaction() { observations_.write_transactions.push_back(now()); }
  void snapshot(std::uint32_t document);
  void tell(const history::EventContent& content);

  // In the end.
  void remains(PressNumber press) { observations_.fates[press].remains = true; }
  Observations finish(Duration load);
  // Where the press was acknowledged, and where it was lost last, as marks of the scene.
  void point_at(PressNumber press);

 private:
  Duration now() const { return scheduler_.now().since_start; }
  std::optional<std::size_t> mark(history::Party party, picture::MarkKind kind, std::string text,
                                  std::uint32_t document, std::vector<PressNumber> presses);

  const sim::Scheduler& scheduler_;
  picture::HistoryScene* const scene_;
  Observations observations_;
  std::set<std::pair<std::uint32_t, PressNumber>> seen_;
  std::map<std::uint32_t, Stay> stays_;  // By client; not over yet.
  std::map<PressNumber, std::size_t> acknowledgement_marks_;
  std::map<PressNumber, std::size_t> loss_marks_;
};

}  // namespace syncline::demo
