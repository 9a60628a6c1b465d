// DatabaseHead: the parts of the record of a call to a data store.
// Memory:  borrows from the slices.
// Failure: what is missing is empty; of a part that comes twice, the first counts.
#pragma once

#include <span>
#include <string_view>

#include "collector/ring_reader/record.h"

namespace seamtrace::collector {

struct DatabaseHead {
  static constexpr size_t kMostArguments = 64;

  wire::DatabaseFacts facts{};
  std::string_view statement;
  bool has_statement = false;
  bool statement_truncated = false;
  std::string_view name_space;
  std::string_view user;
  std::string_view error_code;
  std::string_view trace_state;
  std::string_view unix_path;
  /// Words of a command, its name first. The rest of the record's are in `more_arguments`.
  Slice arguments[kMostArguments];
  size_t argument_count = 0;
  bool more_arguments = false;

  bool has(wire::DatabaseFlags flag) const { return (facts.flags & flag) != 0; }
};

void take_apart(std::span<const Slice> slices, DatabaseHead& head);

}  // namespace seamtrace::collector
