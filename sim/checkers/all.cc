#include "sim/checkers/all.h"

#include "sim/checkers/canary.h"
#include "sim/checkers/causality.h"
#include "sim/checkers/convergence.h"
#include "sim/checkers/durability.h"
#include "sim/checkers/forgetting.h"
#include "sim/checkers/isolation.h"
#include "sim/checkers/liveness.h"
#include "sim/checkers/presence.h"
#include "sim/checkers/readable.h"
#include "sim/checkers/reference.h"
#include "sim/checkers/sequence.h"
#include "sim/checkers/session_guarantees.h"
#include "sim/checkers/single_effect.h"
#include "sim/checkers/snapshots.h"

namespace syncline::checkers {
namespace {

constexpr CheckerInfo infos[] = {
    {Convergence::checker_name,
     "Replicas with the same state vector and delete set hold and read the same, at any moment."},
    {Durability::checker_name, "No acknowledged edit is lost, and none is acknowledged too early."},
    {SingleEffect::checker_name,
     "An edit has at most one effect, which is what its author wrote; nothing comes from nowhere."},
    {SequenceNumbers::checker_name,
     "The log has no gaps, and neither a sequence number nor a place in the buffer is given "
     "twice."},
    {SessionGuarantees::checker_name,
     "Sessions read their own writes and never less than before, across reconnects and nodes."},
    {Causality::checker_name, "An element is in a replica only with what it stands on."},
    {Snapshots::checker_name, "A snapshot and the log after it are the same as the whole log."},
    {Forgetting::checker_name, "Of a log only that is forgotten which two intact snapshots hold."},
    {Reference::checker_name,
     "In the end documents are what a naive engine makes of what their authors wrote."},
    {Isolation::checker_name, "Nothing of one document ever gets into another."},
    {Readable::checker_name, "Nobody is sent what a stock client cannot read."},
    {Presence::checker_name, "In the end everybody sees exactly who is there."},
    {Memory::checker_name, "Memory stays within its bounds, and nothing is left behind."},
    {Liveness::checker_name,
     "Once faults are over, everybody is connected, synced and saved within the bound."},
    {Canary::checker_name, "Always fails, if it is asked for: proves that failures are heard of."},
};

}  // namespace

std::span<const CheckerInfo> all_checkers() { return infos; }

std::vector<std::unique_ptr<Checker>> make_checkers(const CheckerOptions& options,
                                                    ViolationSink& sink) {
  std::vector<std::unique_ptr<Checker>> checkers;
  checkers.push_back(std::make_unique<Convergence>(sink));
  checkers.push_back(std::make_unique<Durability>(sink));
  checkers.push_back(std::make_unique<SingleEffect>(sink));
  checkers.push_back(std::make_unique<SequenceNumbers>(sink));
  checkers.push_back(std::make_unique<SessionGuarantees>(sink));
  checkers.push_back(std::make_unique<Causality>(sink));
  checkers.push_back(std::make_unique<Snapshots>(sink));
  checkers.push_back(std::make_unique<Forgetting>(sink));
  checkers.push_back(std::make_unique<Reference>(sink, options.reference_elements_max));
  checkers.push_back(std::make_unique<Isolation>(sink, options.canaries));
  checkers.push_back(std::make_unique<Readable>(sink));
  checkers.push_back(std::make_unique<Presence>(sink));
  checkers.push_back(std::make_unique<Memory>(sink, options.memory));
  checkers.push_back(std::make_unique<Liveness>(sink));
  if (options.always_fail) checkers.push_back(std::make_unique<Canary>(sink));
  return checkers;
}

Jury::Jury(std::vector<std::unique_ptr<Checker>> checkers) : checkers_(std::move(checkers)) {
  for (std::size_t alternative = 0; alternative < hearers_.size(); ++alternative) {
    for (const auto& checker : checkers_) {
      if (checker->hears(alternative)) hearers_[alternative].push_back(checker.get());
    }
  }
}

}  // namespace syncline::checkers
