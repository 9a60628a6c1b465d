// KeptResource: a resource as an entry of the dictionary, cut where it is too long.
// Path:    inside the store's writer
// Owner:   a value.
// Memory:  bounded by the dictionary's room for resources, whatever a sender says of itself.
// Failure: the Dictionary's. What is cut says so by the attribute kCutAttribute.
// Source:  collector/store/FORMAT.md, "Entries".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "collector/process/resource.h"
#include "collector/store/dictionary.h"

namespace seamtrace::collector::store {

/// True in resources that are not whole in the store.
constexpr std::string_view kCutAttribute = "seamtrace.resource.cut";

/// Stands for the names that were too many or too long to be counted apart.
constexpr std::string_view kOthers = "(others)";

struct KeptResource {
  uint32_t entry = 0;
  uint32_t service = 0;      ///< the text of its name
  std::string service_name;  ///< as it is kept: at most 256 bytes
};

/// Finds or adds the entry, and counts its use. Where there is no room for it, the name of the
/// service alone is kept; where there is none for another name either, `(others)`.
KeptResource keep_resource(const Resource& resource, Dictionary& dictionary);

}  // namespace seamtrace::collector::store
