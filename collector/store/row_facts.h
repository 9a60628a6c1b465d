// RowFacts: small facts of a trace's root, in one number of its row.
// Path:    inside the store
// Source:  collector/store/FORMAT.md, "trace".
#pragma once

#include <cstdint>

#include "collector/interpret/span.h"

namespace seamtrace::collector::store {

struct RowFacts {
  StatusCode status = StatusCode::kUnset;
  bool root_is_here = true;
  int32_t http_status = 0;
};

/// Bits 0 and 1: status; bit 2: the root's parent is not here; from bit 3 on: HTTP status.
inline int64_t pack_facts(const RowFacts& facts) {
  return static_cast<int64_t>(facts.status) | int64_t{facts.root_is_here ? 0 : 4} |
         int64_t{facts.http_status} << 3;
}

inline RowFacts unpack_facts(int64_t number) {
  const auto status = static_cast<uint8_t>(number & 3);
  return {status <= 2 ? static_cast<StatusCode>(status) : StatusCode::kUnset, (number & 4) == 0,
          static_cast<int32_t>(number >> 3 & 0x3fff)};
}

}  // namespace seamtrace::collector::store
