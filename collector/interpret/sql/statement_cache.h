// StatementCache: digests of the statements that were seen lately; most statements come again.
// Owner:   one per DatabaseInterpreter.
// Threads: one caller at a time.
// Memory:  kEntries digests of statements of at most kLongest bytes; about 600 KiB when full.
// Failure: none; what does not fit is digested anew. Entries are compared whole, not by hash.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "collector/interpret/sql/sanitizer.h"

namespace seamtrace::collector {

class StatementCache {
 public:
  /// Valid until the next call.
  const SqlDigest& digest(Dialect dialect, std::string_view statement, bool truncated);

 private:
  static constexpr size_t kEntries = 256;
  static constexpr size_t kLongest = 1024;
  struct Entry {
    uint64_t hash = 0;
    Dialect dialect = Dialect::kOther;
    bool truncated = false;
    std::string statement;
    SqlDigest digest;
  };

  std::unique_ptr<Entry[]> entries_;  ///< made when first needed: few processes use SQL
  SqlDigest scratch_;
};

}  // namespace seamtrace::collector
