// Keys of roll-ups: operations and edges as entries of the dictionary.
// Path:    inside the store
// Failure: decoding answers none for bytes that encoding did not make.
// Source:  collector/store/FORMAT.md, "Operations and edges".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "collector/store/trace_row.h"

namespace seamtrace::collector::store {

struct EdgeKey {
  std::string from;
  Node to;

  auto operator<=>(const EdgeKey&) const = default;
};

/// Replaces `out`.
void encode_operation(const OperationKey& operation, std::string& out);
std::optional<OperationKey> decode_operation(std::string_view bytes);
void encode_edge(const EdgeKey& edge, std::string& out);
std::optional<EdgeKey> decode_edge(std::string_view bytes);

}  // namespace seamtrace::collector::store
