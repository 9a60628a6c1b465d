// Record: one finished (or dead) exchange, copied out of shared memory and validated.
// Path:    [ring_reader] -> interpret
// Memory:  borrows from the reader's buffer for the duration of the call.
// Failure: parse_record gives none for anything that is not exactly as wire/records.h says.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "wire/records.h"

namespace seamtrace::collector {

struct Slice {
  wire::SliceKind kind;
  bool truncated;
  std::string_view bytes;
};

/// How a producer ended, as far as anybody can tell.
struct Death {
  enum class Kind {
    kUnknown,
    kKilled,    ///< by `signal`
    kExited,    ///< by itself
    kReplaced,  ///< by exec: the process lives, its program is another
  };
  Kind kind = Kind::kUnknown;
  int signal = 0;
  uint64_t noticed_unix_ns = 0;
};

struct Record {
  wire::ExchangeRecord exchange;
  std::span<const Slice> slices;
  /// Set when the outcome is kInFlight: the producer died before the exchange ended.
  std::optional<Death> death;
};

/// The size of the record at the start of `bytes` when its header is sound: at least a header, a
/// multiple of 8, within `bytes`. None otherwise.
std::optional<uint32_t> record_size(std::string_view bytes);

/// REQUIRES: `bytes` is the private copy of one record, as long as record_size says. `slices` is
/// overwritten; the result borrows from both. None: not a valid exchange record.
std::optional<Record> parse_record(std::string_view bytes, std::vector<Slice>& slices);

}  // namespace seamtrace::collector
