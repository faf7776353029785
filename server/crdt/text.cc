// Local edits of texts. Formats are markers in the list; where they go, and which become
// superfluous, follows yjs step by step, because it shows in the bytes.

#include "server/crdt/text.h"

#include <algorithm>

#include "server/base/utf8.h"
#include "server/crdt/edit.h"
#include "server/crdt/read.h"
#include "server/crdt/text_formats.h"

namespace syncline::crdt {
namespace {

// A place between two items of a text, and the formats in force there.
struct TextCursor {
  DocState& doc;
  TypeIndex text;
  ItemIndex left = none;
  ItemIndex right = none;
  Formats current = {};

  const Item& next() const { return doc.store.items[right]; }

  // REQUIRES: right != none.
  void forward() {
    const Item& item = next();
    if (!item.deleted() && item.kind() == StructKind::format) current.update(format_of(doc, item));
    left = right;
    right = item.right();
  }

  // Puts an item here and steps over it.
  void insert(const NewContent& content) {
    right = insert_between(doc, text, left, right, content);
    forward();
  }

  void insert_format(std::string_view key, std::string_view value) {
    lib0::Encoder encoder;
    encoder.write_var_string(key);
    encoder.write_var_string(value);
    insert({StructKind::format, 1, encoder.view()});
  }
};

// The place after the element `index - 1`, cut there if need be. The formats in force are only
// known from the start, so a text that has had formats is walked through.
TextCursor find_cursor(DocState& doc, TypeIndex text, Clock index) {
  TextCursor cursor{doc, text};
  cursor.right = doc.start(doc.types[text]);
  if (!doc.types[text].had_formats && index > 0) {
    cursor.left = list_position(doc, text, index);
    cursor.right = doc.store.items[cursor.left].right();
    return cursor;
  }
  while (cursor.right != none && index > 0) {
    const Item& item = cursor.next();
    if (!item.deleted() && item.kind() != StructKind::format) {
      if (index < item.length()) doc.split(cursor.right, index);
      index -= item.length();
    }
    cursor.forward();
  }
  return cursor;
}

// Past what is deleted, and past formats that are wanted anyway.
void minimize_changes(TextCursor& cursor, const Formats& wanted) {
  while (cursor.right != none) {
    const Item& item = cursor.next();
    if (!item.deleted()) {
      if (item.kind() != StructKind::format) return;
      const Format format = format_of(cursor.doc, item);
      if (!equal_value(wanted.find(format.key), format.value)) return;
    }
    cursor.forward();
  }
}

// Begins the wanted formats. Returns what has to be restored after the content.
Formats insert_wanted(TextCursor& cursor, const Formats& wanted) {
  Formats negated;
  for (const auto& [key, value] : wanted.list()) {
    const std::string before(cursor.current.find(key));
    if (equal_value(before, value)) continue;
    negated.set(key, before);
    cursor.insert_format(key, value);
  }
  return negated;
}

void insert_negated(TextCursor& cursor, Formats negated) {
  while (cursor.right != none) {
    const Item& item = cursor.next();
    if (!item.deleted()) {
      if (item.kind() != StructKind::format) break;
      const Format format = format_of(cursor.doc, item);
      if (!negated.contains(format.key) || !equal_value(negated.find(format.key), format.value)) {
        break;
      }
      negated.erase(format.key);
    }
    cursor.forward();
  }
  for (const auto& [key, value] : negated.list()) cursor.insert_format(key, value);
}

void insert_content(TextCursor& cursor, const NewContent& content, Formats wanted) {
  for (const auto& [key, value] : cursor.current.list()) {
    if (!wanted.contains(key)) wanted.set(key, "null");
  }
  minimize_changes(cursor, wanted);
  Formats negated = insert_wanted(cursor, wanted);
  cursor.insert(content);
  insert_negated(cursor, std::move(negated));
}

void format_content(TextCursor& cursor, Clock length, const Formats& wanted) {
  DocState& doc = cursor.doc;
  minimize_changes(cursor, wanted);
  Formats negated = insert_wanted(cursor, wanted);
  while (cursor.right != none) {
    const Item& item = cursor.next();
    const bool in_gap = item.deleted() || item.kind() == StructKind::format;
    if (length == 0 && (negated.empty() || !in_gap)) break;
    if (!item.deleted() && item.kind() == StructKind::format) {
      const Format format = format_of(doc, item);
      if (wanted.contains(format.key)) {
        if (equal_value(wanted.find(format.key), format.value)) {
          negated.erase(format.key);
        } else if (length == 0) {
          break;
        } else {
          negated.set(format.key, format.value);
        }
        doc.delete_item(cursor.right);
      } else {
        cursor.current.set(format.key, format.value);
      }
    } else if (!item.deleted()) {
      if (length < item.length()) doc.split(cursor.right, length);
      length -= item.length();
    }
    cursor.forward();
  }
  insert_negated(cursor, std::move(negated));
}

// In a text that never had formats there are none to inherit, and none to tidy up.
void insert_plain(DocState& doc, TypeIndex text, Clock index, const NewContent& content) {
  TextCursor cursor = find_cursor(doc, text, index);
  while (cursor.right != none && cursor.next().deleted()) cursor.forward();
  const ClientSlot client = doc.store.slot(doc.options.client_id);
  doc.touch(client);
  const bool extended = cursor.left != none && doc.store.items[cursor.left].client() == client &&
                        doc.extend_run(client, cursor.left, cursor.right, as_text(content.bytes));
  if (!extended) cursor.insert(content);
}

// Deletes what is within one run, at an edge of it. False: nothing was done.
bool remove_at_edge(DocState& doc, TypeIndex text, Clock index, Clock length) {
  const PositionIndex::Place place = doc.find_position(text, index + 1);
  const Item& item = doc.store.items[place.item];
  const Clock inside = index - place.before;
  if (length > item.length() - inside) return false;
  const Clock from = item.clock() + inside;
  const ClientSlot client = item.client();
  const StructIndex::Position at = doc.store.position(doc.store.client(client), from);
  if (!doc.shrink_run(client, at, from, length)) return false;
  doc.transaction.deleted.push_back({client, from, length});
  return true;
}

void remove_content(TextCursor& cursor, Clock length) {
  DocState& doc = cursor.doc;
  const Formats at_start = cursor.current;
  const ItemIndex start = cursor.right;
  while (length > 0 && cursor.right != none) {
    const Item& item = cursor.next();
    const bool counts = item.kind() == StructKind::string || item.kind() == StructKind::embed ||
                        item.kind() == StructKind::type;
    if (!item.deleted() && counts) {
      if (length < item.length()) doc.split(cursor.right, length);
      length -= item.length();
      doc.delete_item(cursor.right);
    }
    cursor.forward();
  }
  if (!doc.types[cursor.text].had_formats) return;
  if (start != none) clean_formatting_gap(doc, start, cursor.right, at_start, cursor.current);
}

// The attributes as JSON texts; undefined ones count as not given.
Result<Formats> formats_of(const lib0::Any& attributes) {
  Formats formats;
  if (attributes.is_undefined() || attributes.is_null()) return formats;
  if (!attributes.is_object()) return ErrorCode::invalid_argument;
  for (const auto& [key, value] : *attributes.as_object()) {
    if (!is_utf8(key)) return ErrorCode::invalid_utf8;
    if (!value.is_undefined()) formats.set(key, lib0::to_json(value));
  }
  return formats;
}

Result<void> check_insert(const DocState& doc, TypeIndex text, Clock index, Clock length) {
  // Besides the content, formats are inserted; there are far fewer than this.
  constexpr Clock formats_max = 1 << 20;
  SYNCLINE_TRY(check_editable(doc, text, length + formats_max));
  if (index > doc.types[text].length) return ErrorCode::invalid_argument;
  return {};
}

}  // namespace

Result<void> Text::insert(Clock index, std::string_view text) {
  if (!is_utf8(text)) return ErrorCode::invalid_utf8;
  const Clock length = utf16_length(text);
  SYNCLINE_TRY(check_insert(*doc_, type_, index, length));
  if (text.empty()) return {};
  EditScope scope(*doc_);
  if (!doc_->types[type_].had_formats) {
    insert_plain(*doc_, type_, index, {StructKind::string, length, as_bytes(text)});
    return {};
  }
  TextCursor cursor = find_cursor(*doc_, type_, index);
  const Formats inherited = cursor.current;
  insert_content(cursor, {StructKind::string, length, as_bytes(text)}, inherited);
  return {};
}

Result<void> Text::insert(Clock index, std::string_view text, const lib0::Any& attributes) {
  if (!is_utf8(text)) return ErrorCode::invalid_utf8;
  SYNCLINE_ASSIGN(const Formats wanted, formats_of(attributes));
  const Clock length = utf16_length(text);
  SYNCLINE_TRY(check_insert(*doc_, type_, index, length));
  if (text.empty()) return {};
  EditScope scope(*doc_);
  TextCursor cursor = find_cursor(*doc_, type_, index);
  insert_content(cursor, {StructKind::string, length, as_bytes(text)}, wanted);
  return {};
}

Result<void> Text::insert_embed(Clock index, const lib0::Any& embed, const lib0::Any& attributes) {
  SYNCLINE_ASSIGN(const Formats wanted, formats_of(attributes));
  SYNCLINE_TRY(check_insert(*doc_, type_, index, 1));
  if (embed.is_undefined()) return ErrorCode::invalid_argument;
  EditScope scope(*doc_);
  TextCursor cursor = find_cursor(*doc_, type_, index);
  lib0::Encoder content;
  content.write_var_string(lib0::to_json(embed));
  insert_content(cursor, {StructKind::embed, 1, content.view()}, wanted);
  return {};
}

Result<void> Text::format(Clock index, Clock length, const lib0::Any& attributes) {
  SYNCLINE_ASSIGN(const Formats wanted, formats_of(attributes));
  SYNCLINE_TRY(check_insert(*doc_, type_, index, 0));
  if (length > doc_->types[type_].length - index) return ErrorCode::invalid_argument;
  if (length == 0) return {};
  EditScope scope(*doc_);
  TextCursor cursor = find_cursor(*doc_, type_, index);
  if (cursor.right != none) format_content(cursor, length, wanted);
  return {};
}

Result<void> Text::remove(Clock index, Clock length) {
  SYNCLINE_TRY(check_editable(*doc_, type_, 0));
  const Clock whole = doc_->types[type_].length;
  if (index > whole || length > whole - index) return ErrorCode::invalid_argument;
  if (length == 0) return {};
  EditScope scope(*doc_);
  if (!doc_->types[type_].had_formats && remove_at_edge(*doc_, type_, index, length)) return {};
  TextCursor cursor = find_cursor(*doc_, type_, index);
  remove_content(cursor, length);
  return {};
}

std::string Text::to_string() const { return text_string(*doc_, doc_->types[type_]); }

}  // namespace syncline::crdt
