#include "collector/query/bottlenecks/parts.h"

namespace seamtrace::collector::bottlenecks {

uint32_t Parts::number(const PartView& part) {
  if (const auto found = numbers_.find(part); found != numbers_.end()) return found->second;
  constexpr PartView kElse = {PartKind::kDependency, "internal", "everything else"};
  const bool full = parts_.size() + 1 >= kMost && part.name != kElse.name;
  if (full) return number(kElse);
  const auto number = static_cast<uint32_t>(parts_.size());
  parts_.push_back({part.kind, std::string(part.node), std::string(part.name)});
  numbers_.emplace(parts_.back(), number);
  return number;
}

}  // namespace seamtrace::collector::bottlenecks
