// AttributeList: attributes with unique keys; the last value of a key counts.
// Path:    decoders -> [receive] -> Span
// Memory:  fills the caller's list; an index of its own once the list is long, so that a
//          sender cannot make the search for a key expensive.
// Source:  OpenTelemetry specification, common, "Attribute Collections".
#pragma once

#include <string_view>
#include <unordered_map>
#include <vector>

#include "collector/interpret/span.h"

namespace seamtrace::collector {

class AttributeList {
 public:
  /// REQUIRES: `attributes` is empty and nobody else changes it.
  explicit AttributeList(std::pmr::vector<Attribute>& attributes) : attributes_(attributes) {}

  /// Both borrow key and value.
  void set(std::string_view key, const Value& value);
  void set_if_absent(std::string_view key, const Value& value);

 private:
  Attribute* find(std::string_view key);
  void append(std::string_view key, const Value& value);

  std::pmr::vector<Attribute>& attributes_;
  std::unordered_map<std::string_view, size_t> index_;  ///< empty while the list is short
};

}  // namespace seamtrace::collector
