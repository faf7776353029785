// Applying an update: what can be integrated now, what has to wait, and what waited before.

#include <algorithm>
#include <utility>

#include "server/base/assert.h"
#include "server/crdt/doc_state.h"

namespace syncline::crdt {
namespace {

// yjs' integrateStructs, on clocks alone. A struct whose predecessors are in the same update waits
// on a stack while they go first; if one is nowhere, the stack and what follows in its clients'
// runs is put aside.
class Planner {
 public:
  Planner(const StructStore& store, const DecodedUpdate& update) : store_(store), update_(update) {
    for (const ClientRun& run : update.runs) {
      runs_.push_back({run.client, store.state(run.client), run.begin, run.end, run.end});
    }
    std::sort(runs_.begin(), runs_.end(),
              [](const Run& a, const Run& b) { return a.client < b.client; });
  }

  IntegrationPlan plan() {
    for (std::size_t i = runs_.size(); i-- > 0;) {
      while (runs_[i].next < runs_[i].end) {
        stack_.push_back({i, runs_[i].next++});
        while (!stack_.empty()) step();
      }
    }
    for (std::size_t i = runs_.size(); i-- > 0;) {
      const Run& run = runs_[i];
      if (run.rest < run.limit) plan_.rest.push_back({run.client, run.rest, run.limit});
    }
    return std::move(plan_);
  }

 private:
  struct Run {
    ClientId client;
    Clock state;  // Counting what is planned.
    std::size_t next;
    std::size_t end;    // Becomes `next` when the rest is put aside.
    std::size_t limit;  // The run's true end.
    std::size_t rest = static_cast<std::size_t>(-1);
  };
  struct Waiting {
    std::size_t run;
    std::size_t index;
  };

  Run* find(ClientId client) {
    const auto found =
        std::lower_bound(runs_.begin(), runs_.end(), client,
                         [](const Run& run, ClientId id) { return run.client < id; });
    return found != runs_.end() && found->client == client ? &*found : nullptr;
  }

  Clock state(ClientId client) {
    const Run* run = find(client);
    return run ? run->state : store_.state(client);
  }

  // Looks at the struct on top of the stack: plans it, or puts one that must go first on top of it.
  void step() {
    const Waiting top = stack_.back();
    const DecodedStruct& value = update_.structs[top.index];
    Run& run = runs_[top.run];
    if (value.kind == StructKind::skip) {
      stack_.pop_back();
      return;
    }
    if (run.state < value.id.clock) return put_aside();
    if (const std::optional<Id> other = missing(value)) {
      Run* before = find(other->client);
      if (!before || before->next == before->end) return put_aside();
      stack_.push_back({static_cast<std::size_t>(before - runs_.data()), before->next++});
      return;
    }
    const Clock known = run.state - value.id.clock;
    if (known < value.length) {
      add_step(top.index, known);
      run.state = value.end();
    } else if (cuts_pair(value)) {
      add_step(top.index, value.length);
    }
    stack_.pop_back();
  }

  void add_step(std::size_t index, Clock offset) {
    if (offset == 0 && !plan_.steps.empty() && plan_.steps.back().end == index) {
      ++plan_.steps.back().end;
    } else {
      plan_.steps.push_back({index, index + 1, offset});
    }
  }

  // Nothing of the struct is new. But yjs looks its neighbours up all the same, and cuts a
  // surrogate pair that lies between them, for ever: its author knew the pair as cut.
  bool cuts_pair(const DecodedStruct& value) const {
    return (value.has_origin && cuts_pair_at({value.origin.client, value.origin.clock + 1})) ||
           (value.has_right_origin && cuts_pair_at(value.right_origin));
  }

  // Whether a struct that begins with this element must begin within a pair.
  bool cuts_pair_at(const Id& id) const {
    const ClientSlot slot = store_.find_slot(id.client);
    if (slot == none || id.clock >= store_.client(slot).state) return false;
    const Item& item = store_.items[store_.find(slot, id.clock)];
    if (item.kind() != StructKind::string || item.ascii() || item.clock() == id.clock) return false;
    bool cuts = false;
    store_.offset_in(item, id.clock - item.clock(), cuts);
    return cuts;
  }

  // What has to be known before the struct, besides those before it in its run.
  std::optional<Id> missing(const DecodedStruct& value) {
    return first_missing(value, [&](ClientId client) { return state(client); });
  }

  void put_aside() {
    for (const Waiting& waiting : stack_) {
      Run& run = runs_[waiting.run];
      run.rest = std::min(run.rest, waiting.index);
      run.end = run.next;
    }
    stack_.clear();
  }

  const StructStore& store_;
  const DecodedUpdate& update_;
  std::vector<Run> runs_;  // By client.
  std::vector<Waiting> stack_;
  IntegrationPlan plan_;
};

}  // namespace

IntegrationPlan DocState::plan(const DecodedUpdate& update) const {
  return Planner(store, update).plan();
}

void DocState::apply_decoded(DecodedUpdate& update, const IntegrationPlan& integration) {
  constexpr std::size_t worth_it = 4096;
  for (const ClientRun& run : update.runs) {
    if (run.content_bytes < worth_it || !integration.rest.empty()) continue;
    store.reserve(store.slot(run.client), run.content_bytes);
  }
  for (const IntegrationPlan::Step& step : integration.steps) {
    integrate(update.structs[step.begin], step.offset);
    for (std::size_t i = step.begin + 1; i < step.end; ++i) integrate(update.structs[i], 0);
  }
  pending_changed_ |= pending.add(update, integration.rest, store);
  for (const IdRange& range : update.deletes) {
    const IdRange rest = apply_delete(range);
    if (rest.length > 0) pending_changed_ |= pending_deletes.add(rest);
  }
  if (!has_pending()) return touched_locally_.clear();
  std::vector<ClientSlot> advanced = std::exchange(touched_locally_, {});
  advanced.insert(advanced.end(), transaction.touched.begin(), transaction.touched.end());
  if (!pending_deletes.empty()) apply_pending_deletes(advanced);
  if (pending.empty()) return;
  DecodedUpdate freed;
  pending.release(store, advanced, freed);
  if (freed.structs.empty()) return;
  pending_changed_ = true;
  const IntegrationPlan again = plan(freed);
  SYNCLINE_ASSERT(again.rest.empty());
  apply_decoded(freed, again);
}

// What is to be deleted of clients that have got structs, the highest first, as yjs keeps it.
void DocState::apply_pending_deletes(std::vector<ClientSlot> advanced) {
  std::sort(advanced.begin(), advanced.end(),
            [&](ClientSlot a, ClientSlot b) { return store.client(a).id > store.client(b).id; });
  for (const ClientSlot slot : advanced) {
    const ClientStructs& client = store.client(slot);
    while (const auto range = pending_deletes.take_first(client.id, client.state)) {
      pending_changed_ = true;
      const IdRange rest = apply_delete(*range);
      if (rest.length > 0) pending_deletes.add(rest);
    }
  }
}

// The rest of an item whose front was collected, in a list that was not: whoever sent the GC made
// it up, and yjs throws on the rest, in every client for ever.
Result<void> DocState::check_continuations(const DecodedUpdate& update,
                                           const IntegrationPlan& integration) const {
  for (const IntegrationPlan::Step& step : integration.steps) {
    const DecodedStruct& value = update.structs[step.begin];
    if (step.offset == 0 || step.offset == value.length || !is_item(value.kind)) continue;
    const Item* front = find_item({value.id.client, value.id.clock + step.offset - 1});
    if (!front || !front->is_gc()) continue;
    const auto is_collected = [&](const Id& id) {
      const Item* item = find_item(id);
      return item && item->is_gc();
    };
    const auto is_no_type = [&](const Id& id) {
      const Item* item = find_item(id);
      return item && item->kind() != StructKind::type;
    };
    const bool lost = (value.has_origin && is_collected(value.origin)) ||
                      (value.has_right_origin && is_collected(value.right_origin)) ||
                      (value.parent == ParentKind::item && is_no_type(value.parent_item));
    if (!lost) return Error{ErrorCode::malformed, "a run that goes on after what was collected"};
  }
  return {};
}

const Item* DocState::find_item(const Id& id) const {
  const ClientSlot slot = store.find_slot(id.client);
  if (slot == none || store.client(slot).state <= id.clock) return nullptr;
  return &store.items[store.find(slot, id.clock)];
}

// Whether there is room for what an update brings, in the numbers that items are made of.
Result<void> DocState::check_capacity(const DecodedUpdate& update) const {
  constexpr std::size_t items_max = none - 1;
  for (const ClientRun& run : update.runs) {
    if (run.begin < run.end && update.structs[run.end - 1].end() > Item::clock_max) {
      return Error{ErrorCode::number_too_large, "more than 2^32 elements of one client"};
    }
  }
  // A struct may cut two others, and be a type with its list and a key. What waits may follow.
  const std::size_t structs =
      update.structs.size() + update.deletes.size() + pending.size() + pending_deletes.size();
  const std::size_t clients = store.client_count() + update.runs.size() + pending.client_count();
  if (clients >= Item::clients_max || chains.size() + 2 * structs >= Item::chains_max ||
      store.items.size() + 3 * structs >= items_max) {
    return Error{ErrorCode::too_large, "the document would outgrow its index"};
  }
  return {};
}

// How many deletions of an update come before what they delete, which may come with it.
std::size_t DocState::count_early_deletes(const DecodedUpdate& update,
                                          const IntegrationPlan& integration) const {
  const auto is_early = [&](const IdRange& range, Clock state) {
    if (range.end() <= state) return false;
    const Clock from = std::max(range.clock, state);
    return !pending_deletes.covers({range.client, from, range.end() - from});
  };
  std::map<ClientId, Clock> states;  // Of the clients in the update, when it has been applied.
  std::size_t early = 0;
  for (const IdRange& range : update.deletes) {
    if (!is_early(range, store.state(range.client))) continue;
    if (states.empty()) {
      for (const ClientRun& run : update.runs) {
        if (run.begin < run.end) states[run.client] = update.structs[run.end - 1].end();
      }
      for (const ClientRun& run : integration.rest) {
        states[run.client] = update.structs[run.begin].id.clock;
      }
    }
    const auto applied = states.find(range.client);
    if (applied == states.end() || is_early(range, applied->second)) ++early;
  }
  return early;
}

// Whether there is room for what has to wait. An update that also brings something good is not
// refused for deletions that come too early, which every client sends with all that it deletes; but
// these, too, are bounded, by as much again.
Result<void> DocState::check_pending(const DecodedUpdate& update,
                                     const IntegrationPlan& integration) const {
  const std::size_t early = count_early_deletes(update, integration);
  const std::size_t more = pending.growth(update, integration.rest) + early * IdRanges::range_bytes;
  if (more == 0) return {};
  const std::size_t bytes = pending.memory_bytes() + pending_deletes.memory_bytes() + more;
  const bool only_deletes_wait = integration.rest.empty() && !integration.steps.empty();
  const std::size_t max = options.pending_bytes_max;
  if (bytes <= max || (only_deletes_wait && bytes - max <= max)) return {};
  return Error{ErrorCode::too_many_pending, std::to_string(bytes) + " bytes"};
}

Result<ApplyOutcome> DocState::apply(BytesView update, const UpdateLimits& limits,
                                     UpdateFormat format) {
  // A large update must not hold its memory for as long as the document is open.
  constexpr std::size_t scratch_structs_kept = 64;
  constexpr std::size_t bytes_max = std::size_t{3} << 30;  // Offsets into arenas have 32 bits.
  const auto check_room = [&](std::size_t bytes) -> Result<void> {
    if (store.arena_bytes() + bytes <= bytes_max) return {};
    return Error{ErrorCode::too_large, "the document would outgrow its index"};
  };
  SYNCLINE_TRY(check_room(update.size()));
  if (format == UpdateFormat::v1 && apply_typing(update)) {
    return ApplyOutcome{.changed = true, .pending = false};
  }
  SYNCLINE_TRY(decode_update(update, limits, decoded_, format));
  SYNCLINE_TRY(check_room(update.size() + decoded_.rewritten.size()));
  SYNCLINE_TRY(check_capacity(decoded_));
  // What was accepted before may have become contradictory by what has come since, or by what it
  // was merged with; integration makes do with it.
  if (!limits.accepted_before) SYNCLINE_TRY(check_references(decoded_));
  const IntegrationPlan integration = plan(decoded_);
  if (!limits.accepted_before) SYNCLINE_TRY(check_continuations(decoded_, integration));
  SYNCLINE_TRY(check_pending(decoded_, integration));
  pending_changed_ = false;
  begin(false);
  apply_decoded(decoded_, integration);
  const bool touched = !transaction.touched.empty() || !transaction.deleted.empty();
  commit();
  ApplyOutcome outcome;
  outcome.pending = has_pending();
  outcome.changed = touched || pending_changed_;
  decoded_.rewritten.clear();
  if (decoded_.structs.capacity() > scratch_structs_kept) {
    decoded_ = {};
    transaction.release();
    store.shrink();
  }
  return outcome;
}

}  // namespace syncline::crdt
