// EntryReader: entries of the dictionary for readers, read when they are needed.
// Path:    inside the store's reader
// Owner:   the reader; its Database outlives it.
// Memory:  what was needed, until trim() finds it too much.
// Failure: none or null for an entry that is not there or not as it should be.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "collector/store/database.h"
#include "collector/store/dictionary.h"
#include "collector/store/keys.h"
#include "collector/store/span_decoder.h"

namespace seamtrace::collector::store {

class EntryReader final : public Entries {
 public:
  explicit EntryReader(Database& database);

  std::optional<std::string_view> text(uint32_t id) override;
  const SpanTemplate* find_template(uint32_t id) override;
  std::shared_ptr<const Resource> resource(uint32_t id) override;
  const OperationKey* operation(uint32_t id);
  const EdgeKey* edge(uint32_t id);
  std::optional<EntryKind> kind(uint32_t id);

  /// Forgets everything when it is too much. No pointers of the functions above live on.
  void trim();

 private:
  struct Entry {
    bool found = false;
    EntryKind kind = EntryKind::kText;
    std::string bytes;
    std::unique_ptr<SpanTemplate> shape;
    std::shared_ptr<const Resource> resource;
    std::optional<OperationKey> operation;
    std::optional<EdgeKey> edge;
  };
  Entry* entry(uint32_t id);
  Entry* entry(uint32_t id, EntryKind kind);

  std::unique_ptr<Statement> read_;
  std::unordered_map<uint32_t, Entry> entries_;
};

}  // namespace seamtrace::collector::store
