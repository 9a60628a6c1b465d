// OperationFilter: which roll-ups a question about one operation is about.
// Path:    question -> [services] -> store
// Owner:   a value.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collector/query/question.h"
#include "collector/query/services/answered.h"
#include "collector/store/trace_row.h"
#include "collector/support/result.h"

namespace seamtrace::collector::services {

/// `service`, `operation`, `kind`, `peer`; each holds for everything when it is left out.
struct OperationFilter {
  std::string service;
  std::string operation;
  std::optional<SpanKind> kind;
  std::string peer;

  static Result<OperationFilter> from(const Question& question);

  bool matches(const OperationKey& key) const;
  /// False: nothing says which spans, so it is about the requests that were answered.
  bool names_spans() const { return !operation.empty() || kind.has_value() || !peer.empty(); }
  /// What the question is about, out of the service's roll-ups.
  bool selects(const Rollup& rollup, const AnsweredRequests& answered) const {
    return matches(rollup.operation) && (names_spans() || answered.has(rollup));
  }
};

}  // namespace seamtrace::collector::services
