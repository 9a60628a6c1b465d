// Part: what a request spends its time in. Parts: their numbers.
// Path:    spans -> [query/bottlenecks] -> services
// Owner:   one Parts per question.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace seamtrace::collector::bottlenecks {

enum class PartKind : uint8_t {
  kSelf,        ///< no child was open
  kDependency,  ///< in a call to somebody else, or in an internal span
  kWaiting,     ///< in a call to another service that had not begun, or was done already
};

/// A Part that borrows its texts.
struct PartView {
  PartKind kind = PartKind::kSelf;
  std::string_view node;  ///< as node_kind_name has it, or `internal`
  std::string_view name;
};

struct Part {
  PartKind kind = PartKind::kSelf;
  std::string node;
  std::string name;
};

class Parts {
 public:
  /// Further ones are all `everything else`: the names of spans are not ours to bound.
  static constexpr uint32_t kMost = 1000;

  /// The number of a part, the same each time; they count up from 0.
  uint32_t number(const PartView& part);
  const Part& operator[](uint32_t number) const { return parts_[number]; }
  uint32_t size() const { return static_cast<uint32_t>(parts_.size()); }

 private:
  struct Before {
    using is_transparent = void;
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return std::tuple<PartKind, std::string_view, std::string_view>(a.kind, a.node, a.name) <
             std::tuple<PartKind, std::string_view, std::string_view>(b.kind, b.node, b.name);
    }
  };

  std::map<Part, uint32_t, Before> numbers_;
  std::vector<Part> parts_;
};

}  // namespace seamtrace::collector::bottlenecks
