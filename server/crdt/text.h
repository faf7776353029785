#pragma once

#include <string>
#include <string_view>

#include "server/crdt/shared_type.h"

namespace syncline::crdt {

// A text with formats: yjs' Y.Text and Y.XmlText. Attributes are objects of lib0 `any`; a null ends
// a format.
class Text : public SharedType {
 public:
  using SharedType::SharedType;

  // The text takes the formats that are in force where it is inserted.
  Result<void> insert(Clock index, std::string_view text);
  // The text has exactly these formats.
  Result<void> insert(Clock index, std::string_view text, const lib0::Any& attributes);
  Result<void> insert_embed(Clock index, const lib0::Any& embed, const lib0::Any& attributes);
  Result<void> format(Clock index, Clock length, const lib0::Any& attributes);
  Result<void> remove(Clock index, Clock length);

  std::string to_string() const;
};

}  // namespace syncline::crdt
