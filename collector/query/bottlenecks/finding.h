// Finding: something that the slow requests do differently.
// Path:    Contrast -> [query/bottlenecks] -> services
// Owner:   a value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace seamtrace::collector::bottlenecks {

enum class FindingKind : uint8_t { kAttribute, kDependency, kSpan, kError, kSelf };

struct Finding {
  FindingKind kind = FindingKind::kAttribute;
  std::string name;
  std::string value;      ///< of attributes; the service of a span; else empty
  double slow_share = 0;  ///< of the requests, that have it
  double rest_share = 0;
  std::optional<double> slow_ns;  ///< mean time in it per request
  std::optional<double> rest_ns;
  std::string words;
  size_t request = 0;  ///< a slow one to look at
  double weight = 0;   ///< how telling: the higher the better
  /// The requests that have it, slow or not, in their order; empty where it parts no groups.
  std::vector<size_t> having;
};

}  // namespace seamtrace::collector::bottlenecks
