#include "loadgen/run/tally.h"

namespace syncline::loadgen {

void Tally::add(const Tally& other) {
  for (const auto histogram : {&Tally::same_target, &Tally::cross_target, &Tally::through_reconnect,
                               &Tally::acknowledged, &Tally::acknowledged_after_reconnect,
                               &Tally::joining, &Tally::reconnecting, &Tally::lateness}) {
    (this->*histogram).add(other.*histogram);
  }
  for (const auto count :
       {&Tally::edits, &Tally::measured_edits, &Tally::edits_acknowledged, &Tally::deliveries_due,
        &Tally::deliveries, &Tally::frames_sent, &Tally::bytes_sent, &Tally::frames_received,
        &Tally::bytes_received, &Tally::connections_lost, &Tally::attempts_failed, &Tally::problems,
        &Tally::letters_withheld}) {
    this->*count += other.*count;
  }
}

}  // namespace syncline::loadgen
