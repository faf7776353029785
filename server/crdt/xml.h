#pragma once

#include <string>
#include <string_view>

#include "server/crdt/shared_type.h"

namespace syncline::crdt {

// A list of XML elements and texts: yjs' Y.XmlFragment.
class XmlFragment : public SharedType {
 public:
  using SharedType::SharedType;

  Result<SharedType> insert_element(Clock index, std::string_view name);
  Result<SharedType> insert_text(Clock index);
  Result<void> remove(Clock index, Clock length);

  std::string to_string() const;
};

// An element: a fragment with a name and attributes.
class XmlElement : public XmlFragment {
 public:
  using XmlFragment::XmlFragment;

  Result<void> set_attribute(std::string_view key, const lib0::Any& value);
  Result<void> remove_attribute(std::string_view key);
};

}  // namespace syncline::crdt
