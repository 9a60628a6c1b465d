// ResourceCache: one Resource object for all requests of the same process.
// Path:    decoders -> [receive] -> Span
// Owner:   the OtlpReceiver.
// Threads: one at a time.
// Memory:  at most kMost resources and kMostBytes of keys; then it begins anew.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <unordered_map>

#include "collector/process/resource.h"

namespace seamtrace::collector {

class ResourceCache {
 public:
  static constexpr size_t kMost = 1024;
  static constexpr size_t kMostBytes = size_t{16} << 20;

  /// The same object for the same attributes in the same order. Copies them. A resource without
  /// a `service.name` gets `unknown_service`, as an SDK would have it.
  std::shared_ptr<const Resource> get(std::span<const Attribute> attributes);

 private:
  std::unordered_map<std::string, std::shared_ptr<const Resource>> resources_;
  size_t bytes_ = 0;
};

}  // namespace seamtrace::collector
