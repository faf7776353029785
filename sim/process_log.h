#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "server/ports/log.h"
#include "sim/machine.h"
#include "sim/services/chronicle.h"

namespace syncline::sim {

// What a process writes to its log, with the time of day that its machine shows, as remarks in the
// history.
class ProcessLog final : public ports::Log {
 public:
  // `chronicle` must outlive the log.
  ProcessLog(const Machine& machine, const Chronicle& chronicle)
      : machine_(machine), chronicle_(chronicle) {}

  void write(ports::LogLevel level, std::string_view event,
             std::initializer_list<ports::LogField> fields) override {
    if (level == ports::LogLevel::debug) return;
    // With the time of day before it, as every log.
    std::string line = std::to_string(machine_.wall_now().since_epoch.count()) + ' ';
    line += event;
    for (const ports::LogField& field : fields) {
      line += ' ';
      line += field.key;
      line += '=';
      line += field.value;
    }
    chronicle_.tell(history::Remarked{.party = machine_.party(), .what = line});
  }

 private:
  const Machine& machine_;
  const Chronicle& chronicle_;
};

}  // namespace syncline::sim
