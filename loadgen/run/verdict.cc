#include "loadgen/run/verdict.h"

#include <utility>

#include "loadgen/client/update_ids.h"
#include "server/base/assert.h"
#include "server/crdt/update.h"

namespace syncline::loadgen {
namespace {

const std::byte empty_state_vector[] = {std::byte{0}};

client::UpdateIds ids_of(const crdt::Doc& copy) {
  const auto update = copy.encode_state_as_update(empty_state_vector);
  SYNCLINE_ASSERT(update.ok());
  auto ids = client::read_update_ids(*update);
  SYNCLINE_ASSERT(ids.ok());
  return std::move(ids).value();
}

bool has(const client::UpdateIds& ids, std::uint64_t client, const Edit& edit) {
  const client::IdRanges& ranges = edit.deletes ? ids.deleted : ids.inserted;
  return ranges.contains(client, edit.clock, edit.length);
}

std::string named(const LoadDocument& document, const Participant& writer, const Edit& edit) {
  return document.name() + ": " + (edit.deletes ? "the deletion of " : "") + "client " +
         std::to_string(writer.client()) + ", clock " + std::to_string(edit.clock);
}

// Calls missing(writer, edit, acknowledged) for each edit that `is_there` denies.
template <class IsThere, class Missing>
void find_missing(const LoadDocument& document, const IsThere& is_there, const Missing& missing) {
  for (const auto& writer : document.participants()) {
    const auto& edits = writer->typist().edits();
    for (std::size_t i = 0; i < edits.size(); ++i) {
      if (!is_there(*writer, edits[i])) missing(*writer, edits[i], i < writer->acknowledged());
    }
  }
}

void note_missing(Verdict& verdict, const LoadDocument& document, const Participant& writer,
                  const Edit& edit, bool acknowledged, const std::string& where) {
  ++(acknowledged ? verdict.acknowledged_missing : verdict.unacknowledged_missing);
  verdict.note(named(document, writer, edit) + (acknowledged ? ", acknowledged," : "") +
               " is missing " + where);
}

}  // namespace

void Verdict::note(std::string finding) {
  if (findings.size() < findings_max) findings.push_back(std::move(finding));
}

void Verdict::add(const Verdict& other) {
  for (const auto count :
       {&Verdict::documents, &Verdict::documents_differing, &Verdict::acknowledged_missing,
        &Verdict::unacknowledged_missing, &Verdict::unacknowledged, &Verdict::clients_not_synced,
        &Verdict::clients_confused, &Verdict::copies_read, &Verdict::copies_missing,
        &Verdict::copies_differing}) {
    this->*count += other.*count;
  }
  for (const std::string& finding : other.findings) note(finding);
}

Verdict judge_clients(const LoadDocument& document) {
  Verdict verdict{.documents = 1};
  const auto& participants = document.participants();
  bool differs = false;
  for (const auto& client : participants) {
    if (!client->problem().empty()) {
      ++verdict.clients_confused;
      verdict.note(document.name() + ": client " + std::to_string(client->client()) + " received " +
                   client->problem());
    }
    if (!client->synced()) {
      ++verdict.clients_not_synced;
      verdict.note(document.name() + ": client " + std::to_string(client->client()) +
                   " is not connected and synced");
    }
    if (document.manners().acks) {
      verdict.unacknowledged += client->typist().edits().size() - client->acknowledged();
    }
    differs |= client->reception() != participants.front()->reception();
  }
  if (differs) {
    ++verdict.documents_differing;
    verdict.note(document.name() + ": its clients have not received the same");
  }
  const Participant* without = nullptr;
  find_missing(
      document,
      [&](const Participant& writer, const Edit& edit) {
        without = nullptr;
        for (const auto& client : participants) {
          if (!client->has(writer.typist(), edit)) without = client.get();
        }
        return without == nullptr;
      },
      [&](const Participant& writer, const Edit& edit, bool acknowledged) {
        note_missing(verdict, document, writer, edit, acknowledged,
                     "at client " + std::to_string(without->client()));
      });
  return verdict;
}

crdt::Doc expected_copy(const LoadDocument& document) {
  SYNCLINE_ASSERT(!document.has_strangers());
  crdt::Doc expected;
  for (const auto& writer : document.participants()) {
    const auto applied =
        expected.apply_update(writer->typist().update_beyond(0), crdt::UpdateLimits::none());
    SYNCLINE_ASSERT(applied.ok());
  }
  return expected;
}

bool is_complete(const LoadDocument& document, const crdt::Doc& copy) {
  const client::UpdateIds ids = ids_of(copy);
  bool complete = !copy.has_pending();
  find_missing(
      document,
      [&ids](const Participant& writer, const Edit& edit) {
        return has(ids, writer.client(), edit);
      },
      [&complete](const Participant&, const Edit&, bool) { complete = false; });
  return complete;
}

Verdict judge_copy(const LoadDocument& document, const std::string& where, const crdt::Doc& copy) {
  Verdict verdict{.copies_read = 1};
  const client::UpdateIds ids = ids_of(copy);
  bool complete = !copy.has_pending();
  find_missing(
      document,
      [&ids](const Participant& writer, const Edit& edit) {
        return has(ids, writer.client(), edit);
      },
      [&](const Participant& writer, const Edit& edit, bool acknowledged) {
        complete = false;
        note_missing(verdict, document, writer, edit, acknowledged,
                     "in the copy read from " + where);
      });
  bool same = complete;
  if (complete && !document.has_strangers()) {
    const crdt::Doc expected = expected_copy(document);
    same = ids == ids_of(expected) && copy.text_of(root_name) == expected.text_of(root_name);
  }
  if (!same) {
    ++verdict.copies_differing;
    verdict.note(document.name() + ": the copy read from " + where + " is not what was typed");
  }
  return verdict;
}

}  // namespace syncline::loadgen
