#include "loadgen/run/typist.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "server/crdt/doc.h"
#include "server/crdt/text.h"

namespace syncline::loadgen {
namespace {

// True: a letter is taken back, if there is one to take.
using Keystrokes = std::vector<bool>;

std::size_t type(Typist& typist, bool removes) {
  return removes && typist.can_delete() ? typist.remove({}, false) : typist.insert({}, false);
}

Typist typed(std::uint64_t client, std::uint32_t letters, const Keystrokes& keystrokes) {
  Typist typist(client, letters);
  for (const bool removes : keystrokes) type(typist, removes);
  return typist;
}

void take_in(crdt::Doc& doc, const Bytes& update) {
  const auto applied = doc.apply_update(update);
  RC_ASSERT(applied.ok());
}

Keystrokes keystrokes() { return *rc::gen::arbitrary<Keystrokes>(); }
std::uint32_t letters_per_edit() { return *rc::gen::inRange<std::uint32_t>(1, 5); }

RC_GTEST_PROP(Typist, TheUpdatesAreWhatAnEngineMakesOfTheSameKeystrokes, ()) {
  constexpr std::uint64_t client = 4'000'000'000;
  const std::uint32_t letters = letters_per_edit();
  Typist typist(client, letters);
  crdt::Doc person({.client_id = client});
  std::string text;
  for (const bool removes : keystrokes()) {
    const std::size_t index = type(typist, removes);
    const Edit& edit = typist.edits()[index];
    const Bytes update = person.transact([&](crdt::Doc& doc) {
      if (edit.deletes) {
        RC_ASSERT(doc.text(root_name).remove(text.size() - 1, 1).ok());
        text.pop_back();
        return;
      }
      std::string written;
      for (std::uint32_t i = 0; i < letters; ++i) written += letter_of(client, edit.clock + i);
      RC_ASSERT(doc.text(root_name).insert(text.size(), written).ok());
      text += written;
    });
    RC_ASSERT(typist.update(index, index + 1) == update);
  }
  RC_ASSERT(person.text_of(root_name) == text);
}

RC_GTEST_PROP(Typist, AnUpdateOfManyEditsIsAllOfThem, ()) {
  const Typist typist = typed(7, letters_per_edit(), keystrokes());
  const std::size_t edits = typist.edits().size();
  const std::size_t middle = *rc::gen::inRange<std::size_t>(0, edits + 1);
  crdt::Doc one_by_one;
  for (std::size_t i = 0; i < edits; ++i) take_in(one_by_one, typist.update(i, i + 1));
  crdt::Doc in_two;
  take_in(in_two, typist.update(0, middle));
  take_in(in_two, typist.update(middle, edits));
  RC_ASSERT(in_two.text_of(root_name) == one_by_one.text_of(root_name));
  RC_ASSERT(in_two.encode_state_vector() == one_by_one.encode_state_vector());
}

RC_GTEST_PROP(Typist, WhatIsBeyondAClockCompletesWhoeverHasTheLettersBefore, ()) {
  const Typist typist = typed(7, letters_per_edit(), keystrokes());
  const std::size_t edits = typist.edits().size();
  const std::size_t middle = *rc::gen::inRange<std::size_t>(0, edits + 1);
  crdt::Doc all;
  take_in(all, typist.update(0, edits));
  crdt::Doc part;
  std::uint32_t clock = 0;
  for (std::size_t i = 0; i < middle; ++i) {
    if (typist.edits()[i].deletes) continue;  // As if its deletions had got lost.
    take_in(part, typist.update(i, i + 1));
    clock = typist.edits()[i].end();
  }
  take_in(part, typist.update_beyond(clock));
  RC_ASSERT(!part.has_pending());
  RC_ASSERT(part.text_of(root_name) == all.text_of(root_name));
}

RC_GTEST_PROP(Typist, ParagraphsOfSeveralStayWhole, ()) {
  const Typist a = typed(1, 1, keystrokes());
  const Typist b = typed(2, 1, keystrokes());
  crdt::Doc ab;
  crdt::Doc ba;
  std::string texts[2];
  for (const Typist* typist : {&a, &b}) {
    crdt::Doc alone;
    take_in(alone, typist->update_beyond(0));
    texts[typist == &b] = alone.text_of(root_name);
  }
  take_in(ab, a.update_beyond(0));
  take_in(ab, b.update_beyond(0));
  for (std::size_t i = 0; i < b.edits().size(); ++i) take_in(ba, b.update(i, i + 1));
  for (std::size_t i = 0; i < a.edits().size(); ++i) take_in(ba, a.update(i, i + 1));
  RC_ASSERT(ab.text_of(root_name) == texts[0] + texts[1]);
  RC_ASSERT(ba.text_of(root_name) == texts[0] + texts[1]);
}

RC_GTEST_PROP(Typist, EveryLetterKnowsItsEdits, ()) {
  const Typist typist = typed(7, letters_per_edit(), keystrokes());
  const auto& edits = typist.edits();
  std::uint32_t clock = 0;
  for (std::size_t i = 0; i < edits.size(); ++i) {
    if (edits[i].deletes) {
      RC_ASSERT(typist.deletion_of(edits[i].clock) == i);
      continue;
    }
    for (; clock < edits[i].end(); ++clock) RC_ASSERT(typist.insertion_of(clock) == i);
  }
  RC_ASSERT(clock == typist.clock());
  RC_ASSERT(!typist.deletion_of(clock).has_value());
}

TEST(Typist, LettersLookLikeText) {
  std::string text;
  for (std::uint64_t clock = 0; clock < 1000; ++clock) text += letter_of(123, clock);
  int spaces = 0;
  for (const char c : text) {
    EXPECT_TRUE(c == ' ' || (c >= 'a' && c <= 'z'));
    spaces += c == ' ';
  }
  EXPECT_NEAR(spaces, 1000 * 6 / 32, 60);
}

}  // namespace
}  // namespace syncline::loadgen
