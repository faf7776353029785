#include "sim/party_name.h"

namespace syncline::sim {

std::string name_of(history::Party party) {
  const std::string number = '-' + std::to_string(party.number);
  switch (party.kind) {
    case history::PartyKind::client:
      return "client" + number;
    case history::PartyKind::gateway:
      return "gateway";
    case history::PartyKind::node:
      return "node" + number;
    case history::PartyKind::worker:
      return "worker" + number;
    case history::PartyKind::redis:
      return "redis";
    case history::PartyKind::postgres:
      return "postgres";
    case history::PartyKind::store:
      return "store";
    case history::PartyKind::cold_reader:
      return "cold-reader";
  }
  return {};
}

}  // namespace syncline::sim
