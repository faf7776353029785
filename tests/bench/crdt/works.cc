#include "tests/bench/crdt/works.h"

#include <array>
#include <memory>

#include "server/crdt/doc.h"
#include "server/crdt/text.h"

namespace syncline::bench {
namespace {

using crdt::Doc;
using Run = std::function<void(bool)>;

// The compiler must believe that somebody looks at it.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

constexpr crdt::UpdateFormat v1 = crdt::UpdateFormat::v1;
constexpr crdt::UpdateFormat v2 = crdt::UpdateFormat::v2;

Bytes convert(BytesView update, crdt::UpdateFormat from, crdt::UpdateFormat to) {
  return crdt::convert_update(update, from, to).value();
}

Bytes whole_state(const Doc& doc) {
  return doc.encode_state_as_update(crdt::empty_state_vector()).value();
}

void expect_final(const Doc& doc, const Trace& trace, std::string_view what) {
  expect(whole_state(doc) == trace.final_state, what);
}

void load_into(Doc& doc, const Trace& trace) {
  expect(doc.apply_update(trace.final_state).ok(), "the final state is refused");
}

void apply_all(Doc& doc, std::span<const BytesView> updates) {
  for (const BytesView update : updates) {
    expect(doc.apply_update(update).ok(), "an update is refused");
  }
}

std::size_t total_size(const Trace& trace) {
  std::size_t size = 0;
  for (const BytesView update : trace.updates) size += update.size();
  return size;
}

// One transaction and one emitted update an edit.
Run replay(const Trace& trace) {
  return [&trace, recorded = total_size(trace)](bool verify) {
    Doc doc({.client_id = trace_author});
    std::size_t emitted = 0;
    for (const Edit& edit : trace.edits) {
      emitted += doc.transact([&edit](Doc& in) {
                      crdt::Text text = in.text(trace_root);
                      expect(text.remove(edit.position, edit.removed).ok(), "a removal is refused");
                      expect(text.insert(edit.position, edit.inserted).ok(), "a text is refused");
                    })
                     .size();
    }
    expect(emitted == recorded, "other updates are emitted than yjs emitted");
    if (verify) expect_final(doc, trace, "the replay ends elsewhere");
  };
}

// The recorded updates, one by one, into a fresh document.
Run apply(const Trace& trace) {
  return [&trace](bool verify) {
    Doc doc;
    apply_all(doc, trace.updates);
    keep(doc.struct_count());
    if (verify) expect_final(doc, trace, "the updates lead elsewhere");
  };
}

// All recorded updates into one, in one call, without a document.
Run merge(const Trace& trace) {
  return [&trace](bool verify) {
    const Bytes merged = crdt::merge_updates(trace.updates).value();
    keep(merged);
    if (!verify) return;
    Doc doc;
    expect(doc.apply_update(merged, crdt::UpdateLimits::none()).ok(), "what was merged is refused");
    expect_final(doc, trace, "the merged update leads elsewhere");
  };
}

// The same behind the final state, which holds them all already.
Run merge_known(const Trace& trace) {
  std::vector<BytesView> updates = {trace.final_state};
  updates.insert(updates.end(), trace.updates.begin(), trace.updates.end());
  return [&trace, updates](bool verify) {
    const Bytes merged = crdt::merge_updates(updates).value();
    keep(merged);
    if (verify) expect(merged == trace.final_state, "known updates change the state");
  };
}

Run merge_v2(const Trace& trace) {
  auto updates = std::make_shared<std::vector<Bytes>>();
  for (const BytesView update : trace.updates) updates->push_back(convert(update, v1, v2));
  const std::vector<BytesView> views(updates->begin(), updates->end());
  return [&trace, updates, views](bool verify) {
    const Bytes merged = crdt::merge_updates(views, v2).value();
    keep(merged);
    if (!verify) return;
    const Bytes expected = crdt::merge_updates(trace.updates).value();
    expect(merged == convert(expected, v1, v2), "the merged update differs in v2");
  };
}

// The final state into a fresh document, whose text is read then.
Run load(const Trace& trace) {
  return [&trace](bool verify) {
    Doc doc;
    load_into(doc, trace);
    keep(doc.text_of(trace_root));
    if (verify) expect_final(doc, trace, "the loaded state differs");
  };
}

Run encode(const Trace& trace) {
  auto doc = std::make_shared<Doc>();
  load_into(*doc, trace);
  return [&trace, doc](bool verify) {
    const Bytes state = whole_state(*doc);
    keep(state);
    if (verify) expect(state == trace.final_state, "the encoded state differs");
  };
}

// The final state into a fresh document, in format v2.
Run load_v2(const Trace& trace) {
  return [&trace, state = convert(trace.final_state, v1, v2)](bool verify) {
    Doc doc;
    expect(doc.apply_update(state, {}, v2).ok(), "the final state is refused");
    keep(doc.struct_count());
    if (verify) expect_final(doc, trace, "the loaded state differs");
  };
}

Run encode_v2(const Trace& trace) {
  auto doc = std::make_shared<Doc>();
  load_into(*doc, trace);
  return [&trace, doc](bool verify) {
    const Bytes state = doc->encode_state_as_update(crdt::empty_state_vector(), v2).value();
    keep(state);
    if (verify) expect(convert(state, v2, v1) == trace.final_state, "the encoded state differs");
  };
}

// What a document lacks that has seen the first half of the updates.
Run diff(const Trace& trace) {
  auto doc = std::make_shared<Doc>();
  auto half = std::make_shared<Doc>();
  load_into(*doc, trace);
  apply_all(*half, std::span(trace.updates).first(trace.updates.size() / 2));
  return [&trace, doc, half, known = half->encode_state_vector()](bool verify) {
    const Bytes lacking = doc->encode_state_as_update(known).value();
    keep(lacking);
    if (!verify) return;
    expect(half->apply_update(lacking).ok(), "the difference is refused");
    expect_final(*half, trace, "the difference leads elsewhere");
  };
}

constexpr auto works = std::to_array<Work>({
    {"replay", false, replay},
    {"apply", false, apply},
    {"concurrent", true, apply},
    {"merge", false, merge},
    {"merge_known", false, merge_known},
    {"merge_v2", false, merge_v2},
    {"load", false, load},
    {"load_v2", false, load_v2},
    {"encode", false, encode},
    {"encode_v2", false, encode_v2},
    {"diff", false, diff},
});

}  // namespace

std::span<const Work> all_works() { return works; }

}  // namespace syncline::bench
